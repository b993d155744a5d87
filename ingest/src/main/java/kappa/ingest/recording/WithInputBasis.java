package kappa.ingest.recording;

import java.util.List;
import java.util.Optional;

/** A recorded session whose inputs are those of an {@link InputBasis}; everything else is the session's own. */
public record WithInputBasis(Recording session, InputBasis basis) implements Recording {

    @Override
    public String name() {
        return session.name();
    }

    @Override
    public String origin() {
        return session.origin();
    }

    @Override
    public int trials() {
        return session.trials();
    }

    @Override
    public boolean hasTrials() {
        return session.hasTrials();
    }

    @Override
    public int bins(int trial) {
        return session.bins(trial);
    }

    @Override
    public int neurons() {
        return session.neurons();
    }

    @Override
    public int inputs() {
        return basis.inputs(session.inputs());
    }

    @Override
    public int behaviors() {
        return session.behaviors();
    }

    @Override
    public int targets() {
        return session.targets();
    }

    @Override
    public double binWidthSeconds() {
        return session.binWidthSeconds();
    }

    @Override
    public Observation observation() {
        return session.observation();
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
    public List<String> neuronNames() {
        return session.neuronNames();
    }

    @Override
    public List<String> inputNames() {
        return basis.names(session.inputNames());
    }

    @Override
    public List<String> behaviorNames() {
        return session.behaviorNames();
    }

    @Override
    public Optional<InputBasis> inputBasis() {
        return Optional.of(basis);
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
