package kappa.fitting.training;

import java.util.List;

/**
 * Adam (Kingma &amp; Ba 2015) at a constant learning rate, with the global norm of the gradient clipped, over parameters that
 * stay in arrays of their own. Not thread-safe.
 */
final class GradientDescent {

    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final float EPSILON = 1e-8f;

    private final List<float[]> parameters;
    private final List<float[]> first;
    private final List<float[]> second;
    private final double learningRate;
    private final double largestNorm;
    private long steps;

    GradientDescent(List<float[]> parameters, double learningRate, double largestNorm) {
        this.parameters = parameters;
        this.first = parameters.stream().map(array -> new float[array.length]).toList();
        this.second = parameters.stream().map(array -> new float[array.length]).toList();
        this.learningRate = learningRate;
        this.largestNorm = largestNorm;
    }

    /** @return false if the gradient was not finite, in which case nothing changed */
    boolean step(List<float[]> gradient) {
        double square = 0;
        for (float[] array : gradient) {
            for (float value : array) {
                square += (double) value * value;
            }
        }
        double norm = Math.sqrt(square);
        if (!Double.isFinite(norm)) {
            return false;
        }
        steps++;
        float clip = (float) (norm > largestNorm ? largestNorm / norm : 1);
        float rate = (float) (learningRate / (1 - Math.pow(BETA1, (double) steps)));
        float root = (float) (1 / Math.sqrt(1 - Math.pow(BETA2, (double) steps)));
        for (int a = 0; a < parameters.size(); a++) {
            update(parameters.get(a), gradient.get(a), first.get(a), second.get(a), clip, rate, root);
        }
        return true;
    }

    private static void update(float[] p, float[] g, float[] first, float[] second, float clip, float rate,
            float root) {
        float b1 = (float) BETA1;
        float b2 = (float) BETA2;
        for (int i = 0; i < p.length; i++) {
            float gi = clip * g[i];
            first[i] = b1 * first[i] + (1 - b1) * gi;
            second[i] = b2 * second[i] + (1 - b2) * gi * gi;
            p[i] -= rate * first[i] / ((float) Math.sqrt(second[i]) * root + EPSILON);
        }
    }
}
