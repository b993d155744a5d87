package kappa.analysis.inactivation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import kappa.analysis.ObservedTrial;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;

/**
 * Compares the predicted effect of an intervention with the observed one, by one number for each perturbed trial: the change
 * of the readout's mean over the decision bins.
 *
 * <ul>
 * <li>Predicted: the fitted network's readout in that trial with the neurons silent, less the same without.
 * <li>Observed: the animal's readout in that trial, less the mean of the animal's in the {@value IntactTrials#MATCHED} intact
 * trials for which the intact network predicts the most similar readout. Both terms are the animal's own, so that errors of the
 * network in intact trials do not improve the agreement.
 * <li>The interval: see {@link IntervalWidth}.
 * </ul>
 *
 * <p>The animal's readout is the first channel of behaviour, or kappa_1 of the filter where none was recorded. Stateless.
 */
public final class ClosedLoop {

    /** Of the intervals. */
    public static final double LEVEL = 0.9;

    private static final int FEWEST = 3;
    private static final int INTERVENTIONS = 4;

    /** The fitted network. */
    public interface Prediction {

        /** Its readout in each intact trial, averaged over the decision bins, in the units of the animal's. */
        double[] intact(List<ObservedTrial> trials);

        /** The same in perturbed trials, had they been left intact and with what is done to all of them. */
        Pair perturbed(List<ObservedTrial> trials, ObservedTrial.Perturbation perturbation);

        /** Standard deviation of the change of each trial over recent models, this one's {@code changes} among them. */
        double[] deviations(List<ObservedTrial> trials, double[] changes);
    }

    /**
     * Readouts of the same trials.
     *
     * @param size root mean square of the change over these trials and intact ones
     */
    public record Pair(double[] without, double[] with, double size) {}

    /**
     * One intervention.
     *
     * @param intervention the request's id; empty for what the rig did by itself
     * @param halfWidth of the interval around each predicted change that holds {@value ClosedLoop#LEVEL} of the observed ones
     * @param correlation of predicted and observed; NaN below {@value #FEWEST} trials, or if one of them never changes
     * @param r2 1 - sum (observed - predicted)^2 / sum (observed - mean)^2; NaN likewise
     * @param choiceAgreement share of trials in which the readout's sign was predicted
     */
    public record Outcome(String intervention, int[] neurons, long[] trials, double[] predicted,
            double[] halfWidth, double[] observed, double correlation, double r2, double choiceAgreement) {

        /** How many of the observed changes lie within their interval. */
        public int inside() {
            return (int) IntStream.range(0, observed.length).filter(i -> i < halfWidth.length
                    && Math.abs(observed[i] - predicted[i]) <= halfWidth[i]).count();
        }
    }

    private ClosedLoop() {}

    /** What the animal's readout was in the decision bins of a trial; NaN if it is not known. */
    public static double observed(ObservedTrial trial) {
        boolean behaves = trial.behavior().length > 0;
        float[] of = behaves ? trial.behavior() : trial.kappa();
        int columns = of.length / trial.bins();
        double sum = 0;
        int count = 0;
        for (int t = trial.decisionStart(); t < trial.bins(); t++) {
            float value = of[t * columns];
            if (!Float.isNaN(value)) {
                sum += value;
                count++;
            }
        }
        return sum / count;
    }

    /**
     * Each intervention that perturbed a trial whose readout is known, in the order of its first; the newest
     * {@value #INTERVENTIONS} of them. None before there are {@value IntactTrials#MATCHED} intact trials.
     */
    public static List<Outcome> of(IntactTrials intact, List<ObservedTrial> perturbed, Prediction prediction) {
        if (!intact.suffice()) {
            return List.of();
        }
        Map<List<Object>, List<ObservedTrial>> interventions = new LinkedHashMap<>();
        for (ObservedTrial trial : perturbed) {
            if (!Double.isNaN(observed(trial))) {
                ObservedTrial.Perturbation what = trial.perturbation();
                interventions
                        .computeIfAbsent(List.of(what.intervention(), Arrays.hashCode(what.neurons()), what.from()),
                                key -> new ArrayList<>())
                        .add(trial);
            }
        }
        return interventions.values().stream().skip(Math.max(0, interventions.size() - INTERVENTIONS))
                .map(trials -> outcome(trials, intact, prediction)).toList();
    }

    private static Outcome outcome(List<ObservedTrial> trials, IntactTrials intact, Prediction prediction) {
        int count = trials.size();
        // A trial that ended early ended the silencing, too.
        ObservedTrial.Perturbation what = trials.stream().map(ObservedTrial::perturbation)
                .max(Comparator.comparingInt(ObservedTrial.Perturbation::to)).orElseThrow();
        Pair pair = prediction.perturbed(trials, what);
        double[] without = pair.without;
        double[] with = pair.with;
        double[] predicted = new double[count];
        double[] observed = new double[count];
        int agreeing = 0;
        for (int i = 0; i < count; i++) {
            double readout = observed(trials.get(i));
            predicted[i] = with[i] - without[i];
            observed[i] = readout - intact.matched(without[i]);
            agreeing += Math.signum(with[i]) == Math.signum(readout) ? 1 : 0;
        }
        double[] halfWidth = new double[count];
        double[] deviations = prediction.deviations(trials, predicted);
        IntervalWidth width = new IntervalWidth(intact.halfWidth(LEVEL), pair.size);
        for (int i = 0; i < count; i++) {
            halfWidth[i] = width.of(deviations[i]);
            width.missedBy(observed[i] - predicted[i]);
        }
        return new Outcome(what.intervention(), what.neurons(),
                trials.stream().mapToLong(ObservedTrial::trial).toArray(), predicted, halfWidth, observed,
                count < FEWEST ? Double.NaN : new PearsonsCorrelation().correlation(predicted, observed),
                count < FEWEST ? Double.NaN : r2(predicted, observed), (double) agreeing / count);
    }

    private static double r2(double[] predicted, double[] observed) {
        double mean = Arrays.stream(observed).average().orElseThrow();
        double error = 0;
        double total = 0;
        for (int i = 0; i < observed.length; i++) {
            error += (observed[i] - predicted[i]) * (observed[i] - predicted[i]);
            total += (observed[i] - mean) * (observed[i] - mean);
        }
        return total == 0 ? Double.NaN : 1 - error / total;
    }
}
