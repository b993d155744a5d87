package kappa.fitting.pipeline;

import java.util.ArrayDeque;
import java.util.Deque;
import kappa.ingest.wire.TrialRef;

/** The trials that the filter or the fitter still works on, oldest first; both answer in that order. Not thread-safe. */
final class PendingTrials {

    /**
     * Where the session stood at the end of a trial.
     *
     * @param nextBin the first bin after it
     * @param nextBinOffset the record that holds what comes after the trial, or the one after the trial's last
     * @param inside whether that record holds the trial's end as well, or was accepted already for another reason
     * @param open bins before nextBin that what follows begins with as warm-up
     */
    record End(long nextBin, long nextBinOffset, boolean inside, long lastTrial, long lastRigTimeNs, int lastEpoch,
            TrialRef open) {}

    /** A trial until both are done with it. */
    static final class Pending {
        final End end;
        private final int shed;
        private final long bytes;
        /** Null until the filter has answered, and the other until the fitter has. */
        Filter.TrialFiltered filtered;
        Fitter.Learned learned;

        private Pending(End end, int shed, long bytes) {
            this.end = end;
            this.shed = shed;
            this.bytes = bytes;
        }

        /** Steps that were not made, since learning was behind. */
        long shed() {
            return (long) shed + learned.shed();
        }
    }

    private final Deque<Pending> trials = new ArrayDeque<>();
    private int learning;
    private long bytes;

    /**
     * Adds a trial.
     *
     * @param shed steps that the fitter was not asked for
     * @param activityBytes of activity that wait with the fitter
     */
    void add(End end, int shed, long activityBytes) {
        trials.add(new Pending(end, shed, activityBytes));
        learning++;
        bytes += activityBytes;
    }

    void filtered(Filter.TrialFiltered reply) {
        for (Pending trial : trials) {
            if (trial.filtered == null) {
                trial.filtered = reply;
                return;
            }
        }
    }

    void learned(Fitter.Learned reply) {
        for (Pending trial : trials) {
            if (trial.learned == null) {
                trial.learned = reply;
                learning--;
                bytes -= trial.bytes;
                return;
            }
        }
    }

    /** Takes out the oldest trial if both are done with it; else null. */
    Pending takeDone() {
        Pending oldest = trials.peek();
        return oldest == null || oldest.filtered == null || oldest.learned == null ? null : trials.remove();
    }

    boolean isEmpty() {
        return trials.isEmpty();
    }

    int size() {
        return trials.size();
    }

    /** Trials that the fitter has not answered. */
    int learning() {
        return learning;
    }

    /** Bytes of activity that they hold. */
    long bytes() {
        return bytes;
    }
}
