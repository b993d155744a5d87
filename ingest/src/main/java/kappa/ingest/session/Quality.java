package kappa.ingest.session;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The prequential scores that a snapshot carries: each trial was scored before anything was learned from it.
 *
 * @param unit "bits/spike" or "r2"
 * @param firstTrial the trial that the lists begin with
 * @param oneStep score of each trial, one bin ahead, NaN where there was nothing to score; owned by this record, not to be
 *        written to
 * @param freeRun score of each trial from its start, given only the inputs; likewise
 * @param smoothed score of each neuron's smoothed activity in the same trials, NaN where it was not scored; empty in older
 *        sessions; likewise
 * @param warnings what makes the scores wrong, one line each
 */
public record Quality(String unit, long firstTrial, double[] oneStep, double[] freeRun, double[] smoothed,
        List<String> warnings) {

    public static final Quality NONE = new Quality("", 0, new double[0], new double[0], new double[0], List.of());

    private static final String DO_NOT_TRUST = "do not trust kappa yet";

    /** Trials, or stretches of a session without trials, that were learned from. */
    public long trialsLearned() {
        return firstTrial + oneStep.length;
    }

    /** Mean one-step score of the newest {@code trials}, those left out that had nothing to score; NaN without any. */
    public double newestMean(int trials) {
        return Arrays.stream(oneStep, Math.max(0, oneStep.length - trials), oneStep.length)
                .filter(score -> !Double.isNaN(score)).average().orElse(Double.NaN);
    }

    /**
     * What keeps these scores from meaning anything, one line each; empty where nothing does. The only place that says so.
     *
     * @param inputs number of the network's input channels
     */
    public List<String> doubts(int inputs) {
        if (trialsLearned() == 0) {
            return List.of();
        }
        if (trialsLearned() == 1) {
            return List
                    .of("one trial: nothing was scored, because a trial is scored by what was learned of those before"
                            + " it");
        }
        if (Double.isNaN(late(oneStep, 0))) {
            return List.of(nothingScored(!unit.equals("r2")));
        }
        // Later trials only: at first nobody knows anything.
        int from = oneStep.length / 2;
        double mean = late(oneStep, from);
        double ahead = late(IntStream.range(0, Math.min(oneStep.length, smoothed.length))
                .mapToDouble(trial -> oneStep[trial] - smoothed[trial]).toArray(), from);
        List<String> doubts = new ArrayList<>();
        if (ahead < 0) {
            doubts.add(String.format(Locale.ROOT,
                    "the one-step score of the second half, %.3f %s, is below that of the smoothed rate by %.3f: ",
                    mean,
                    unit, -ahead) + DO_NOT_TRUST);
        } else if (mean < 0) {
            doubts.add(String.format(Locale.ROOT,
                    "the one-step score of the second half, %.3f %s, is below that of the mean rate: ", mean, unit)
                    + DO_NOT_TRUST);
        }
        if (inputs == 0) {
            // With inputs a free run may fail at first while the filter is good.
            freeRunDoubt(late(freeRun, from), inputs).ifPresent(doubts::add);
        }
        return doubts;
    }

    /** Mean from a trial on, without the session's first one and those that had nothing to score; NaN if none is left. */
    private double late(double[] scores, int from) {
        return Arrays.stream(scores).skip(Math.max(from, firstTrial == 0 ? 1 : 0)).filter(score -> !Double.isNaN(score))
                .average().orElse(Double.NaN);
    }

    /**
     * What is to be said of a free run over a whole session, in the same words.
     *
     * @param score bits per spike or R2, NaN if nothing was scored
     * @param inputs number of the network's input channels
     */
    public static List<String> doubtsOfFreeRun(double score, int inputs, boolean counts) {
        return Double.isNaN(score) ? List.of(nothingScored(counts)) : freeRunDoubt(score, inputs).stream().toList();
    }

    private static Optional<String> freeRunDoubt(double score, int inputs) {
        return !(score < 0)
                ? Optional.empty()
                : Optional.of(inputs == 0
                        ? "the session has no inputs, and the free run explains less than the mean"
                        : "the free run explains less than the mean: " + DO_NOT_TRUST);
    }

    private static String nothingScored(boolean counts) {
        return counts
                ? "no spike in the session: nothing was scored"
                : "nothing varies in the session: nothing was scored";
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
        out.put("smoothed_mean", smoothed.length == 0 ? null : mean(smoothed));
        return out;
    }

    /**
     * Without the session's first trial: nothing was known before it, so its score is 0 by definition; and without trials that
     * had nothing to score.
     */
    private double mean(double[] scores) {
        double mean = late(scores, 0);
        return Double.isNaN(mean) ? 0 : mean;
    }

    /** A trial that had nothing to score is null. */
    private static List<Double> numbers(double[] scores) {
        return Arrays.stream(scores).mapToObj(score -> Double.isNaN(score) ? null : score).toList();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Quality o && unit.equals(o.unit) && firstTrial == o.firstTrial
                && Arrays.equals(oneStep, o.oneStep) && Arrays.equals(freeRun, o.freeRun)
                && Arrays.equals(smoothed, o.smoothed)
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
