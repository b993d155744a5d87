package kappa.dashboards.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import kappa.fitting.offline.RankSelection;

/** Prequential scores as pictures. Stateless. */
final class ScoreFigures {

    /** A running mean takes this share of the trials. */
    private static final double SHARE = 0.1;
    private static final double TWO_SIDED_95 = 1.96;

    private ScoreFigures() {}

    /** Running means over the trials, each up to its trial. */
    static SvgPlot byTrial(String unit, Map<String, List<Double>> scores) {
        int trials = scores.values().iterator().next().size();
        int window = Math.max(1, (int) Math.round(SHARE * trials));
        List<double[]> means = scores.values().stream().map(one -> running(one, window)).toList();
        double high = means.stream().flatMapToDouble(Arrays::stream).filter(Double::isFinite).max().orElse(1);
        double low = means.stream().flatMapToDouble(Arrays::stream).filter(Double::isFinite).min().orElse(0);
        // A free run of the first models may fail beyond all measure.
        SvgPlot plot = new SvgPlot("Score of each trial before it was learned from",
                "trial (mean of the last " + window + ")",
                unit, 1, trials, high > 0 ? Math.max(low, -high) : low, high + 0.05 * Math.abs(high));
        double[] axis = IntStream.rangeClosed(1, trials).mapToDouble(t -> t).toArray();
        int colour = 0;
        for (String name : scores.keySet()) {
            String own = SvgPlot.COLOURS.get(colour % SvgPlot.COLOURS.size());
            boolean again = colour >= SvgPlot.COLOURS.size();
            plot.series(name).line(axis, means.get(colour), own, again, colour == 0 ? 2.2 : 1.3).entry(name, own);
            colour++;
        }
        return plot;
    }

    private static double[] running(List<Double> scores, int window) {
        double[] means = new double[scores.size()];
        for (int t = 0; t < means.length; t++) {
            // The first trial has no score of its own.
            means[t] = t == 0
                    ? Double.NaN
                    : scores.subList(Math.max(1, t + 1 - window), t + 1).stream().filter(score -> !score.isNaN())
                            .mapToDouble(score -> score).average().orElse(Double.NaN);
        }
        return means;
    }

    /** Means over trials 2 to the end, with 95 % intervals over trials. */
    static SvgPlot means(String unit, Map<String, List<Double>> scores) {
        List<String> names = List.copyOf(scores.keySet());
        List<double[]> each = scores.values().stream().map(ScoreFigures::interval).toList();
        double low = each.stream().mapToDouble(one -> one[1]).filter(Double::isFinite).min().orElse(0);
        double high = each.stream().mapToDouble(one -> one[2]).filter(Double::isFinite).max().orElse(1);
        double margin = 0.06 * (high - Math.min(0, low));
        SvgPlot plot = SvgPlot.ofRows("Mean score over trials 2 to the end, 95 % interval", unit, names,
                Math.min(0, low) - margin, high + margin);
        for (int i = 0; i < names.size(); i++) {
            String colour = SvgPlot.COLOURS.get(i == 0 ? 0 : 1);
            double[] one = each.get(i);
            plot.series(names.get(i) + ", interval").line(new double[]{one[1], one[2]}, new double[]{i, i}, colour,
                    false, 2);
            plot.dot(one[0], i, colour, 4.5, names.get(i));
        }
        return plot;
    }

    /** Mean, and the ends of its interval. */
    private static double[] interval(List<Double> scores) {
        double[] known = scores.stream().skip(1).filter(score -> !score.isNaN()).mapToDouble(score -> score).toArray();
        double mean = Arrays.stream(known).average().orElse(Double.NaN);
        double squares = Arrays.stream(known).map(score -> (score - mean) * (score - mean)).sum();
        double half = TWO_SIDED_95 * Math.sqrt(squares / Math.max(1, known.length - 1) / Math.max(1, known.length));
        return new double[]{mean, mean - half, mean + half};
    }

    /** Score by rank with its standard error, the recommended one marked. */
    static SvgPlot ranks(String unit, RankSelection selection) {
        List<RankSelection.RankScore> all = selection.ranks();
        List<Double> ends = new ArrayList<>();
        all.stream().filter(one -> Double.isFinite(one.se()))
                .forEach(one -> ends.addAll(List.of(one.mean() - one.se(), one.mean() + one.se())));
        double low = ends.stream().mapToDouble(x -> x).min().orElse(0);
        double high = ends.stream().mapToDouble(x -> x).max().orElse(1);
        double[] ranks = all.stream().mapToDouble(RankSelection.RankScore::rank).toArray();
        SvgPlot plot = new SvgPlot("Score by rank \u00b1 standard error, second half", "rank", unit, ranks[0] - 0.4,
                ranks[ranks.length - 1] + 0.4, low - 0.1 * (high - low), high + 0.1 * (high - low)).ticksAt(ranks);
        plot.series("mean").line(ranks, all.stream().mapToDouble(RankSelection.RankScore::mean).toArray(),
                SvgPlot.COLOURS.get(0), false, 1.5);
        for (RankSelection.RankScore one : all) {
            String colour = SvgPlot.COLOURS.get(one.rank() == selection.recommended() ? 1 : 0);
            plot.series("standard error").line(new double[]{one.rank(), one.rank()},
                    DoubleStream.of(one.mean() - one.se(), one.mean() + one.se()).toArray(), colour, false, 2);
            plot.dot(one.rank(), one.mean(), colour, 4.5,
                    one.rank() == selection.recommended() ? "recommended" : "rank");
        }
        return plot.entry("recommended", SvgPlot.COLOURS.get(1));
    }
}
