package kappa.fitting.pipeline;

import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.TrialBoundaries;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.TrialRef;

/**
 * A trial, segment or tail of one that a checkpoint names, collected again bin by bin from kappa.activity. Not thread-safe.
 *
 * <p>Records that were rejected lie on the topic too. The bins of a trial follow each other, so an index that repeats or
 * jumps is never the next one wanted; a trial number that went back is told by itself; and the record of the first bin is
 * known. What is malformed must not be offered.
 */
final class RecoveredTrial {

    private final SessionPlan plan;
    private final TrialRef ref;
    private final float[] y;
    private final float[] v;
    private final long[] offsets;
    private final boolean[] perturbed;
    private final float[] u;
    private final TrialBoundaries boundaries;
    private int bins;

    RecoveredTrial(SessionPlan plan, TrialRef ref) {
        this.plan = plan;
        this.ref = ref;
        int inputs = plan.fit().inputs();
        y = new float[ref.getBins() * plan.fit().neurons()];
        v = new float[(ref.getBins() + 1) * inputs];
        offsets = new long[ref.getBins()];
        perturbed = new boolean[ref.getBins()];
        u = new float[inputs];
        boundaries = new TrialBoundaries(plan.header().getTrials());
        System.arraycopy(SnapshotCodec.array(ref.getVList()), 0, v, 0, inputs);
    }

    TrialRef ref() {
        return ref;
    }

    boolean whole() {
        return bins == ref.getBins();
    }

    /** [T,N], and rows 0 to T of v, [T + 1,S]; this object's own arrays. */
    float[] y() {
        return y;
    }

    float[] v() {
        return v;
    }

    /** Of the record of each bin. */
    long[] offsets() {
        return offsets;
    }

    /** Whether neurons were silenced in each bin. */
    boolean[] perturbed() {
        return perturbed;
    }

    /** Takes the bin if it is the next one. */
    void offer(long offset, long index, Bin bin) {
        if (whole() || index != ref.getFirstBin() + bins) {
            return;
        }
        if (bins == 0) {
            if (offset != ref.getOffset()) {
                return;
            }
        } else if (!boundaries.continues(bin.getTrial(), bin.getClock().getEpoch(), 0)) {
            return;
        }
        boundaries.passed(bin.getTrial(), bin.getClock().getEpoch());
        int inputs = u.length;
        for (int s = 0; s < inputs; s++) {
            u[s] = bin.getInputs(s);
        }
        plan.activity(bin, y, bins * plan.fit().neurons());
        LowRankNetwork.advanceInputs(plan.fit().alpha(), v, bins * inputs, u, 0, v, (bins + 1) * inputs, inputs);
        perturbed[bins] = !bin.getSilenced().isEmpty();
        offsets[bins++] = offset;
    }
}
