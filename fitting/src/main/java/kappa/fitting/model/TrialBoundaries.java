package kappa.fitting.model;

/**
 * The one rule for where a trial begins and ends in a stream of bins, and for what is known of the state there. In a session
 * without trials it is cut into segments. A run of bins ends where the trial number changes, where bins are missing, and where
 * the clock's epoch changes. A trial counts as one from its start only if no bin before it is missing. Not thread-safe.
 */
public final class TrialBoundaries {

    private final boolean trials;
    private boolean any;
    private long trial;
    private int epoch;

    /** @param trials whether the session is cut into trials */
    public TrialBoundaries(boolean trials) {
        this.trials = trials;
    }

    /**
     * Whether a bin goes on in the run of the bin before it.
     *
     * @param missing bins that never came just before it
     */
    public boolean continues(long trialOfBin, int epochOfBin, long missing) {
        return any && missing == 0 && epochOfBin == epoch && (!trials || trialOfBin == trial);
    }

    /** Whether a run ends with a bin, because the rig marked it as the last of its trial. */
    public boolean endsWith(boolean markedAsLast) {
        return trials && markedAsLast;
    }

    /** Whether the clock began anew or jumped before a bin, so that what came before says nothing of the state. */
    public boolean beginsEpoch(int epochOfBin) {
        return any && epochOfBin != epoch;
    }

    /** How a run begins whose first bin this is. */
    public Start start(long trialOfBin, int epochOfBin, long missing) {
        if (trials && missing == 0 && !(any && trialOfBin == trial)) {
            return Start.TRIAL;
        }
        return !any || beginsEpoch(epochOfBin) ? Start.UNKNOWN : Start.SEGMENT;
    }

    /** A bin has come. */
    public void passed(long trialOfBin, int epochOfBin) {
        any = true;
        trial = trialOfBin;
        epoch = epochOfBin;
    }

    /** Whether any bin has come. */
    public boolean any() {
        return any;
    }

    /** The trial number of the newest bin. */
    public long trial() {
        return trial;
    }

    /** The clock's epoch of the newest bin. */
    public int epoch() {
        return epoch;
    }
}
