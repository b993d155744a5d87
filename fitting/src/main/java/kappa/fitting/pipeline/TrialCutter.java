package kappa.fitting.pipeline;

import java.util.Arrays;
import kappa.fitting.fit.TrialAssembly;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Start;
import kappa.fitting.model.Trial;
import kappa.fitting.model.TrialBoundaries;
import kappa.fitting.pipeline.FitServices.PipelineMeters;
import kappa.ingest.log.Arrival;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.Checkpoint;

/**
 * Cuts a session's bins, in order, into trials or segments: what the filter is sent next, and the trial that the fitter gets.
 * Not thread-safe.
 */
final class TrialCutter {

    /** A record, or what is left of it, whose turn has not come. */
    static final class Accepted {
        private final Arrival arrival;
        private int position;
        private long missing;

        Accepted(Arrival arrival, int position, long missing) {
            this.arrival = arrival;
            this.position = position;
            this.missing = missing;
        }

        Arrival arrival() {
            return arrival;
        }

        boolean done() {
            return position == arrival.activity().getBinsCount();
        }

        /** Whether a bin of it was taken. */
        boolean begun() {
            return position > 0;
        }

        private Bin next() {
            return arrival.activity().getBins(position);
        }
    }

    /**
     * Bins for the filter.
     *
     * @param endsTrial whether the last of them was marked as its trial's last
     */
    record Taken(Filter.Bins bins, boolean endsTrial) {}

    private final SessionPlan plan;
    private final PipelineMeters meters;
    private final TrialBoundaries boundaries;
    private final TrialAssembly assembly;
    private final float[] v;
    private long nextBin;
    private long lastRigTimeNs;

    TrialCutter(SessionPlan plan, PipelineMeters meters) {
        this.plan = plan;
        this.meters = meters;
        boundaries = new TrialBoundaries(plan.header().getTrials());
        assembly = new TrialAssembly(plan.fit().neurons(), plan.fit().inputs(), plan.header().getTrials());
        v = new float[plan.fit().inputs()];
    }

    void restore(Checkpoint checkpoint) {
        nextBin = checkpoint.getNextBin();
        lastRigTimeNs = checkpoint.getLastRigTimeNs();
        if (checkpoint.getAnyBin()) {
            boundaries.passed(checkpoint.getLastTrial(), checkpoint.getLastEpoch());
        }
        System.arraycopy(SnapshotCodec.array(checkpoint.getFilter().getVList()), 0, v, 0, v.length);
    }

    /** Takes over the bins that were filtered before a restart as the warm-up of what follows. */
    void warmUpWith(RecoveredTrial tail) {
        int neurons = plan.fit().neurons();
        int inputs = plan.fit().inputs();
        assembly.begin(tail.ref().getFirstBin(), TrialAssembly.WARM_UP, tail.v());
        for (int t = 0; t < tail.ref().getBins(); t++) {
            assembly.append(Arrays.copyOfRange(tail.y(), t * neurons, (t + 1) * neurons),
                    Arrays.copyOfRange(tail.v(), (t + 1) * inputs, (t + 2) * inputs), 1, tail.offsets()[t],
                    tail.perturbed()[t]);
        }
        assembly.close(0);
    }

    /** The first bin that was not taken. */
    long nextBin() {
        return nextBin;
    }

    TrialBoundaries boundaries() {
        return boundaries;
    }

    long lastRigTimeNs() {
        return lastRigTimeNs;
    }

    /** Whether bins of a trial have come whose end has not. */
    boolean open() {
        return assembly.open();
    }

    /** Whether neurons were silenced in the open trial. */
    boolean perturbed() {
        return assembly.perturbed();
    }

    /** Ends the open trial. */
    Trial close(long index) {
        return assembly.close(index);
    }

    /** The warm-up of what follows, unless that begins a trial: long trials too are learned from in pieces. */
    Trial tail() {
        return assembly.tail();
    }

    /** Whether the open trial ends before the next bin. */
    boolean endsBefore(Accepted next) {
        Bin bin = next.next();
        return assembly.open() && !(assembly.room() > 0
                && boundaries.continues(bin.getTrial(), bin.getClock().getEpoch(), next.missing));
    }

    /** Takes the bins up to the end of the record or of their trial. */
    Taken take(Accepted next) {
        Activity activity = next.arrival.activity();
        FitPlan fit = plan.fit();
        int from = next.position;
        Bin first = next.next();
        int epoch = first.getClock().getEpoch();
        Start start = Start.NONE;
        if (!assembly.open()) {
            if (boundaries.beginsEpoch(epoch)) {
                meters.epochs.increment();
            }
            start = boundaries.start(first.getTrial(), epoch, next.missing);
            assembly.begin(activity.getFirstBin() + from, start, next.missing, v);
        }
        int to = from;
        int room = Math.max(1, assembly.room());
        boolean end = false;
        while (to < activity.getBinsCount() && to - from < room && !end
                && (to == from || boundaries.continues(activity.getBins(to).getTrial(),
                        activity.getBins(to).getClock().getEpoch(), 0))) {
            Bin bin = activity.getBins(to);
            boundaries.passed(bin.getTrial(), bin.getClock().getEpoch());
            end = boundaries.endsWith(bin.getTrialEnd());
            to++;
        }
        int count = to - from;
        float[] y = new float[count * fit.neurons()];
        float[] rows = new float[count * fit.inputs()];
        boolean perturbed = false;
        for (int t = 0; t < count; t++) {
            Bin bin = activity.getBins(from + t);
            perturbed |= !bin.getSilenced().isEmpty();
            if (bin.getClock().getLost() != 0) {
                meters.lost.increment();
            }
            plan.activity(bin, y, t * fit.neurons());
            advance(bin);
            System.arraycopy(v, 0, rows, t * fit.inputs(), fit.inputs());
        }
        Filter.Bins bins = new Filter.Bins(next.arrival, from, to, y, rows, start, next.missing,
                to == activity.getBinsCount());
        assembly.append(y, rows, count, next.arrival.offset(), perturbed);
        next.missing = 0;
        next.position = to;
        nextBin = activity.getFirstBin() + to;
        Bin last = activity.getBins(to - 1);
        lastRigTimeNs = last.getRigTimeNs();
        if (last.hasClock()) {
            meters.clocked(plan.session(), last.getClock());
        }
        return new Taken(bins, end);
    }

    private void advance(Bin bin) {
        float[] u = new float[v.length];
        for (int s = 0; s < u.length; s++) {
            u[s] = bin.getInputs(s);
        }
        LowRankNetwork.advanceInputs(plan.fit().alpha(), v, 0, u, 0, v, 0, v.length);
    }
}
