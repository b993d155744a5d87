package kappa.ingest.session;

/**
 * How much of a session's past a {@link SessionState} keeps. Its memory does not grow beyond that, whatever the topics hold.
 *
 * @param latentBins newest bins of kappa; 0 for none
 * @param activityValues newest numbers of activity, bins times neurons; 0 for none
 * @param intervals of bins that are told apart exactly: more gaps than that only count
 */
public record History(int latentBins, int activityValues, int intervals) {

    private static final int INTERVALS = 4_096;

    /** Counters and the newest of everything. */
    public static final History NONE = new History(0, 0, INTERVALS);

    /** The bins themselves, every one of them, as intervals. */
    public static final History EVERY_BIN = new History(0, 0, Integer.MAX_VALUE);

    public static History of(int latentBins, int activityValues) {
        return new History(latentBins, activityValues, INTERVALS);
    }
}
