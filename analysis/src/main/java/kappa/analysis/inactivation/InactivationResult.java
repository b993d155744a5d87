package kappa.analysis.inactivation;

import java.util.List;
import kappa.analysis.Snapshot;
import kappa.analysis.populations.NeuronSet;

/**
 * What silencing each of some sets of neurons would do, predicted with one snapshot over recent intact trials; and for
 * interventions that the rig has carried out, what they did.
 *
 * @param snapshot that the predictions were made with
 * @param trials intact trials that the predictions are made over
 * @param readout the behaviour channel that stands for choice, or "kappa 1" without one
 * @param readoutR2 how well the intact network's readout explains it
 * @param sets one for each set of neurons
 * @param carriedOut interventions, in the order of their first trial
 */
public record InactivationResult(Snapshot.Id snapshot, int trials, String readout, double readoutR2,
        List<SetEffect> sets, List<CarriedOut> carriedOut) {

    /**
     * What silencing one set of neurons would do.
     *
     * @param change RMS change of the readout in the decision bins
     * @param changeDeviation its standard deviation over recent snapshots; 0 for a single one
     * @param random what random sets of as many neurons do
     * @param trialHalfWidth half the interval around the predicted change of a single trial that should hold
     *        {@value ClosedLoop#LEVEL} of the observed ones; 0 if unknown
     */
    public record SetEffect(NeuronSet set, List<ConditionEffect> conditions, double change, double changeDeviation,
            RandomSets random, double trialHalfWidth) {}

    /**
     * The change by random sets of one size, one set drawn anew for each recent snapshot, so that both vary.
     *
     * @param sets how many; 0 if none were drawn
     * @param change mean over the sets
     * @param deviation standard deviation over the sets; 0 for a single one
     */
    public record RandomSets(int sets, double change, double deviation) {

        /** None were drawn. */
        public static final RandomSets NONE = new RandomSets(0, 0, 0);
    }

    /**
     * The effect in trials with similar inputs.
     *
     * @param intact means over the trials without silencing
     * @param positive share of trials with a positive choice
     * @param correct share of trials whose choice is the intact animal's, or the target's
     */
    public record ConditionEffect(String name, int trials, Traces intact, Traces silenced, Shares positive,
            Shares correct) {}

    /**
     * Means over trials.
     *
     * @param kappa [T+1,K]; row 0 is before the first bin
     * @param readout [T]
     */
    public record Traces(double[] kappa, double[] readout) {}

    /** Shares of the same trials, 0 to 1. */
    public record Shares(double intact, double silenced) {}

    /** An intervention with the name of the set that was silenced. */
    public record CarriedOut(String name, ClosedLoop.Outcome outcome) {}
}
