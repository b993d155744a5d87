package kappa.dashboards.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kappa.fitting.evaluation.ConditionAverages;
import kappa.fitting.model.Network;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;

/** Kappa and rates averaged over the trials of each condition, as pictures. Stateless. */
final class ConditionFigures {

    private static final int MOST_LATENTS = 3;
    private static final int NEURONS = 3;
    /** A mean goes on as long as this share of the trials does. */
    private static final double LASTING = 0.5;

    /** [T,K] each, over the trials of a group. */
    record Mean(String name, double[] mean, double[] error) {}

    private ConditionFigures() {}

    /** @param latents [T,K] of each trial */
    static List<Mean> means(List<float[]> latents, List<TrialGroups.Group> groups) {
        return groups.stream().map(group -> mean(group, latents)).toList();
    }

    private static Mean mean(TrialGroups.Group group, List<float[]> latents) {
        int[] lengths = group.trials().stream().mapToInt(trial -> latents.get(trial).length).sorted().toArray();
        int length = lengths[(int) (LASTING * (lengths.length - 1))];
        double[] mean = new double[length];
        double[] error = new double[length];
        for (int at = 0; at < length; at++) {
            int i = at;
            double[] values = group.trials().stream().map(latents::get).filter(trial -> trial.length > i)
                    .mapToDouble(trial -> trial[i]).toArray();
            double own = Arrays.stream(values).average().orElse(Double.NaN);
            double squares = Arrays.stream(values).map(value -> (value - own) * (value - own)).sum();
            mean[at] = own;
            error[at] = values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1) / values.length);
        }
        return new Mean(group.name(), mean, error);
    }

    /** Kappa against time, one picture for each of the first latent variables, with the standard error over trials. */
    static List<SvgPlot> latents(List<Mean> means, int rank, double binWidth) {
        List<SvgPlot> figures = new ArrayList<>();
        int longest = means.stream().mapToInt(one -> one.mean.length / rank).max().orElse(1);
        for (int k = 0; k < Math.min(MOST_LATENTS, rank); k++) {
            int row = k;
            double low = means.stream().flatMapToDouble(one -> Arrays.stream(column(one.mean, rank, row))).min()
                    .orElse(0);
            double high = means.stream().flatMapToDouble(one -> Arrays.stream(column(one.mean, rank, row))).max()
                    .orElse(1);
            double margin = 0.08 * (high - low);
            SvgPlot plot = new SvgPlot("\u03ba" + (k + 1) + " by condition, mean \u00b1 standard error",
                    "s of the trial",
                    "\u03ba" + (k + 1), 0, longest * binWidth, low - margin, high + margin);
            for (int g = 0; g < means.size(); g++) {
                String colour = SvgPlot.COLOURS.get(g);
                double[] mean = column(means.get(g).mean, rank, k);
                double[] error = column(means.get(g).error, rank, k);
                double[] time = time(mean.length, binWidth);
                plot.series(means.get(g).name + ", mean \u00b1 standard error").band(time, mean, error, colour);
                plot.series(means.get(g).name).line(time, mean, colour, false, 1.8).entry(means.get(g).name, colour);
            }
            figures.add(plot);
        }
        return figures;
    }

    /** The plane of the first two latent variables, on a portrait of the flow or on none; a dot is where a trial begins. */
    static SvgPlot plane(List<Mean> means, int rank, SvgPlot on) {
        for (int g = 0; g < means.size(); g++) {
            String colour = SvgPlot.COLOURS.get(g);
            double[] x = column(means.get(g).mean, rank, 0);
            double[] y = column(means.get(g).mean, rank, 1);
            on.series(means.get(g).name).line(x, y, colour, false, 2.2).entry(means.get(g).name, colour);
            on.dot(x[0], y[0], colour, 4, means.get(g).name + ", start");
        }
        return on;
    }

    /** Axes for {@link #plane} where there is no portrait. */
    static SvgPlot axes(List<Mean> means, int rank) {
        double reach = means.stream().flatMapToDouble(one -> IntStream.range(0, one.mean.length)
                .filter(at -> at % rank < 2).mapToDouble(at -> Math.abs(one.mean[at]))).max().orElse(1);
        return new SvgPlot("\u03ba1 and \u03ba2 by condition", "\u03ba1", "\u03ba2", -1.1 * reach, 1.1 * reach,
                -1.1 * reach,
                1.1 * reach);
    }

    /** Observed means of the neurons that vary most across conditions and time, and what the network's free run predicts. */
    static List<SvgPlot> activity(Network network, Recording driven, List<TrialGroups.Group> groups) {
        int neurons = driven.neurons();
        List<ConditionAverages> averages = groups.stream()
                .map(group -> ConditionAverages.of(network, driven, group.trials())).toList();
        double[] variance = IntStream.range(0, neurons).mapToDouble(i -> variance(averages, i, neurons)).toArray();
        return IntStream.range(0, neurons).boxed().sorted(Comparator.comparingDouble(i -> -variance[i])).limit(NEURONS)
                .map(i -> neuron(driven, groups, averages, i, network.gain())).toList();
    }

    private static double variance(List<ConditionAverages> averages, int neuron, int neurons) {
        double[] all = averages.stream().flatMapToDouble(one -> Arrays.stream(column(one.observed(), neurons, neuron)))
                .filter(Double::isFinite).toArray();
        double mean = Arrays.stream(all).average().orElse(0);
        return Arrays.stream(all).map(value -> (value - mean) * (value - mean)).average().orElse(0);
    }

    private static SvgPlot neuron(Recording driven, List<TrialGroups.Group> groups, List<ConditionAverages> averages,
            int neuron, float[] gains) {
        int neurons = driven.neurons();
        double width = driven.binWidthSeconds();
        boolean counts = driven.observation() == Observation.COUNTS;
        // Spikes a second; a gain that the network does not bring along is the one that fits the mean.
        double unit = counts ? 1 / width : 1;
        List<double[]> observed = averages.stream().map(one -> scaled(column(one.observed(), neurons, neuron), unit))
                .toList();
        List<double[]> free = averages.stream().map(one -> scaled(column(one.predicted(), neurons, neuron),
                unit * (counts && gains.length > 0 ? gains[neuron] : 1))).toList();
        double factor = counts && gains.length == 0 ? mean(observed) / mean(free) : 1;
        List<double[]> predicted = free.stream().map(one -> scaled(one, factor)).toList();
        double low = low(observed, predicted);
        double high = -low(observed.stream().map(one -> scaled(one, -1)).toList(),
                predicted.stream().map(one -> scaled(one, -1)).toList());
        int longest = observed.stream().mapToInt(one -> one.length).max().orElse(1);
        String name = driven.describe().neurons().get(neuron);
        SvgPlot plot = new SvgPlot("Neuron " + name + ": observed, and free run (dashed)", "s of the trial",
                counts ? "spikes/s" : driven.observation().name().toLowerCase(Locale.ROOT), 0, longest * width, low,
                high + 0.06 * (high - low));
        for (int g = 0; g < groups.size(); g++) {
            String colour = SvgPlot.COLOURS.get(g);
            double[] time = time(observed.get(g).length, width);
            plot.series(groups.get(g).name() + ", observed").line(time, observed.get(g), colour, false, 1.8);
            plot.series(groups.get(g).name() + ", free run").line(time, predicted.get(g), colour, true, 1.5);
            plot.entry(groups.get(g).name(), colour);
        }
        return plot;
    }

    private static double low(List<double[]> some, List<double[]> more) {
        return Stream.concat(some.stream(), more.stream()).flatMapToDouble(Arrays::stream)
                .filter(Double::isFinite).min().orElse(0);
    }

    private static double mean(List<double[]> all) {
        return all.stream().flatMapToDouble(Arrays::stream).filter(Double::isFinite).average().orElse(1);
    }

    private static double[] scaled(double[] values, double by) {
        return Arrays.stream(values).map(value -> by * value).toArray();
    }

    /** When each bin is over, in seconds. */
    static double[] time(int bins, double binWidth) {
        return IntStream.rangeClosed(1, bins).mapToDouble(t -> t * binWidth).toArray();
    }

    private static double[] column(double[] rows, int columns, int column) {
        return IntStream.range(0, rows.length / columns).mapToDouble(t -> rows[t * columns + column]).toArray();
    }

    static double[] column(float[] rows, int columns, int column) {
        return IntStream.range(0, rows.length / columns).mapToDouble(t -> rows[t * columns + column]).toArray();
    }
}
