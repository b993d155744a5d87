package kappa.fitting.bench;

/**
 * How long is measured.
 *
 * @param warmUpNs nanoseconds of processor time for which each step runs before at least, so that it is compiled
 * @param mostWarmUpNs until when its time must have settled
 * @param repetitions times that each step is measured
 * @param repetitionNs nanoseconds that one measurement takes at least
 */
public record Effort(long warmUpNs, long mostWarmUpNs, int repetitions, long repetitionNs) {

    private static final long MOST_WARM_UP_NS = 5_000_000_000L;

    public static final Effort FULL = new Effort(500_000_000, MOST_WARM_UP_NS, 15, 20_000_000);

    /** Fewer repetitions of fewer sizes, with figures near the full ones. */
    public static final Effort QUICK = new Effort(250_000_000, MOST_WARM_UP_NS, 7, 10_000_000);
}
