package kappa.dashboards.web;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import kappa.analysis.inactivation.InactivationResult;
import kappa.analysis.inactivation.InactivationResult.SetEffect;
import kappa.analysis.populations.NeuronSet;

/**
 * A set of neurons as it is now, under the name by which it stays known, and what is predicted if it is silenced. The neurons are
 * those of the prediction.
 *
 * @param name of the set, with the model that it is of
 * @param neurons indices from 0, recorded ones only
 * @param of how many neurons are recorded
 * @param predicted what silencing these neurons would do; absent if nobody has predicted it
 */
record DryRun(String name, List<Integer> neurons, int of, Predicted predicted) {

    /**
     * What silencing would do.
     *
     * @param change RMS change of the readout in the decision bins, in units of the readout's own
     * @param changeSd over recent models
     * @param randomChange mean over {@code randomSets} random sets of as many neurons
     * @param trialHalfWidth half the interval around the predicted change of a trial that should hold nine of ten; 0 if unknown
     */
    record Predicted(long modelVersion, long binsLearned, int trials, String readout, double change, double changeSd,
            int randomSets, double randomChange, double randomChangeSd, double trialHalfWidth) {

        static Predicted of(InactivationResult result, SetEffect effect) {
            return new Predicted(result.snapshot().version(), result.snapshot().binsLearned(), result.trials(),
                    result.readout(), effect.change(), effect.changeDeviation(), effect.random().sets(),
                    effect.random().change(), effect.random().deviation(), effect.trialHalfWidth());
        }
    }

    /** @param prediction of exactly this set, if there is one */
    static DryRun of(NeuronSet set, long modelVersion, int recorded, Optional<Predicted> prediction) {
        // A set may hold neurons that nobody recorded, whom no rig can reach.
        List<Integer> neurons = Arrays.stream(set.neurons()).filter(i -> i < recorded).boxed().toList();
        return new DryRun(modelVersion < 1 ? set.name() : set.name() + " of model " + modelVersion, neurons, recorded,
                prediction.orElse(null));
    }
}
