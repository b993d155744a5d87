package kappa.dashboards.report;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kappa.analysis.NetworkAnalysis;
import kappa.analysis.PhasePortrait;
import kappa.analysis.dynamics.FixedPoint;
import kappa.analysis.inactivation.Effect;
import kappa.analysis.inactivation.TaskConditions;
import kappa.fitting.offline.RankSelection;

/** What figures mean, in one or two sentences for the end of a command. Stateless. */
public final class Verdict {

    /** Of a normal distribution, 95 % lie within so many standard deviations. */
    private static final double TWO_SIDED_95 = 1.96;
    private static final String R2 = "r2";
    private static final int MOST_INPUTS = 3;
    private static final int ONE_IN_TWENTY = 19;

    private Verdict() {}

    /**
     * How well a fit predicts, and whether simpler models do as well: the best of them is compared trial by trial, with a 95 %
     * interval over trials (neighbouring trials are taken as independent).
     *
     * @param oneStep score of each trial, NaN where there is none
     * @param baselines scores of simpler models by their names; may be none
     */
    public static String fit(String unit, int rank, List<Double> oneStep, double freeRun,
            Map<String, List<Double>> baselines) {
        double own = mean(later(oneStep));
        if (Double.isNaN(own)) {
            return "Nothing was scored, so these figures do not say whether rank " + rank + " is good.";
        }
        Optional<Map.Entry<String, List<Double>>> best = baselines.entrySet().stream()
                .filter(entry -> !Double.isNaN(mean(later(entry.getValue()))))
                .max(Comparator.comparingDouble(entry -> mean(later(entry.getValue()))));
        if (best.isPresent() && oneStep.size() > 2) {
            return compared(unit, rank, oneStep, best.get());
        }
        return own < 0
                ? "One bin ahead, rank " + rank + " predicts worse than each neuron's mean: " + score(own, unit)
                        + ". κ means little here."
                : "One bin ahead, rank " + rank + " " + gain(own, unit) + "; in free run " + score(freeRun, unit)
                        + (baselines.isEmpty()
                                ? ". ./kappa fit --baselines says whether simpler models do as well."
                                : ".");
    }

    private static String compared(String unit, int rank, List<Double> own, Map.Entry<String, List<Double>> best) {
        double[] ahead = IntStream.range(1, own.size()).mapToDouble(t -> own.get(t) - best.getValue().get(t))
                .filter(difference -> !Double.isNaN(difference)).toArray();
        double mean = IntStream.range(0, ahead.length).mapToDouble(t -> ahead[t]).average().orElse(Double.NaN);
        double squares = IntStream.range(0, ahead.length).mapToDouble(t -> (ahead[t] - mean) * (ahead[t] - mean)).sum();
        double half = TWO_SIDED_95 * Math.sqrt(squares / Math.max(1, ahead.length - 1) / Math.max(1, ahead.length));
        String interval = String.format(Locale.ROOT, "%s [%.3f, %.3f]", score(Math.abs(mean), unit),
                Math.copySign(1, mean) < 0 ? -(mean + half) : mean - half,
                Math.copySign(1, mean) < 0 ? -(mean - half) : mean + half);
        String name = best.getKey() + ", the best of the simpler models";
        if (mean - half > 0) {
            return "Rank " + rank + " beats " + name + ", by " + interval + " over trials 2 to " + own.size() + ".";
        }
        return mean + half < 0
                ? "Rank " + rank + " is behind " + name + ", by " + interval
                        + ": this session does not ask for a recurrent network of this rank."
                : "Rank " + rank + " cannot be told from " + name + ": the difference is " + interval + ".";
    }

    /** Which rank to take, and whether more should be tried. */
    public static String ranks(RankSelection selection) {
        List<Integer> tried = selection.ranks().stream().map(RankSelection.RankScore::rank).toList();
        int recommended = selection.recommended();
        int largest = tried.getLast();
        String take = "Take rank " + recommended + ": no larger rank that was tried predicts better beyond its error.";
        return recommended == largest
                ? "Rank " + recommended + " is the best and the largest that was tried: try more, such as --ranks "
                        + recommended + "-" + (recommended + 3) + "."
                : take;
    }

