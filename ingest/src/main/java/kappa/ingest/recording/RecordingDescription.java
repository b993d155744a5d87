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

    /** What the names of a rig's places for units that turn up late begin with. */
    private static final String SPARE = "spare ";

    public RecordingDescription {
        neurons = List.copyOf(neurons);
        inputs = List.copyOf(inputs);
        behaviors = List.copyOf(behaviors);
        phases = List.copyOf(phases);
    }

    /** The name of a place for a unit that turns up late, from 1. */
    public static String sparePlace(int number) {
        return SPARE + number;
    }

    /** Whether this is such a place, which another unit may take in another session. */
    public static boolean isSparePlace(String neuron) {
        return neuron.startsWith(SPARE);
    }

    /** A bin for a source of this recording to fill. */
    public RecordedBin newBin() {
        return new RecordedBin(neurons.size(), inputs.size(), behaviors.size());
    }
}
