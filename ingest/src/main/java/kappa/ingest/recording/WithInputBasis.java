package kappa.ingest.recording;

import java.util.List;
import java.util.Optional;

/** A recorded session whose inputs are those of an {@link InputBasis}; everything else is the session's own. */
public final class WithInputBasis implements Recording {

    private final Recording session;
    private final InputBasis basis;
    private final RecordingDescription description;

    public WithInputBasis(Recording session, InputBasis basis) {
        this.session = session;
        this.basis = basis;
        RecordingDescription own = session.describe();
        description = new RecordingDescription(own.neurons(), own.binWidthSeconds(), basis.names(own.inputs()),
                own.behaviors(), own.observation(), own.trials(), own.phases(), own.origin(), Optional.of(basis));
    }

    @Override
    public String name() {
        return session.name();
    }

    @Override
    public RecordingDescription describe() {
        return description;
    }

    @Override
    public int trials() {
        return session.trials();
    }

    @Override
    public int bins(int trial) {
        return session.bins(trial);
    }

    @Override
    public int targets() {
        return session.targets();
    }

    @Override
    public String observationChoice() {
        return session.observationChoice();
    }

    @Override
    public List<String> remarks() {
        return session.remarks();
    }

    @Override
    public float[] activity(int trial, int firstBin, int bins) {
        return session.activity(trial, firstBin, bins);
    }

    @Override
    public float[] inputs(int trial, int firstBin, int bins) {
        int channels = session.inputs();
        float[] u = session.inputs(trial, firstBin, bins);
        float[] out = new float[bins * inputs()];
        for (int t = 0; t < bins; t++) {
            basis.expand(firstBin + t, u, t * channels, channels, out, t * inputs());
        }
        return out;
    }

    @Override
    public Optional<float[]> behavior(int trial, int firstBin, int bins) {
        return session.behavior(trial, firstBin, bins);
    }

    @Override
    public Optional<float[]> targets(int trial) {
        return session.targets(trial);
    }

    @Override
    public Optional<float[]> mask(int trial) {
        return session.mask(trial);
    }

    @Override
    public long rigTimeNs(int trial, int bin, long sessionBin) {
        return session.rigTimeNs(trial, bin, sessionBin);
    }

    @Override
    public void close() {
        session.close();
    }
}