    /**
     * What a free run explains.
     *
     * @param psth R² of averages over trials
     * @param coSmoothing bits per spike of neurons that it was not shown
     */
    public static String evaluation(double r2, Optional<Double> bitsPerSpike, Optional<Double> psth,
            Optional<Double> coSmoothing) {
        double score = bitsPerSpike.orElse(r2);
        String single = r2 < 0
                ? "In free run, the network explains less of single bins than each neuron's mean"
                : "In free run, the network explains " + percent(r2) + " of the variance of single bins";
        String spikes = bitsPerSpike
                .map(bits -> bits < 0
                        ? ", and its rates predict spikes worse than constant ones"
                        : ", and a spike is " + score(bits, "bits/spike")
                                + " less of a surprise than by constant rates")
                .orElse("");
        String averages = psth.filter(of -> of >= 0).map(of -> "; of averages over trials it explains " + percent(of))
                .orElse("");
        String unseen = coSmoothing.map(bits -> bits > 0
                ? ". From the other neurons it predicts held-out ones " + score(bits, "bits/spike")
                        + " better than constant rates"
                : ". Held-out neurons it predicts no better than constant rates").orElse("");
        return single + spikes + averages + unseen + (score < 0 ? ". Do not trust its dynamics." : ".");
    }

    /** The dynamics without input, what inputs change, and the populations. */
    public static String analysis(NetworkAnalysis analysis) {
        return dynamics(analysis) + analysis.populations().map(found -> found.populations().size() == 1
                ? " Populations: no evidence of more than one."
                : " Populations: " + found.populations().size() + ".").orElse("");
    }

    /**
     * How many statements of the papers hold.
     *
     * @param differing names of the items with statements that do not
     */
    public static String reproduced(long agreeing, long findings, List<String> differing) {
        return agreeing == findings
                ? "All " + findings + " rows agree with the papers."
                : agreeing + " of " + findings + " rows agree with the papers; the others are in "
                        + String.join(", ", differing) + ", with the reason.";
    }

    /** How well a network does a task. */
    public static String task(String name, double accuracy) {
        return String.format(Locale.ROOT, "On fresh trials of the task %s it is right in %.1f %%.", name,
                100 * accuracy);
    }

    /** The dynamics without input, and what inputs change. */
    static String dynamics(NetworkAnalysis analysis) {
        PhasePortrait rest = analysis.portraits().getFirst();
        String changed = analysis.portraits().stream().skip(1).filter(one -> !described(one).equals(described(rest)))
                .map(one -> one.input() + ": " + described(one)).limit(MOST_INPUTS).collect(Collectors.joining("; "));
        return "Without input: " + described(rest) + "."
                + (analysis.portraits().size() == 1
                        ? ""
                        : changed.isEmpty() ? " No input changes that." : " With " + changed + ".");
    }

    private static String described(PhasePortrait portrait) {
        List<FixedPoint> points = portrait.fixedPoints().points();
        long stable = points.stream().filter(point -> point.type().name().startsWith("STABLE")).count();
        long others = points.size() - stable;
        long cycles = portrait.orbits().cycles().size();
        return Stream.of(count(stable, "stable fixed point"), others == 0 ? "" : count(others, "unstable one"),
                cycles == 0 ? "" : count(cycles, "limit cycle")).filter(part -> !part.isEmpty())
                .collect(Collectors.joining(", "));
    }

    private static String count(long number, String what) {
        return (number == 0 ? "no" : Long.toString(number)) + " " + what + (number == 1 ? "" : "s");
    }

    /** A set of neurons, how many they are and how much silencing them changes the readout. */
    public record Change(String name, int size, boolean random, double change) {}

