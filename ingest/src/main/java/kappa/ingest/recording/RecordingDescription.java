package kappa.ingest.recording;

import java.util.List;
import java.util.Optional;

/**
 * What all bins of a recording have in common.
 *
 * @param neurons names of the N neurons, each once
 * @param trials whether bins belong to trials
 * @param phases names of the phases that {@link RecordedBin#phase} counts, from 1
 * @param origin where the recording comes from, in words: the file, the rig, the simulated network
 * @param inputBasis what the inputs were made with, if with any
 */
public record RecordingDescription(List<String> neurons, double binWidthSeconds, List<String> inputs,
        List<String> behaviors, Observation observation, boolean trials, List<String> phases, String origin,
        Optional<InputBasis> inputBasis) {

    public RecordingDescription {
        neurons = List.copyOf(neurons);
        inputs = List.copyOf(inputs);
        behaviors = List.copyOf(behaviors);
        phases = List.copyOf(phases);
    }

    /** A bin for a source of this recording to fill. */
    public RecordedBin newBin() {
        return new RecordedBin(neurons.size(), inputs.size(), behaviors.size());
    }
}
