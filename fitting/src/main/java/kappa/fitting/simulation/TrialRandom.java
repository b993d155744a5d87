package kappa.fitting.simulation;

import java.util.SplittableRandom;

/** Random draws that depend on a seed and a trial's number only, so that any trial can be made without those before it. */
public final class TrialRandom {

    /** Above it Knuth's product of uniforms would take hundreds of draws a count, and no neuron fires like that. */
    public static final double LARGEST_MEAN_COUNT = 100;

    private TrialRandom() {}

    /** The generator of one trial. */
    public static SplittableRandom of(long seed, long trial) {
        // Seeds that differ by the generator's own increment would give shifted copies of one stream: scatter them first.
        long base = new SplittableRandom(seed).nextLong();
        return new SplittableRandom(new SplittableRandom(base + trial).nextLong());
    }

    /** Poisson by Knuth: the number of uniforms whose product stays above exp(-mean). Exact, and cheap at a few spikes a bin. */
    public static int poisson(SplittableRandom random, double mean) {
        double limit = Math.exp(-mean);
        double product = random.nextDouble();
        int count = 0;
        while (product > limit) {
            product *= random.nextDouble();
            count++;
        }
        return count;
    }
}
