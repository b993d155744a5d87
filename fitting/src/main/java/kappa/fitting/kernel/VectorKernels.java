package kappa.fitting.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import kappa.fitting.model.KernelModel;

/**
 * The kernels over SIMD lanes: one lane a neuron, sums over neurons in float lanes.
 *
 * <p>Each sweep walks the neurons once; what does not fill a vector at the end is done by scalar code with the same
 * formulas. phi is a rational approximation of tanh, x P(x^2) / Q(x^2), with an error of 2e-8 before rounding and 3.3e-7 after
 * it (fitted by linearised least squares with Lawson weights), constant from 7.9 on, where tanh is 1 - 2.7e-7 and rounding
 * cannot yet carry beyond 1. Networks of fewer neurons than lanes are left to the scalar kernels, and so is the free run's
 * gradient for linear dynamics, which are there to be compared with.
 */
final class VectorKernels implements RnnKernels {

    static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
    static final int WIDTH = LANES.length();

    private static final float LIMIT = 7.9f;
    private static final float P0 = 0.9999999f;
    private static final float P1 = 0.13373193f;
    private static final float P2 = 0.0034865767f;
    private static final float P3 = 2.0471742e-05f;
    private static final float P4 = 1.3184099e-08f;
    private static final float Q1 = 0.46706492f;
    private static final float Q2 = 0.025841959f;
    private static final float Q3 = 0.00032713768f;
    private static final float Q4 = 7.7026124e-07f;

    private final ScalarKernels scalar = new ScalarKernels();

    static int lanes() {
        return WIDTH;
    }

    /**
     * Sum over the lanes of a vector that stands in memory, halves first. Not {@code reduceLanes}, whose order is the
     * compiler's: a sum would change by a bit when a method goes from the interpreter to compiled code, and a fit must not
     * depend on when that happens.
     */
    static float sum(float[] lanes, int at) {
        return sum(lanes, at, 1, WIDTH);
    }

    /** Sum of {@code count} numbers, each {@code step} after the one before, a power of two and at least 2. */
    private static float sum(float[] x, int at, int step, int count) {
        return switch (count) {
            case 2 -> x[at] + x[at + step];
            case 4 -> sum4(x, at, step);
            case 8 -> sum4(x, at, 2 * step) + sum4(x, at + step, 2 * step);
            case 16 -> sum4(x, at, 4 * step) + sum4(x, at + 2 * step, 4 * step)
                    + (sum4(x, at + step, 4 * step) + sum4(x, at + 3 * step, 4 * step));
            default -> sum(x, at, 2 * step, count / 2) + sum(x, at + step, 2 * step, count / 2);
        };
    }

    private static float sum4(float[] x, int at, int step) {
        return x[at] + x[at + 2 * step] + (x[at + step] + x[at + 3 * step]);
    }

    /** Limits by comparing, since the lanes' min and max, which must tell -0 from 0, cost as much as the rest. */
    static FloatVector phi(FloatVector x) {
        FloatVector low = x.blend(-LIMIT, x.compare(VectorOperators.LT, -LIMIT));
        FloatVector z = low.blend(LIMIT, low.compare(VectorOperators.GT, LIMIT));
        FloatVector s = z.mul(z);
        FloatVector p = s.mul(P4).add(P3).fma(s, s.broadcast(P2)).fma(s, s.broadcast(P1)).fma(s, s.broadcast(P0));
        FloatVector q = s.mul(Q4).add(Q3).fma(s, s.broadcast(Q2)).fma(s, s.broadcast(Q1)).fma(s, s.broadcast(1f));
        return z.mul(p).div(q);
    }

    static float phi(float x) {
        float z = Math.clamp(x, -LIMIT, LIMIT);
        float s = z * z;
        float p = Math.fma(Math.fma(Math.fma(s * P4 + P3, s, P2), s, P1), s, P0);
        float q = Math.fma(Math.fma(Math.fma(s * Q4 + Q3, s, Q2), s, Q1), s, 1f);
        return z * p / q;
    }

