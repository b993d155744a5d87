package kappa.ingest.rig;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import kappa.ingest.UnixTime;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;

/**
 * Bins what a rig sends, by the rig's own clock. Tick t belongs to bin k of an epoch that began at tick t0 if
 * k w &lt;= t - t0 &lt; (k + 1) w, where w is a bin's width in ticks. What belongs to a bin may come in any order; it is
 * closed when {@link #complete} says that nothing before its end will come any more, never because something later came.
 *
 * <p>Policies:
 * <ul>
 * <li>what comes for a bin that is closed is late: it is counted and left out;
 * <li>something may be missing: every bin that {@link #lost} touches has no observed neuron, and says so in its clock;
 * <li>something comes more than {@value #HORIZON} bins ahead of the oldest open one: bins are closed as lost from the oldest
 * on, so that memory is bounded; beyond {@value #MAX_GAP} bins it is a new epoch instead;
 * <li>more than {@value #MAX_WAITING} edges wait for data that do not come: those that follow are counted as lost;
 * <li>acquisition begins again: a new epoch, of a grid of its own. The bins of the old one that were not complete have no
 * observed neuron. No bin is made for the time between.
 * </ul>
 *
 * <p>One thread. Arrays are reused; what is allocated for a bin is the one that leaves.
 */
public final class BinAssembler {

    /** What a sampled channel is. */
    public enum Role {
        ACTIVITY, INPUT, BEHAVIOR
    }

    /** Takes finished bins, in order; each is the sink's to keep. */
    public interface Sink {
        void bin(RecordedBin bin) throws InterruptedException;
    }

    /** Bins that may be open at once. */
    static final int HORIZON = 1024;

    /** Steps of an input, and marks of trials, that may wait for the bins they belong to; of more, none can mean anything. */
    static final int MAX_WAITING = 65_536;

    /** A rig that was away for more than this number of bins starts a new epoch. */
    static final int MAX_GAP = 30_000;

    private static final int INSIDE = 1;
    private static final int BETWEEN = 2;

    /**
     * Largest distance of a tick from the expectation of the host's clock at which acquisition counts as uninterrupted
     * after an outage.
     */
    private static final long SAME_CLOCK_NS = 2_000_000_000L;

    private record Mark(long tick, boolean start) {}

    private final RigLayout layout;
    private final UnitTable units;
    private final RigStatus status;
    private final Sink sink;
    private final HostClock clock;
    private final List<OpenBin> open = new ArrayList<>(); // consecutive; HORIZON at most
    private final ArrayDeque<OpenBin> spare = new ArrayDeque<>();
    private final HeldInputs inputs;
    private final PriorityQueue<Mark> marks = new PriorityQueue<>(
            Comparator.comparingLong(Mark::tick).thenComparing(Mark::start)); // an end before the start that follows at once
    private boolean started;
    private long origin;
    private long closed; // bins of this epoch that have left
    private int epoch = -1;
    private long trial;
    private boolean inside;
    private RecordedBin resumed;

    /** @param units whose spare neurons count as observed once somebody took them; null if all of them are there */
    public BinAssembler(RigLayout layout, UnitTable units, RigStatus status, Sink sink) {
        this.layout = layout;
        this.units = units;
        this.status = status;
        this.sink = sink;
        clock = new HostClock(layout.ticksPerSecond());
        inputs = new HeldInputs(layout.inputs().size(), MAX_WAITING);
    }

    /** Goes on after the last bin that an earlier connector published. */
    void resume(RecordedBin last) {
        resumed = last;
        epoch = last.epoch;
        trial = last.trial;
    }

    public RigLayout layout() {
        return layout;
    }

    /** Whether an epoch is under way. */
    public boolean started() {
        return started;
    }

    /** First tick that is in no closed bin. */
    public long openFrom() {
        return edge(closed);
    }

