package kappa.fitting.bench;

/**
 * How long is measured.
 *
 * @param warmUpNs nanoseconds for which each step runs before, so that it is compiled
 * @param repetitions times that each step is measured; the median counts
 * @param repetitionNs nanoseconds that one measurement takes at least
 */
public record Effort(long warmUpNs, int repetitions, long repetitionNs) {

    public static final Effort FULL = new Effort(500_000_000, 15, 20_000_000);

    /** Enough to see that it works, not to judge by. */
    public static final Effort QUICK = new Effort(100_000_000, 3, 2_000_000);
}
