package kappa.ingest.recording;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Streams a recorded session. */
final class RecordingSource implements BinSource {

    /** Bins read at a time: enough to make the calls cheap, few enough for sessions that are one long trial. */
    private static final int BLOCK_BINS = 64;

    private final Recording session;
    private final long bins;
    private long next;
    private int trial;
    private int bin;
    private int blockStart;
    private int blockEnd; // equal to blockStart where nothing is loaded
    private float[] activity;
    private float[] inputs;
    private Optional<float[]> behavior = Optional.empty();

    RecordingSource(Recording session) {
        this.session = session;
        this.bins = session.bins();
    }

    @Override
    public String name() {
        return session.name();
    }

    @Override
    public RecordingDescription describe() {
        return session.describe();
    }

    @Override
    public List<Warning> warnings() {
        return session.warnings();
    }

    @Override
    public long bins() {
        return bins;
    }

    @Override
    public boolean next(RecordedBin target) {
        if (next == bins) {
            return false;
        }
        if (bin < blockStart || bin >= blockEnd) {
            load();
        }
        target.clear();
        target.rigTimeNs = session.rigTimeNs(trial, bin, next);
        session.mark(trial, bin, target);
        int row = bin - blockStart;
        fill(target.activity, activity, row);
        fill(target.inputs, inputs, row);
        if (behavior.isPresent()) {
            fill(target.behavior, behavior.get(), row);
        } else {
            Arrays.fill(target.behavior, Float.NaN);
        }
        boolean last = bin == session.bins(trial) - 1;
        if (session.hasTrials()) {
            target.trial = trial;
            target.trialEnd = last;
        }
        next++;
        bin++;
        if (last) {
            startTrial(trial + 1, 0);
        }
        return true;
    }

    private static void fill(float[] target, float[] rows, int row) {
        System.arraycopy(rows, row * target.length, target, 0, target.length);
    }

    private void load() {
        blockStart = bin;
        blockEnd = Math.min(bin + BLOCK_BINS, session.bins(trial));
        activity = session.activity(trial, blockStart, blockEnd - blockStart);
        inputs = session.inputs(trial, blockStart, blockEnd - blockStart);
        behavior = session.behavior(trial, blockStart, blockEnd - blockStart);
    }

    private void startTrial(int trial, int bin) {
        this.trial = trial;
        this.bin = bin;
        blockStart = 0;
        blockEnd = 0;
    }

    /** @throws IllegalArgumentException if so many bins are not left */
    @Override
    public void skip(long skipped) {
        if (skipped < 0 || skipped > bins - next) {
            throw new IllegalArgumentException("cannot skip " + skipped + " bins: " + (bins - next) + " are left");
        }
        next += skipped;
        long within = bin + skipped;
        int reached = trial;
        while (reached < session.trials() && within >= session.bins(reached)) {
            within -= session.bins(reached++);
        }
        startTrial(reached, (int) within);
    }

    @Override
    public void close() {
        // The session is its opener's to close.
    }
}
