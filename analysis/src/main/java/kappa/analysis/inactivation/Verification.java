package kappa.analysis.inactivation;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import kappa.analysis.populations.NeuronSet;
import kappa.fitting.model.Network;
import kappa.fitting.training.TrialRunner;
import kappa.ingest.InvalidInputException;

/**
 * How well a predicted effect agrees with what happened. The change of the readout is silenced less intact, predicted on one
 * side and true on the other; R2 = 1 - SSE/SST about the true change's mean.
 *
 * @param r2Change over trials and the bins that count (all of them where none does)
 * @param r2ChangeAllBins over trials and all bins
 * @param correlation of the change, over trials and the bins that count
 * @param choiceAgreement share of trials whose silenced choice is predicted right; NaN if there is no choice
 * @param accuracy what it truly was in each context, intact and silenced
 */
public record Verification(double r2Change, double r2ChangeAllBins, double correlation, double choiceAgreement,
        Map<String, Effect.Accuracy> accuracy) {

    /** The network that a fit is a model of, run on the same trials. Not thread-safe. */
    public static final class Truth {
        private final Network teacher;
        private final SeenTrials seen;
        private final Inactivation.Plan plan;
        private final TrialRunner runner;
        private final List<float[]> intact;

        /** @throws InvalidInputException if the teacher lacks a readout of what the trials ask for, or their inputs */
        public Truth(Network teacher, SeenTrials seen, Inactivation.Plan plan, TrialRunner runner) {
            this.teacher = teacher;
            this.seen = seen;
            this.plan = plan;
            this.runner = runner;
            if (teacher.outputs() == 0 || teacher.outputs() != seen.outputs()) {
                throw new InvalidInputException("teacher: " + teacher.outputs()
                        + " outputs, expected a readout 'wo' with " + seen.outputs() + ", as many as are predicted");
            }
            if (teacher.inputs() != seen.inputNames().size()) {
                throw new InvalidInputException("teacher: " + teacher.inputs()
                        + " inputs, expected as many as the session has, " + seen.inputNames().size());
            }
            this.intact = run(teacher);
        }

        private List<float[]> run(Network silenced) {
            return runner.readouts(teacher, silenced, plan.from(), plan.to(),
                    seen.trials().stream().mapToInt(SeenTrial::bins).toArray(),
                    seen.trials().stream().map(SeenTrial::inputs).toList());
        }

        /** The readout [T,O] of each trial without silencing. */
        public List<float[]> intact() {
            return intact;
        }

        /** The readout [T,O] of each trial with these neurons silenced. */
        public List<float[]> silenced(NeuronSet set) {
            Inactivation.requireRecorded(set, teacher.neurons(), plan.how());
            return run(teacher.silencing(set.neurons(), plan.how()));
        }

    }

    /**
     * Compares a prediction with readouts of the same trials.
     *
     * @param intact [T,O] of each trial, truly, without silencing
     * @param silenced [T,O] of each trial, truly, with it
     */
    public static Verification of(Effect predicted, List<float[]> intact, List<float[]> silenced,
            TaskConditions conditions) {
        SeenTrials seen = predicted.seen();
        Moments counting = new Moments();
        Moments all = new Moments();
        for (int i = 0; i < intact.size(); i++) {
            float[] weights = seen.trials().get(i).weights();
            for (int at = 0; at < weights.length; at++) {
                double truth = (double) silenced.get(i)[at] - intact.get(i)[at];
                double guess = (double) predicted.silenced().readout().get(i)[at]
                        - predicted.intact().readout().get(i)[at];
                all.add(truth, guess);
                if (weights[at] > 0) {
                    counting.add(truth, guess);
                }
            }
        }
        double agreement = Double.NaN;
        Map<String, Effect.Accuracy> accuracy = new LinkedHashMap<>();
        if (seen.choices()) {
            double[] truth = Effect.decisions(seen, silenced);
            double[] guess = predicted.decisions(predicted.silenced());
            int[] decided = IntStream.range(0, truth.length).filter(i -> !Double.isNaN(truth[i]))
                    .toArray();
            agreement = (double) Arrays.stream(decided).filter(i -> truth[i] * guess[i] > 0).count() / decided.length;
            accuracy = new Effect(predicted.set(), seen, new Inactivation.Run(List.of(), intact),
                    new Inactivation.Run(List.of(), silenced)).accuracy(conditions);
        }
        Moments chosen = counting.count > 0 ? counting : all;
        return new Verification(chosen.r2(), all.r2(), chosen.correlation(), agreement, accuracy);
    }

    /** Sums over pairs of a true and a predicted change. */
    private static final class Moments {
        private long count;
        private double truth;
        private double guess;
        private double truthTruth;
        private double guessGuess;
        private double truthGuess;
        private double error;

        void add(double t, double g) {
            count++;
            truth += t;
            guess += g;
            truthTruth += t * t;
            guessGuess += g * g;
            truthGuess += t * g;
            error += (t - g) * (t - g);
        }

        double r2() {
            return 1 - error / (truthTruth - truth * truth / count);
        }

        double correlation() {
            return (truthGuess - truth * guess / count)
                    / Math.sqrt((truthTruth - truth * truth / count) * (guessGuess - guess * guess / count));
        }
    }
}