    /**
     * Acquisition began, or began again: a new epoch, whose first bin begins at {@code tick}. A connector that was itself started
     * again while acquisition went on, goes on with the grid as it was, and the bins between are lost.
     */
    public void start(long tick) throws InterruptedException {
        finish();
        RecordedBin last = resumed;
        resumed = null;
        if (last != null && goesOn(last, tick)) {
            started = true;
            origin = last.sample;
            closed = 0;
            status.epoch(epoch);
            reach(tick, true);
            return;
        }
        if (epoch >= 0) {
            clock.restart();
        }
        epoch++;
        status.epoch(epoch);
        started = true;
        origin = tick;
        closed = 0;
        if (layout.trials() && epoch > 0) {
            trial++;
        }
        inside = false;
    }

    private boolean goesOn(RecordedBin last, long tick) {
        long elapsed = tick - last.sample;
        if (elapsed < 0 || elapsed / layout.ticksPerBin() > MAX_GAP || last.hostUnixNs == 0) {
            return false;
        }
        double expected = UnixTime.nowNs() - last.hostUnixNs;
        return Math.abs(elapsed * (1e9 / layout.ticksPerSecond()) - expected) < SAME_CLOCK_NS;
    }

    /** Closes all open bins, because acquisition has stopped and the rest will never come. */
    public void finish() throws InterruptedException {
        while (!open.isEmpty()) {
            open.getFirst().lost++;
            close();
        }
        marks.clear();
        inputs.clear();
        started = false;
    }

    private long edge(long bin) {
        return origin + (long) Math.ceil(bin * layout.ticksPerBin() - 1e-6);
    }

    private long binOf(long tick) {
        long bin = (long) Math.floor((tick - origin) / layout.ticksPerBin());
        // The division's rounding, where a tick lies on an edge.
        if (tick >= edge(bin + 1)) {
            return bin + 1;
        }
        return tick < edge(bin) ? bin - 1 : bin;
    }

    /**
     * The open bin that a tick belongs to, or null if it is closed.
     *
     * @param lost whether bins that have to be opened on the way there are lost
     */
    private OpenBin reach(long tick, boolean lost) throws InterruptedException {
        if (!started) {
            throw new IllegalStateException("tick " + tick + " before start()");
        }
        long bin = binOf(tick);
        if (bin < closed) {
            return null;
        }
        if (bin - closed >= MAX_GAP + HORIZON) {
            start(tick);
            bin = 0;
        }
        while (bin - closed >= HORIZON) {
            oldest().lost++;
            close();
        }
        while (closed + open.size() <= bin) {
            OpenBin next = fresh();
            if (lost && edge(closed + open.size()) < tick) {
                next.lost++;
            }
            open.addLast(next);
        }
        return open.get((int) (bin - closed));
    }

    private OpenBin oldest() {
        if (open.isEmpty()) {
            open.addLast(fresh());
        }
        return open.getFirst();
    }

    private OpenBin fresh() {
        return spare.isEmpty() ? new OpenBin(layout) : spare.removeLast();
    }

    public void spike(long tick, int neuron) throws InterruptedException {
        count(tick, neuron, 1);
    }

    /** A spike of a unit. Where no place is left for the unit, the spike is counted and left out. */
    public void spike(long tick, String unit) throws InterruptedException {
        int neuron = units.place(unit);
        if (neuron == UnitTable.NONE) {
            status.homeless();
        } else {
            spike(tick, neuron);
        }
    }

    public void count(long tick, int neuron, int spikes) throws InterruptedException {
        OpenBin bin = reach(tick, false);
        if (bin == null) {
            status.late();
        } else {
            bin.counts[neuron] += spikes;
        }
    }

    /** A sample of a channel; a bin holds the mean of those that lie in it. */
    public void sample(Role role, int channel, long tick, float value) throws InterruptedException {
        OpenBin bin = reach(tick, false);
        if (bin == null) {
            status.late();
        } else if (!Float.isNaN(value)) {
            bin.of(role).add(channel, value);
        }
    }

    /** An input has this value from this tick on, until the next call. A bin holds its mean over time. */
    public void step(int input, long tick, float value) {
        if (inputs.full(input)) {
            status.lost(1);
        } else {
            inputs.step(input, early(tick), value);
        }
    }

