package kappa.ingest.recording;

import com.google.protobuf.UnsafeByteOperations;
import java.util.Optional;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.Observations;
import kappa.ingest.wire.SessionHeader;

/** Streams a recorded session. */
final class RecordingSource implements SessionSource {

    /** Converted at a time: enough to make the calls cheap, little enough for sessions that are one long stretch. */
    private static final int BLOCK_BINS = 64;

    private final Recording session;
    private final boolean counts;
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
        this.counts = session.observation() == Observation.COUNTS;
        this.bins = session.bins();
    }

    @Override
    public String name() {
        return session.name();
    }

    @Override
    public SessionHeader.Builder describe() {
        SessionHeader.Builder header = SessionHeader.newBuilder().addAllNeurons(session.neuronNames())
                .setBinWidthS(session.binWidthSeconds())
                .addAllInputChannels(session.inputNames()).addAllBehaviorChannels(session.behaviorNames())
                .setObservation(Observations.wire(session.observation())).setTrials(session.hasTrials())
                .setOrigin(session.origin());
        session.inputBasis().ifPresent(basis -> header.getInputBasisBuilder().setBumps(basis.bumps())
                .setBins(basis.bins()));
        return header;
    }

    @Override
    public long bins() {
        return bins;
    }

    @Override
    public boolean next(Bin.Builder target) {
        target.clear();
        if (next == bins) {
            return false;
        }
        if (bin < blockStart || bin >= blockEnd) {
            load();
        }
        int row = bin - blockStart;
        target.setRigTimeNs(session.rigTimeNs(trial, bin, next));
        fillActivity(target, row);
        for (int i = row * session.inputs(); i < (row + 1) * session.inputs(); i++) {
            target.addInputs(inputs[i]);
        }
        if (behavior.isPresent()) {
            for (int i = row * session.behaviors(); i < (row + 1) * session.behaviors(); i++) {
                target.addBehavior(behavior.get()[i]);
            }
        }
        boolean last = bin == session.bins(trial) - 1;
        if (session.hasTrials()) {
            target.setTrial(trial).setTrialEnd(last);
        }
        next++;
        bin++;
        if (last) {
            startTrial(trial + 1, 0);
        }
        return true;
    }

    private void fillActivity(Bin.Builder target, int row) {
        int neurons = session.neurons();
        byte[] unobserved = null;
        for (int i = 0; i < neurons; i++) {
            float value = activity[row * neurons + i];
            if (Float.isNaN(value)) {
                if (unobserved == null) {
                    unobserved = new byte[Math.ceilDiv(neurons, Byte.SIZE)];
                }
                unobserved[i / Byte.SIZE] |= (byte) (1 << i % Byte.SIZE);
                value = 0;
            }
            if (counts) {
                target.addCounts((int) value);
            } else {
                target.addValues(value);
            }
        }
        if (unobserved != null) {
            target.setUnobserved(UnsafeByteOperations.unsafeWrap(unobserved)); // nobody else has the array
        }
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
