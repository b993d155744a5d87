package kappa.fitting.bench;

import kappa.ingest.recording.Observation;

/**
 * The least time that one gradient step (forward, backward, Adam) can take on a machine: the longer of what its
 * arithmetic and what its memory traffic need, each at the machine's best rate. A lower bound: nothing is counted
 * that a cleverer program might leave out. On a processor with pipes of its own for additions, the arithmetic is
 * overestimated by those that could run there, a few percent.
 *
 * <p><b>Arithmetic</b>, for one neuron, one bin and one window, in instructions that each do a fused multiply-add or
 * less (an addition or a multiplication alone takes a place among them, too); from the exact K-dimensional form and
 * its adjoint, see {@link kappa.fitting.model.LowRankNetwork} and {@link kappa.fitting.kernel.WindowGroup}:
 *
 * <pre>
 * forward   x + b = m kappa + W'v + b                                K + S + 1
 *           r = phi(x + b)                                           one phi
 *           sums of n r                                              K
 * backward  n g                                                      K
 *           slope of the loss, phi', delta (below)                   5, currents 6, counts 8
 *           sums of m delta                                          K
 *           gradients of m, n, W, b: sums of delta kappa, r g, delta v, delta    2 K + S + 1
 * </pre>
 *
 * <p>The loss, with all factors that do not change from bin to bin taken out of the sums:
 *
 * <pre>
 * rates     e = (y - c) - g r, phi' = 1 - r r, delta = phi' (n g + s e)               2 + 1 + 2
 * currents  e = g x + c - y, phi' = 1 - r r, delta = phi' (n g) + s e                 2 + 1 + 2
 *           gradient of c: sum of e                                                   1
 * counts    1 - r, 1 + r, e = g (1 + r) - y, delta = (1 - r) ((1 + r) (n g) + s e)    1 + 1 + 1 + 3
 *           gradient of g: sums of 1 + r and of y                                     2
 * </pre>
 *
 * <p>The start state of a window, bin 0, is a T-th more and left out. Adam, once for each parameter: norm 1, clip 1,
 * first moment 2, second moment 3, step 3, average 2, and a square root with a division.
 *
 * <p><b>Memory</b>: the activity y is read once, and each rate is written once and read once (to compute it again
 * instead would cost more wherever phi and K + S + 1 operations take longer than eight bytes), at the rate at which a
 * working set of that size is read; and Adam reads and writes parameter, gradient, two moments and average once. What
 * fits the first-level cache is charged at that cache's rate, which never decides.
 */
public record Roofline(double computeMs, double memoryMs) {

    /** Operations of phi itself, a rational function of degree 9 over 8: for GFLOP/s only. */
    private static final int PHI_FLOPS = 19;

    private static final int ADAM_INSTRUCTIONS = 12;
    private static final int ADAM_ARRAYS = 5;

    /** Of a step on the threads of {@code limits}. */
    public static Roofline of(GradientSize size, MachineLimits limits) {
        double steps = size.neuronSteps();
        Roofline adam = adam(size.parameters(), limits);
        double activity = Float.BYTES * steps;
        // No more than one window's rates need be kept at a time.
        double rates = (double) Float.BYTES * size.neurons() * size.bins();
        return new Roofline(
                1e3 * (steps * instructions(size) / limits.fmaPerSecond() + steps / limits.phiPerSecond())
                        + adam.computeMs,
                1e3 * (activity / limits.bytesPerSecond(activity / limits.threads())
                        + 2 * Float.BYTES * steps / limits.bytesPerSecond(rates / limits.threads()))
                        + adam.memoryMs);
    }

    /** Of Adam alone. */
    static Roofline adam(long parameters, MachineLimits limits) {
        double bytes = (double) Float.BYTES * parameters * ADAM_ARRAYS;
        return new Roofline(
                1e3 * (parameters * ADAM_INSTRUCTIONS / limits.fmaPerSecond() + parameters / limits.rootsPerSecond()),
                1e3 * 2 * bytes / limits.bytesPerSecond(bytes / limits.threads()));
    }

    /** Instructions for one neuron, bin and window, besides phi. */
    static int instructions(GradientSize size) {
        int k = size.rank();
        int s = size.inputs();
        return (k + s + 1) + k + k + lossInstructions(size.kind()) + k + (2 * k + s + 1);
    }

    private static int lossInstructions(Observation kind) {
        return switch (kind) {
            case RATES -> 5;
            case CURRENTS -> 6;
            case COUNTS -> 8;
        };
    }

    /**
     * Floating-point operations of a step, a fused multiply-add counted as two and all other instructions as one; phi
     * by its rational function.
     */
    public static double flops(GradientSize size) {
        int fused = 6 * size.rank() + 2 * size.inputs();
        return size.neuronSteps() * (double) (instructions(size) + fused + PHI_FLOPS)
                + size.parameters() * (ADAM_INSTRUCTIONS + 2.0);
    }

    /** The least time. */
    public double ms() {
        return Math.max(computeMs, memoryMs);
    }

    /** What the least time is made of. */
    public String limit() {
        return computeMs >= memoryMs ? "arithmetic" : "memory";
    }
}
