package kappa.fitting.fit;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * Adam (Kingma &amp; Ba 2015) with the global norm of the gradient clipped, over parameters that stay in arrays of their own;
 * and, where wanted, a running average of the iterates, p <- d p + (1-d) p_s with d = min(0.999, (1+s)/(20+s)). Not
 * thread-safe.
 */
public final class Adam {

    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final float EPSILON = 1e-8f;

    private final DoubleUnaryOperator learningRate;
    /** Steps of an earlier fit, which learning rate and averages count on from; moments begin anew. */
    private final long earlier;
    private final double largestNorm;
    private final List<float[]> parameters;
    private final List<float[]> first;
    private final List<float[]> second;
    private final List<float[]> average;
    private long steps;

    /**
     * An optimiser whose moments and averages are kept by the caller, arrays of the parameters' lengths.
     *
     * @param learningRate of step s, from 0
     * @param largestNorm to which the gradient's norm is clipped
     * @param average of the iterates; empty for none
     */
    public Adam(DoubleUnaryOperator learningRate, double largestNorm, List<float[]> parameters, List<float[]> first,
            List<float[]> second, List<float[]> average) {
        this(learningRate, 0, largestNorm, parameters, first, second, average);
    }

    /** @param earlier steps of an earlier fit, which learning rate and averages count on from */
    Adam(DoubleUnaryOperator learningRate, long earlier, double largestNorm, List<float[]> parameters,
            List<float[]> first, List<float[]> second, List<float[]> average) {
        this.learningRate = learningRate;
        this.earlier = earlier;
        this.largestNorm = largestNorm;
        this.parameters = parameters;
        this.first = first;
        this.second = second;
        this.average = average;
    }

    /** An optimiser with a constant learning rate that averages nothing. */
    public static Adam constant(double learningRate, double largestNorm, List<float[]> parameters) {
        return new Adam(step -> learningRate, largestNorm, parameters, zeros(parameters), zeros(parameters), List.of());
    }

    /** The online fit's: a decaying learning rate, clipped to norm 1, the iterates averaged. */
    public static Adam averaging(List<float[]> parameters) {
        List<float[]> average = new ArrayList<>();
        parameters.forEach(array -> average.add(array.clone()));
        return new Adam(decaying(Double.POSITIVE_INFINITY), 1, parameters, zeros(parameters), zeros(parameters),
                average);
    }

    /**
     * The learning rate max(0.02 / sqrt(1 + s/500), 1e-3).
     *
     * @param slowest the step whose learning rate is the lowest that is used
     */
    public static DoubleUnaryOperator decaying(double slowest) {
        return step -> Math.max(0.02 / Math.sqrt(1 + Math.min(step, slowest) / 500.0), 1e-3);
    }

    private static List<float[]> zeros(List<float[]> arrays) {
        return arrays.stream().map(array -> new float[array.length]).toList();
    }

    public long steps() {
        return steps;
    }

    /** Goes on after this many steps; moments and averages are restored by who keeps them. */
    void restoreSteps(long saved) {
        steps = saved;
    }

    /** @return false if the gradient was not finite, in which case nothing changed */
    public boolean step(List<float[]> gradient) {
        double square = 0;
        for (float[] array : gradient) {
            square += square(array);
        }
        double norm = Math.sqrt(square);
        if (!Double.isFinite(norm)) {
            return false;
        }
        float clip = (float) (norm > largestNorm ? largestNorm / norm : 1);
        long s = steps++;
        long age = earlier + s;
        float rate = (float) (learningRate.applyAsDouble((double) age) / (1 - Math.pow(BETA1, s + 1.0)));
        float root = (float) (1 / Math.sqrt(1 - Math.pow(BETA2, s + 1.0)));
        float keep = (float) Math.min(0.999, (1.0 + age) / (20 + age));
        for (int a = 0; a < parameters.size(); a++) {
            if (average.isEmpty()) {
                update(parameters.get(a), gradient.get(a), first.get(a), second.get(a), clip, rate, root);
            } else {
                update(parameters.get(a), gradient.get(a), first.get(a), second.get(a), clip, rate, root,
                        average.get(a), keep);
            }
        }
        return true;
    }

    /**
     * The sum of squares, in eight partial sums: one sum alone would wait for each addition before the next. Their order is
     * fixed, so that the result is the same bit for bit on every machine.
     */
    private static double square(float[] g) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        double s4 = 0;
        double s5 = 0;
        double s6 = 0;
        double s7 = 0;
        int i = 0;
        for (; i <= g.length - 8; i += 8) {
            s0 += (double) g[i] * g[i];
            s1 += (double) g[i + 1] * g[i + 1];
            s2 += (double) g[i + 2] * g[i + 2];
            s3 += (double) g[i + 3] * g[i + 3];
            s4 += (double) g[i + 4] * g[i + 4];
            s5 += (double) g[i + 5] * g[i + 5];
            s6 += (double) g[i + 6] * g[i + 6];
            s7 += (double) g[i + 7] * g[i + 7];
        }
        for (; i < g.length; i++) {
            s0 += (double) g[i] * g[i];
        }
        return ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7));
    }

    private static void update(float[] p, float[] g, float[] first, float[] second, float clip, float rate,
            float root) {
        for (int i = 0; i < p.length; i++) {
            p[i] = moved(p[i], clip * g[i], first, second, i, rate, root);
        }
    }

    private static void update(float[] p, float[] g, float[] first, float[] second, float clip, float rate,
            float root, float[] average, float keep) {
        for (int i = 0; i < p.length; i++) {
            p[i] = moved(p[i], clip * g[i], first, second, i, rate, root);
            average[i] = keep * average[i] + (1 - keep) * p[i];
        }
    }

    private static float moved(float p, float g, float[] first, float[] second, int i, float rate, float root) {
        float b1 = (float) BETA1;
        float b2 = (float) BETA2;
        first[i] = b1 * first[i] + (1 - b1) * g;
        second[i] = b2 * second[i] + (1 - b2) * g * g;
        return p - rate * first[i] / ((float) Math.sqrt(second[i]) * root + EPSILON);
    }
}
