package kappa.dashboards.web;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import kappa.analysis.inactivation.ClosedLoop;
import kappa.analysis.inactivation.InactivationResult;
import kappa.analysis.inactivation.InactivationResult.CarriedOut;
import kappa.analysis.inactivation.InactivationResult.ConditionEffect;
import kappa.analysis.inactivation.InactivationResult.SetEffect;
import kappa.analysis.inactivation.InactivationResult.Traces;

/**
 * What a frame says of silencing: what it would do, and what it did.
 *
 * @param set name of the set whose traces follow; null if none were asked for
 * @param carried the newest interventions that the rig has carried out
 */
record InactivationsPart(long modelVersion, long binsLearned, int trials, String readout, double readoutR2,
        List<Change> sets, String set, List<Condition> conditions, List<Carried> carried) {

    /** Points of a trace over a trial. */
    static final int SHOWN_BINS = 200;
    /** Interventions whose trials are shown, the newest. */
    static final int SHOWN_CARRIED = 8;
    /** Perturbed trials of one intervention that are shown, the newest. */
    static final int SHOWN_TRIALS = 500;

    /** @param randomSets number of random sets of as many neurons that {@code randomChange} is the mean of */
    record Change(String name, int size, double change, double changeSd, int randomSets, double randomChange,
            double randomChangeSd) {}

    /**
     * The effect in trials with similar inputs.
     *
     * @param every each so many-th bin is in the traces
     * @param intact the readout, then kappa's dimensions
     */
    record Condition(String name, int trials, int every, double positiveIntact, double positiveSilenced,
            double correctIntact, double correctSilenced, List<double[]> intact, List<double[]> silenced) {}

    /**
     * @param trials how many trials were perturbed; the newest are in the arrays
     * @param inside in how many of all the observed change lies within the predicted interval; -1 if the record holds none
     * @param halfWidth of the intervals
     */
    record Carried(String intervention, String name, int size, int trials, double correlation, double r2,
            double choiceAgreement, int inside, double[] predicted, double[] halfWidth, double[] observed) {}

    /**
     * @param chosen name of the set whose traces are wanted, empty for the first; null for none
     * @param requested name of the set that a request asked for by the request's id, or empty
     */
    static InactivationsPart of(InactivationResult result, String chosen, UnaryOperator<String> requested) {
        SetEffect shown = chosen == null
                ? null
                : result.sets().stream().filter(of -> of.set().name().equals(chosen))
                        .findFirst().orElse(result.sets().isEmpty() ? null : result.sets().getFirst());
        List<CarriedOut> carried = result.carriedOut();
        return new InactivationsPart(result.snapshot().version(), result.snapshot().binsLearned(), result.trials(),
                result.readout(), result.readoutR2(),
                result.sets().stream().map(InactivationsPart::change).toList(),
                shown == null ? null : shown.set().name(),
                shown == null ? null : shown.conditions().stream().map(InactivationsPart::condition).toList(),
                carried.subList(Math.max(0, carried.size() - SHOWN_CARRIED), carried.size()).stream()
                        .map(of -> carried(of, requested)).toList());
    }

    private static Change change(SetEffect of) {
        return new Change(of.set().name(), of.set().size(), of.change(), of.changeDeviation(), of.random().sets(),
                of.random().change(), of.random().deviation());
    }

    private static Condition condition(ConditionEffect effect) {
        int bins = effect.intact().readout().length;
        int every = Math.max(1, (bins + SHOWN_BINS - 1) / SHOWN_BINS);
        return new Condition(effect.name(), effect.trials(), every, effect.positive().intact(),
                effect.positive().silenced(), effect.correct().intact(), effect.correct().silenced(),
                traces(effect.intact(), bins, every), traces(effect.silenced(), bins, every));
    }

    private static List<double[]> traces(Traces traces, int bins, int every) {
        List<double[]> all = new ArrayList<>();
        all.add(column(traces.readout(), 1, 0, bins, every));
        int rank = bins == 0 ? 0 : traces.kappa().length / bins;
        for (int k = 0; k < rank; k++) {
            all.add(column(traces.kappa(), rank, k, bins, every));
        }
        return all;
    }

    /** Column k of a flat [T,columns]; NaN beyond its end. */
    private static double[] column(double[] flat, int columns, int k, int bins, int every) {
        return IntStream.range(0, bins).filter(t -> t % every == 0)
                .mapToDouble(t -> t * columns + k < flat.length ? flat[t * columns + k] : Double.NaN).toArray();
    }

    private static Carried carried(CarriedOut carried, UnaryOperator<String> requested) {
        ClosedLoop.Outcome outcome = carried.outcome();
        int points = Math.min(outcome.predicted().length, outcome.observed().length);
        int first = Math.max(0, points - SHOWN_TRIALS);
        // The set may be none of today's; the request says what it was.
        String name = requested.apply(outcome.intervention());
        return new Carried(outcome.intervention(), name.isEmpty() ? carried.name() : name, outcome.neurons().length,
                outcome.trials().length,
                outcome.correlation(), outcome.r2(), outcome.choiceAgreement(),
                outcome.halfWidth().length == outcome.observed().length ? outcome.inside() : -1,
                Arrays.copyOfRange(outcome.predicted(), first, points),
                outcome.halfWidth().length < points
                        ? new double[0]
                        : Arrays.copyOfRange(outcome.halfWidth(), first, points),
                Arrays.copyOfRange(outcome.observed(), first, points));
    }
}