    public void trialStart(long tick) {
        mark(tick, true);
    }

    public void trialEnd(long tick) {
        mark(tick, false);
    }

    private void mark(long tick, boolean start) {
        if (marks.size() == MAX_WAITING) {
            status.lost(1);
        } else {
            marks.add(new Mark(early(tick), start));
        }
    }

    /** What comes late is true from the first open bin on. */
    private long early(long tick) {
        if (tick < openFrom()) {
            status.late();
            return openFrom();
        }
        return tick;
    }

    /**
     * Something was lost that belongs somewhere into [from, to): no neuron counts as observed in a bin that touches it.
     *
     * @param messages how many, at least 1
     */
    public void lost(long from, long to, int messages) throws InterruptedException {
        if (to <= from) {
            return;
        }
        status.lost(messages);
        reach(to - 1, false);
        int first = (int) Math.max(0, binOf(Math.max(from, openFrom())) - closed);
        int end = (int) Math.max(first, binOf(to - 1) - closed + 1);
        for (OpenBin bin : open.subList(first, end)) {
            bin.lost = (int) Math.min(Integer.MAX_VALUE, (long) bin.lost + messages);
        }
    }

    /** Nothing before {@code tick} will come any more. */
    public void complete(long tick) throws InterruptedException {
        if (binOf(tick) - closed >= MAX_GAP + HORIZON) {
            start(tick);
        }
        while (edge(closed + 1) <= tick) {
            oldest();
            close();
        }
    }

    /** Data up to {@code tick} arrived then, by this host's clock. */
    public void arrived(long tick, long hostUnixNs) {
        clock.arrived(tick, hostUnixNs);
    }

    /** The rig's library knows: this host's Unix time is the rig's time plus this, give or take the error. */
    public void hostOffset(long offsetNs, long errorNs) {
        clock.know(offsetNs, errorNs);
    }

    private void close() throws InterruptedException {
        OpenBin bin = open.removeFirst();
        long from = edge(closed);
        long to = edge(closed + 1);
        closed++;
        boolean wasInside = inside;
        boolean ended = false;
        while (!marks.isEmpty() && marks.peek().tick < to) {
            Mark mark = marks.poll();
            if (mark.start) {
                trial++;
            }
            // A trial that ends on the edge before this bin has no part of it.
            wasInside = mark.start || (wasInside && mark.tick > from);
            ended = !mark.start;
            inside = mark.start;
        }
        RecordedBin out = new RecordedBin(layout.neurons().size(), layout.inputs().size(), layout.behaviors().size());
        out.rigTimeNs = layout.rigTimeNs(to);
        activity(bin, out.activity);
        inputs.fill(bin.inputs, from, to, out.inputs);
        for (int i = 0; i < out.behavior.length; i++) {
            out.behavior[i] = bin.behavior.any(i) ? bin.behavior.mean(i) : Float.NaN;
        }
        if (layout.trials()) {
            out.trial = trial;
            out.phase = wasInside ? INSIDE : BETWEEN;
            out.trialEnd = ended && layout.onlyTrials();
        }
        out.clocked = true;
        out.sample = to;
        out.hostUnixNs = clock.hostUnixNs(to);
        out.errorNs = clock.errorNs();
        out.epoch = epoch;
        out.lost = bin.lost;
        bin.clear();
        spare.addLast(bin);
        if (!layout.onlyTrials() || wasInside) {
            sink.bin(out);
        }
    }

    private void activity(OpenBin bin, float[] out) {
        boolean counts = layout.observation() == Observation.COUNTS;
        for (int i = 0; i < out.length; i++) {
            if (bin.lost > 0) {
                out[i] = Float.NaN;
            } else if (counts) {
                out[i] = units == null || units.taken(i) ? bin.counts[i] : Float.NaN;
            } else {
                out[i] = bin.activity.any(i) ? bin.activity.mean(i) : Float.NaN;
            }
        }
    }
}
