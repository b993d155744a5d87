package kappa.fitting.fit;

/**
 * Adam (Kingma &amp; Ba 2015) with the constants of the recipe, over parameters that stay in arrays of their own, and the
 * running average of the iterates that is published in place of the last one. Not thread-safe.
 */
public final class Adam {

    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final double EPSILON = 1e-8;
    private static final double CLIP = 1;

    final float[][] parameters;
    final float[][] first;
    final float[][] second;
    final float[][] average;
    private long steps;

    public Adam(float[]... parameters) {
        this.parameters = parameters;
        first = like(parameters);
        second = like(parameters);
        average = like(parameters);
        for (int a = 0; a < parameters.length; a++) {
            System.arraycopy(parameters[a], 0, average[a], 0, parameters[a].length);
        }
    }

    private static float[][] like(float[][] arrays) {
        float[][] out = new float[arrays.length][];
        for (int a = 0; a < arrays.length; a++) {
            out[a] = new float[arrays[a].length];
        }
        return out;
    }

    long steps() {
        return steps;
    }

    void restoreSteps(long saved) {
        steps = saved;
    }

    /** lr_s = max(0.02 / sqrt(1 + s/500), 1e-3). */
    private static double learningRate(double s) {
        return Math.max(0.02 / Math.sqrt(1 + s / 500.0), 1e-3);
    }

    /**
     * One step: global norm clipped to 1, Adam, average p <- d p + (1-d) p_s with d = min(0.999, (1+s)/(20+s)).
     *
     * @param slowest the step whose learning rate is the lowest that is used
     * @return false if the gradient was not finite, in which case nothing changed
     */
    public boolean step(double slowest, float[]... gradient) {
        double square = 0;
        for (float[] g : gradient) {
            for (float value : g) {
                square += (double) value * value;
            }
        }
        double norm = Math.sqrt(square);
        if (!Double.isFinite(norm)) {
            return false;
        }
        float clip = (float) (norm > CLIP ? CLIP / norm : 1);
        long s = steps++;
        double correction1 = 1 - Math.pow(BETA1, s + 1.0);
        double correction2 = 1 - Math.pow(BETA2, s + 1.0);
        float rate = (float) (learningRate(Math.min((double) s, slowest)) / correction1);
        float root = (float) (1 / Math.sqrt(correction2));
        float keep = (float) Math.min(0.999, (1.0 + s) / (20 + s));
        for (int a = 0; a < parameters.length; a++) {
            update(parameters[a], gradient[a], first[a], second[a], average[a], clip, rate, root, keep);
        }
        return true;
    }

    private static void update(float[] p, float[] g, float[] first, float[] second, float[] average, float clip,
            float rate, float root, float keep) {
        float b1 = (float) BETA1;
        float b2 = (float) BETA2;
        float epsilon = (float) EPSILON;
        for (int i = 0; i < p.length; i++) {
            float gi = clip * g[i];
            first[i] = b1 * first[i] + (1 - b1) * gi;
            second[i] = b2 * second[i] + (1 - b2) * gi * gi;
            p[i] -= rate * first[i] / ((float) Math.sqrt(second[i]) * root + epsilon);
            average[i] = keep * average[i] + (1 - keep) * p[i];
        }
    }
}
