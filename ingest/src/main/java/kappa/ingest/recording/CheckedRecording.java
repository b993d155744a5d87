package kappa.ingest.recording;

import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** A recording that {@link Plausibility} has looked at: with its warnings, and with artefacts taken as not observed. */
final class CheckedRecording extends RecordingView {

    private final List<Warning> warnings;
    /** The bins with artefacts, counted from the session's start, and their neurons. */
    private final NavigableMap<Long, int[]> artefacts;
    private final long[] firstBin; // of each trial

    CheckedRecording(Recording session, List<Warning> warnings, List<Artefact> artefacts) {
        super(session);
        this.warnings = List.copyOf(warnings);
        this.artefacts = new TreeMap<>();
        for (Artefact artefact : artefacts) {
            this.artefacts.merge(artefact.bin(), new int[]{artefact.neuron()},
                    (a, b) -> IntStream.concat(IntStream.of(a), IntStream.of(b)).toArray());
        }
        firstBin = new long[artefacts.isEmpty() ? 0 : session.trials()];
        for (int trial = 1; trial < firstBin.length; trial++) {
            firstBin[trial] = firstBin[trial - 1] + session.bins(trial - 1);
        }
    }

    @Override
    public List<Warning> warnings() {
        return warnings;
    }

    @Override
    public float[] activity(int trial, int from, int bins) {
        float[] y = session.activity(trial, from, bins);
        if (!artefacts.isEmpty()) {
            int n = neurons();
            long start = firstBin[trial] + from;
            artefacts.subMap(start, start + bins).forEach((bin, neurons) -> {
                for (int neuron : neurons) {
                    y[(int) (bin - start) * n + neuron] = Float.NaN;
                }
            });
        }
        return y;
    }
}
