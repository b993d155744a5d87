package kappa.ingest.log;

import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.Reason;

/**
 * The order of one session's bins. The bin index is the authority, the rig's clock is not. Policies:
 *
 * <ul>
 * <li>a record whose bins are all there already is rejected ({@code BIN_REPEATED} if it is the newest again,
 * {@code BIN_WENT_BACK} if older); one that begins with such bins is used from the first new one on, and noted;
 * <li>a record that jumps ahead is held until the next one: if that goes on from it, bins are really missing, both are used
 * and a {@code GAP} is noted; if that goes on from before, the jump was an error and is rejected ({@code BIN_JUMPED});
 * <li>a trial number that goes back is rejected, and so is whatever follows the end of the session;
 * <li>a rig clock that does not advance is counted and changes nothing; where a new epoch begins it may start anew.
 * </ul>
 *
 * <p>Not thread-safe.
 */
public final class BinOrder<R extends BinOrder.Offer> {

    /** A well-formed record of activity that waits for its verdict. */
    public interface Offer {

        Activity activity();

        /** Its verdict is near again, after {@link #release}. */
        default void take() {}

        /** It waits for the next record, which must not wait for it. */
        default void release() {}
    }

    /** Where the decisions go, in order. */
    public interface Verdicts<R extends Offer> {
        /**
         * Use the record's bins from {@code skip} on.
         *
         * @param missing bins that never came between the bin before and this one
         */
        void use(R arrival, int skip, long missing);

        /** Put the record on kappa.rejected; {@code used} says that it, or part of it, is used all the same. */
        default void reject(R arrival, Fault fault, boolean used) {}

        default void clockJumped() {}
    }

    private final Verdicts<R> verdicts;
    private final boolean trials;
    private long nextBin;
    private long lastTrial;
    private long lastRigTimeNs;
    private int lastEpoch;
    private boolean any;
    private boolean ended;
    private R held;

    public BinOrder(Verdicts<R> verdicts, boolean trials) {
        this.verdicts = verdicts;
        this.trials = trials;
    }

    public void restore(long savedNextBin, long savedTrial, long savedRigTimeNs, int savedEpoch, boolean anyBin) {
        nextBin = savedNextBin;
        lastTrial = savedTrial;
        lastRigTimeNs = savedRigTimeNs;
        lastEpoch = savedEpoch;
        any = anyBin;
    }

    public long nextBin() {
        return nextBin;
    }

    public long lastTrial() {
        return lastTrial;
    }

    public long lastRigTimeNs() {
        return lastRigTimeNs;
    }

    public boolean any() {
        return any;
    }

    /**
     * @param inside whether this is the record that the checkpoint falls into: accepted before the restart, its bins up to
     *        there are no news, and what is left of it, if only the end of the session, is used
     */
    public void offer(R arrival, boolean inside) {
        Activity activity = arrival.activity();
        if (ended) {
            reject(arrival, Reason.AFTER_END, "bin " + activity.getFirstBin() + " after the end of the session");
            return;
        }
        if (held != null) {
            settle(activity);
        }
        long first = activity.getFirstBin();
        long end = first + activity.getBinsCount();
        if (activity.getBinsCount() == 0) {
            if (first > nextBin) {
                verdicts.reject(arrival, gap(nextBin, first), true);
            }
            use(arrival, 0, Math.max(0, first - nextBin));
        } else if (first == nextBin) {
            if (trialGrows(arrival, 0)) {
                use(arrival, 0, 0);
            }
        } else if (end <= nextBin) {
            if (inside) {
                use(arrival, activity.getBinsCount(), 0);
            } else {
                reject(arrival, end == nextBin ? Reason.BIN_REPEATED : Reason.BIN_WENT_BACK,
                        "bin " + first + " again, expected " + nextBin);
            }
        } else if (first < nextBin) {
            int skip = (int) (nextBin - first);
            if (trialGrows(arrival, skip)) {
                if (!inside) {
                    verdicts.reject(arrival, new Fault(Reason.BIN_REPEATED, "bins " + first + " to " + (nextBin - 1)
                            + " again; the record was used from bin " + nextBin + " on"), true);
                }
                use(arrival, skip, 0);
            }
        } else if (activity.getEndOfSession()) {
            // Nothing will follow that could confirm the jump.
            accountForGap(arrival);
        } else {
            held = arrival;
            // Nothing of it is under way until the next record comes, which must not wait for it.
            arrival.release();
        }
    }

    private void settle(Activity next) {
        R jump = held;
        held = null;
        jump.take();
        Activity activity = jump.activity();
        if (next.getFirstBin() == activity.getFirstBin() + activity.getBinsCount()) {
            accountForGap(jump);
        } else {
            reject(jump, Reason.BIN_JUMPED, "bin " + activity.getFirstBin() + " after " + (nextBin - 1)
                    + ", and the next record went on with bin " + next.getFirstBin());
        }
    }

    private void accountForGap(R arrival) {
        if (trialGrows(arrival, 0)) {
            long first = arrival.activity().getFirstBin();
            verdicts.reject(arrival, gap(nextBin, first), true);
            use(arrival, 0, first - nextBin);
        }
    }

    private static Fault gap(long from, long to) {
        return new Fault(Reason.GAP, "bins " + from + " to " + (to - 1) + " never came", from, to - from);
    }

    /** Rejects a record whose trial goes back, before anything says that it was used. */
    private boolean trialGrows(R arrival, int skip) {
        long trial = arrival.activity().getBins(skip).getTrial();
        if (trials && any && trial < lastTrial) {
            reject(arrival, Reason.TRIAL_WENT_BACK, "bin " + (arrival.activity().getFirstBin() + skip) + ": trial is "
                    + trial + " after " + lastTrial + ", expected it to grow");
            return false;
        }
        return true;
    }

    private void use(R arrival, int skip, long missing) {
        Activity activity = arrival.activity();
        int count = activity.getBinsCount();
        for (int t = skip; t < count; t++) {
            long now = activity.getBins(t).getRigTimeNs();
            int epoch = activity.getBins(t).getClock().getEpoch();
            if (any && now <= lastRigTimeNs && epoch == lastEpoch) {
                verdicts.clockJumped();
            }
            lastRigTimeNs = now;
            lastEpoch = epoch;
            any = true;
        }
        if (count > 0) {
            lastTrial = activity.getBins(count - 1).getTrial();
            nextBin = Math.max(nextBin, activity.getFirstBin() + count);
        }
        ended = activity.getEndOfSession();
        verdicts.use(arrival, skip, missing);
    }

    private void reject(R arrival, Reason reason, String detail) {
        verdicts.reject(arrival, new Fault(reason, detail), false);
    }
}
