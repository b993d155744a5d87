package kappa.fitting.fit;

import java.util.List;
import java.util.SplittableRandom;
import kappa.fitting.model.Trial;

/** A window of a trial from bin {@code start} on, through which the gradient of a step goes back. */
record Window(PreparedTrial prepared, int start, int bins) {

    /** The longest. */
    static final int BINS = 25;

    private static final double NEWEST = 0.25;

    /** A window of the pool's first trial, the newest, or of any one. */
    static Window draw(List<PreparedTrial> pool, SplittableRandom random) {
        PreparedTrial prepared = random.nextDouble() < NEWEST
                ? pool.getFirst()
                : pool.get(random.nextInt(pool.size()));
        Trial trial = prepared.trial();
        int first = trial.warmUp();
        int usable = trial.bins() - first;
        int bins = Math.min(BINS, usable);
        // Uniform over [-L/2, T - L/2) and clipped, so that a trial's ends are seen as often as its middle.
        int start = (int) Math.floor(random.nextDouble() * usable - bins / 2.0);
        return new Window(prepared, first + Math.clamp(start, 0, usable - bins), bins);
    }

    Trial trial() {
        return prepared.trial();
    }

    /** Whether it begins where a trial does. */
    boolean fromStart() {
        return start == 0 && trial().warmUp() == 0;
    }
}
