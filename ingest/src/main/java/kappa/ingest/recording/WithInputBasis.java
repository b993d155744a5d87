package kappa.ingest.recording;

import java.util.Optional;

/** A recorded session whose inputs are those of an {@link InputBasis}; everything else is the session's own. */
public final class WithInputBasis extends RecordingView {

    private final InputBasis basis;
    private final RecordingDescription description;

    public WithInputBasis(Recording session, InputBasis basis) {
        super(session);
        this.basis = basis;
        RecordingDescription own = session.describe();
        description = new RecordingDescription(own.neurons(), own.binWidthSeconds(), basis.names(own.inputs()),
                own.behaviors(), own.observation(), own.trials(), own.phases(), own.origin(), Optional.of(basis));
    }

    @Override
    public RecordingDescription describe() {
        return description;
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
}
