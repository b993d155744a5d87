package kappa.dashboards.report;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import kappa.analysis.connectivity.Saturation;
import kappa.analysis.populations.NeuronSet;
import org.apache.commons.math3.stat.regression.SimpleRegression;

/** Scatters of two vectors over neurons, with regression lines for parts of them. Stateless. */
public final class Scatters {

    private static final int MOST_DOTS = 1_000;
    private static final double MARGIN = 0.05;

    private Scatters() {}

    /** Some of the neurons, with their line. */
    private record Part(String name, int[] neurons) {}

    public static SvgPlot plain(String title, String nameX, double[] x, String nameY, double[] y) {
        return with(title, nameX, x, nameY, y, List.of(new Part("", IntStream.range(0, x.length).toArray())), false);
    }

    /** Each part in its colour with its regression line, and a dashed one for all. */
    private static SvgPlot byPart(String title, String nameX, double[] x, String nameY, double[] y, List<Part> parts) {
        return with(title, nameX, x, nameY, y, parts, true);
    }

    /** The neurons that an input saturates apart from the others. */
    public static SvgPlot bySaturation(String title, String nameX, double[] x, String nameY, double[] y,
            Saturation split) {
        return byPart(title, nameX, x, nameY, y, List.of(new Part("saturated", split.saturated().neurons()),
                new Part("not saturated", split.linear().neurons())));
    }

    /** Each of several populations in its colour with its regression line, and a dashed one for all. */
    static SvgPlot byPopulation(String title, String nameX, double[] x, String nameY, double[] y,
            List<NeuronSet> populations) {
        return populations.size() < 2
                ? with(title, nameX, x, nameY, y, List.of(new Part("", IntStream.range(0, x.length).toArray())), true)
                : byPart(title, nameX, x, nameY, y, populations.stream()
                        .map(one -> new Part(one.name() + " (" + one.size() + ")", one.neurons())).toList());
    }

    private static SvgPlot with(String title, String nameX, double[] x, String nameY, double[] y, List<Part> parts,
            boolean lines) {
        double[] across = reach(x);
        double[] up = reach(y);
        double left = across[0];
        double right = across[1];
        SvgPlot plot = new SvgPlot(title, nameX, nameY, left, right, up[0], up[1]);
        int stride = Math.ceilDiv(x.length, MOST_DOTS);
        for (int p = 0; p < parts.size(); p++) {
            String colour = SvgPlot.COLOURS.get(p % SvgPlot.COLOURS.size());
            plot.series(parts.get(p).name);
            for (int at = 0; at < parts.get(p).neurons.length; at += stride) {
                int i = parts.get(p).neurons[at];
                plot.dot(x[i], y[i], colour, 1.8, "");
            }
            if (lines && !parts.get(p).name.isEmpty()) {
                plot.entry(parts.get(p).name, colour);
                plot.series("regression of " + parts.get(p).name);
                line(plot, regression(x, y, parts.get(p).neurons), left, right, colour, false);
            }
        }
        if (lines) {
            plot.series("regression of all");
            line(plot, regression(x, y, IntStream.range(0, x.length).toArray()), left, right, "#1b2330", true);
        }
        return plot;
    }

    /** All values, with a margin. */
    private static double[] reach(double[] values) {
        double low = Arrays.stream(values).min().orElse(-1);
        double high = Arrays.stream(values).max().orElse(1);
        return new double[]{low - MARGIN * (high - low), high + MARGIN * (high - low)};
    }

    private static void line(SvgPlot plot, SimpleRegression regression, double left, double right, String colour,
            boolean dashed) {
        if (regression.getN() > 2) {
            plot.line(new double[]{left, right}, new double[]{regression.predict(left), regression.predict(right)},
                    colour,
                    dashed, 2);
        }
    }

    static SimpleRegression regression(double[] x, double[] y, int[] neurons) {
        SimpleRegression regression = new SimpleRegression();
        for (int i : neurons) {
            regression.addData(x[i], y[i]);
        }
        return regression;
    }
}