    /** Whether sets do more than random sets of the same size, and how easily chance makes them do so. */
    public static String silencing(List<Change> changes) {
        List<String> special = changes.stream().filter(set -> !set.random())
                .filter(set -> !others(set, changes).isEmpty()
                        && others(set, changes).stream().allMatch(other -> set.change() > other.change()))
                .map(set -> String.format(Locale.ROOT, "%s (%.2f)", set.name(), set.change())).toList();
        int random = changes.stream().filter(set -> !set.random()).mapToInt(set -> others(set, changes).size()).max()
                .orElse(0);
        if (random == 0) {
            return "No random sets were silenced, so it is open whether these sets are special; see --random.";
        }
        if (special.isEmpty()) {
            return "No set changes the readout more than " + (random == 1
                    ? "the random set"
                    : "all " + random
                            + " random sets")
                    + " of its size: which neurons are silenced does not matter here.";
        }
        return "More than " + (random == 1 ? "the random set" : "each of " + random + " random sets")
                + " of their size change the readout: " + String.join(", ", special) + "."
                + (random >= ONE_IN_TWENTY
                        ? ""
                        : " By chance one set in " + (random + 1) + " does so; --random " + ONE_IN_TWENTY
                                + " makes that one in " + (ONE_IN_TWENTY + 1) + ".");
    }

    /**
     * What silencing a set does to the choices in each context.
     *
     * @param accuracy by the context's name; not empty
     */
    public static String choices(String set, Map<String, Effect.Accuracy> accuracy) {
        return "Without " + set + ", right choices "
                + accuracy.entrySet().stream().sorted(Map.Entry.comparingByKey())
                        .map(entry -> String.format(Locale.ROOT,
                                "%sgo from %s to %s",
                                entry.getKey().equals(TaskConditions.ALL) ? "" : "in " + entry.getKey() + " ",
                                percent(entry.getValue().intact()), percent(entry.getValue().silenced())))
                        .collect(Collectors.joining(", "))
                + ".";
    }

    /** The random sets to compare a set with. */
    private static List<Change> others(Change set, List<Change> changes) {
        return changes.stream().filter(other -> other.random() && other.size() == set.size()).toList();
    }

    /**
     * How well predictions agree with what happened.
     *
     * @param r2 of the change of the readout, of each set
     * @param agreement share of choices that agree, of each set; NaN where there is none
     */
    public static String verified(List<Double> r2, List<Double> agreement) {
        double middle = median(r2);
        double choices = median(agreement);
        return String.format(Locale.ROOT, middle > 0
                ? "Predicted and true change of the readout agree with a median R² of %.2f over %s%s."
                : "The true change of the readout is not the predicted one: the median R² is %.2f over %s%s.",
                middle,
                r2.size() == 1 ? "one set" : r2.size() + " sets",
                Double.isNaN(choices)
                        ? ""
                        : String.format(Locale.ROOT, "; %.0f %% of the choices agree", 100 * choices));
    }

    private static double median(List<Double> values) {
        double[] known = values.stream().mapToDouble(value -> value).filter(Double::isFinite).sorted().toArray();
        return known.length == 0 ? Double.NaN : known[known.length / 2];
    }

    private static List<Double> later(List<Double> scores) {
        return scores.subList(Math.min(1, scores.size()), scores.size());
    }

    private static double mean(List<Double> scores) {
        return scores.stream().filter(score -> !score.isNaN()).mapToDouble(score -> score).average()
                .orElse(Double.NaN);
    }

    private static String gain(double score, String unit) {
        return unit.equals(R2)
                ? "explains " + percent(score) + " of the variance"
                : "predicts " + score(score, unit) + " better than each neuron's constant rate";
    }

    private static String score(double score, String unit) {
        return unit.equals(R2)
                ? String.format(Locale.ROOT, "R² %.3f", score)
                : String.format(Locale.ROOT, "%.3f %s", score, unit);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.0f %%", 100 * share);
    }
}
