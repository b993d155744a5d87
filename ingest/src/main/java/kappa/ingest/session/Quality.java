package kappa.ingest.session;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The prequential scores that a snapshot carries: each trial was scored before anything was learned from it.
 *
 * @param unit "bits/spike" or "r2"
 * @param firstTrial the trial that the lists begin with
 * @param oneStep score of each trial, one bin ahead, NaN where there was nothing to score; owned by this record, not to be
 *        written to
 * @param freeRun score of each trial from its start, given only the inputs; likewise
 * @param warnings what makes the scores wrong, one line each
 */
public record Quality(String unit, long firstTrial, double[] oneStep, double[] freeRun, List<String> warnings) {

    public static final Quality NONE = new Quality("", 0, new double[0], new double[0], List.of());

    /** Trials, or stretches of a session without trials, that were learned from. */
    public long trialsLearned() {
        return firstTrial + oneStep.length;
    }

    /** Mean one-step score of the newest {@code trials}, those left out that had nothing to score; NaN without any. */
    public double newestMean(int trials) {
        return Arrays.stream(oneStep, Math.max(0, oneStep.length - trials), oneStep.length)
                .filter(score -> !Double.isNaN(score)).average().orElse(Double.NaN);
    }

    /** The figures of {@code --json}. */
    public Map<String, Object> figures() {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("unit", unit);
        out.put("first_trial", firstTrial);
        out.put("per_trial", numbers(oneStep));
        out.put("mean", mean(oneStep));
        out.put("free_run_per_trial", numbers(freeRun));
        out.put("free_run_mean", mean(freeRun));
        return out;
    }

    /**
     * Without the session's first trial: nothing was known before it, so its score is 0 by definition; and without trials that
     * had nothing to score.
     */
    private double mean(double[] scores) {
        return Arrays.stream(scores).skip(firstTrial == 0 ? 1 : 0).filter(score -> !Double.isNaN(score)).average()
                .orElse(0);
    }

    /** A trial that had nothing to score is null. */
    private static List<Double> numbers(double[] scores) {
        return Arrays.stream(scores).mapToObj(score -> Double.isNaN(score) ? null : score).toList();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Quality o && unit.equals(o.unit) && firstTrial == o.firstTrial
                && Arrays.equals(oneStep, o.oneStep) && Arrays.equals(freeRun, o.freeRun)
                && warnings.equals(o.warnings);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(oneStep);
    }

    @Override
    public String toString() {
        return unit + " from trial " + firstTrial + ": " + Arrays.toString(oneStep);
    }
}
