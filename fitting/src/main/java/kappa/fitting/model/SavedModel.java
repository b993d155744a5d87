package kappa.fitting.model;

import java.util.List;
import java.util.Optional;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.recording.Observation;

/**
 * A fitted model with all that ties it to the session it was fitted to: what a network file of kappa holds. Nobody writes to its
 * arrays.
 *
 * @param neurons names of the recorded neurons, the first of the model's N; the others are hidden
 * @param inputs names of the S inputs, the columns of an input basis included
 * @param basis that the inputs were made with, if they are not the recording's own
 * @param mean [N] of each neuron's activity in the session, NaN for one that was never observed; empty if no trial was over
 */
public record SavedModel(PublishedModel model, List<String> neurons, List<String> inputs, double binWidthSeconds,
        Optional<InputBasis> basis, float[] mean) {

    public SavedModel {
        neurons = List.copyOf(neurons);
        inputs = List.copyOf(inputs);
        LowRankNetwork network = model.model().network();
        if (neurons.isEmpty() || neurons.size() > network.neurons() || inputs.size() != network.inputs()) {
            throw new IllegalArgumentException(neurons.size() + " names of neurons and " + inputs.size()
                    + " of inputs for " + network);
        }
        if (mean.length != 0 && mean.length != network.neurons()) {
            throw new IllegalArgumentException("mean has " + mean.length + " elements for " + network);
        }
    }

    /** How many of the N neurons, the last ones, nobody recorded. */
    public int hidden() {
        return model.model().network().neurons() - neurons.size();
    }

    public Observation observation() {
        return model.model().kind();
    }

    /** The network that is to be evaluated, analysed and simulated: it begins each trial at the model's start. */
    public LowRankNetwork network() {
        float[] none = {};
        boolean counts = observation() == Observation.COUNTS;
        boolean currents = observation() == Observation.CURRENTS;
        return model.model().network().withInitialState(model.initialState())
                .fittedTo(new LowRankNetwork.FittedTo(counts ? model.model().gain() : none,
                        currents ? model.model().gain() : none, currents ? model.model().offset() : none, hidden(),
                        basis));
    }
}