    @Override
    public void rollout(KernelModel model, float[] v, int vOffset, int bins, float[] kappa, int kappaOffset,
            float[] scratch) {
        if (isSmall(model)) {
            scalar.rollout(model, v, vOffset, bins, kappa, kappaOffset, scratch);
            return;
        }
        VectorFilter.rollout(model, v, vOffset, bins, kappa, kappaOffset, scratch);
    }

    @Override
    public WindowGroup windows(int neurons, int rank, int inputs, int capacity, int maxBins, boolean neuronsShared) {
        return new VectorWindows(neurons, rank, inputs, capacity, maxBins, neuronsShared);
    }

    /** Whether there are fewer neurons than lanes. */
    private static boolean isSmall(KernelModel model) {
        return model.network().neurons() < WIDTH;
    }

    @Override
    public void rates(KernelModel model, float[] kappa, float[] v, int vOffset, float[] rates, float[] scratch) {
        if (isSmall(model)) {
            scalar.rates(model, kappa, v, vOffset, rates, scratch);
            return;
        }
        VectorFilter.rates(model.network(), kappa, v, vOffset, rates, scratch);
    }

    @Override
    public void recurrent(KernelModel model, float[] kappa, float[] v, int vOffset, double[] drive, double[] slope,
            float[] scratch) {
        if (isSmall(model)) {
            scalar.recurrent(model, kappa, v, vOffset, drive, slope, scratch);
            return;
        }
        VectorFilter.recurrent(model, kappa, v, vOffset, drive, slope, scratch, null, 0);
    }

    @Override
    public void observe(KernelModel model, float[] y, int yOffset, float[] kappa, float[] v, int vOffset,
            double[] mScore, double[] mInfo, float[] scratch) {
        if (isSmall(model)) {
            scalar.observe(model, y, yOffset, kappa, v, vOffset, mScore, mInfo, scratch);
            return;
        }
        VectorFilter.observe(model, y, yOffset, kappa, v, vOffset, mScore, mInfo, false, scratch, null, 0);
    }

    @Override
    public double observeAndScore(KernelModel model, float[] y, int yOffset, float[] kappa, float[] v, int vOffset,
            double[] mScore, double[] mInfo, float[] scratch) {
        return isSmall(model)
                ? scalar.observeAndScore(model, y, yOffset, kappa, v, vOffset, mScore, mInfo, scratch)
                : VectorFilter.observe(model, y, yOffset, kappa, v, vOffset, mScore, mInfo, true, scratch, null, 0);
    }

    @Override
    public double loss(KernelModel model, float[] y, int yOffset, float[] kappa, int kappaOffset, float[] v,
            int vOffset, float[] scratch) {
        return isSmall(model)
                ? scalar.loss(model, y, yOffset, kappa, kappaOffset, v, vOffset, scratch)
                : VectorFilter.loss(model, y, yOffset, kappa, kappaOffset, v, vOffset, scratch);
    }

    @Override
    public void squaredErrors(KernelModel model, float[] y, int yOffset, float[] kappa, int kappaOffset, float[] v,
            int vOffset, double[] squares, double[] observed, float[] scratch) {
        if (isSmall(model)) {
            scalar.squaredErrors(model, y, yOffset, kappa, kappaOffset, v, vOffset, squares, observed, scratch);
            return;
        }
        VectorFilter.squaredErrors(model, y, yOffset, kappa, kappaOffset, v, vOffset, squares, observed, scratch);
    }

    @Override
    public double followGains(float[] y, int yOffset, float[] rate, float decay, float prior, float[] seen,
            float[] predicted, float[] factors, float[] scratch) {
        return factors.length < WIDTH
                ? scalar.followGains(y, yOffset, rate, decay, prior, seen, predicted, factors, scratch)
                : VectorFilter.followGains(y, yOffset, rate, decay, prior, seen, predicted, factors, scratch);
    }

    @Override
    public FilterWindow filterWindow(int neurons, int rank, int inputs, int maxBins) {
        return neurons < WIDTH
                ? scalar.filterWindow(neurons, rank, inputs, maxBins)
                : new VectorFilterWindow(neurons, rank, inputs, maxBins);
    }
}
