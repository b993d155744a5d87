package kappa.dashboards.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kappa.analysis.connectivity.Saturation;
import kappa.analysis.connectivity.VectorOverlaps;
import kappa.analysis.populations.Clustering;
import kappa.analysis.populations.NeuronSet;
import kappa.analysis.populations.Populations;
import kappa.fitting.model.LowRankNetwork;

/**
 * The connectivity of a network as pictures, in the arrangement of Valente's thesis (2019): loadings by population (figures 4.2
 * and 5.6), mean connections (4.4), what inputs saturate (4.6), densities (5.9). Immutable.
 *
 * @param channels names of the inputs that are shown: the first of the network's
 */
record ConnectivityFigures(LowRankNetwork network, List<String> channels, List<NeuronSet> populations) {

    /** Pairs of vectors are shown of so many latent dimensions. */
    private static final int MOST_DIMENSIONS = 3;
    /** A picture by saturation needs this share of the neurons saturated. */
    private static final double WORTH_SHOWING = 0.02;

    static ConnectivityFigures of(LowRankNetwork network, List<String> channels, Optional<Clustering> found) {
        return new ConnectivityFigures(network, channels, found.stream().flatMap(one -> one.populations().stream())
                .map(Populations.Population::neurons).toList());
    }

    /** Each m against its n, and each input against the n that it drives most. */
    List<SvgPlot> loadings() {
        List<SvgPlot> figures = new ArrayList<>();
        int shown = Math.min(MOST_DIMENSIONS, network.rank());
        for (int k = 0; k < shown; k++) {
            figures.add(pair("m" + (k + 1), m(k), "n" + (k + 1), n(k)));
        }
        for (int s = 0; s < channels.size(); s++) {
            double[] w = row(network.w(), s);
            int k = IntStream.range(0, network.rank()).boxed()
                    .max((a, b) -> Double.compare(Math.abs(cosine(w, n(a))), Math.abs(cosine(w, n(b))))).orElseThrow();
            figures.add(pair(channels.get(s), w, "n" + (k + 1), n(k)));
        }
        return figures;
    }

    private SvgPlot pair(String nameX, double[] x, String nameY, double[] y) {
        return Scatters.byPopulation("Loadings on " + nameX + " and " + nameY, nameX, x, nameY, y, populations);
    }

    /** Cosines among m, n, the inputs that are shown, readouts and axes of a regression. */
    SvgPlot cosines(VectorOverlaps overlaps) {
        List<String> all = overlaps.names();
        int before = 2 * network.rank();
        int[] kept = IntStream.concat(IntStream.range(0, before + channels.size()),
                IntStream.range(before + network.inputs(), all.size())).toArray();
        List<String> names = Arrays.stream(kept).mapToObj(all::get).toList();
        SvgPlot figure = new SvgPlot("Cosines among connectivity vectors", "", "", 0, 1, 0, 1).names(names);
        for (int i = 0; i < kept.length; i++) {
            for (int j = 0; j < kept.length; j++) {
                int at = kept[i] * all.size() + kept[j];
                figure.cell(i, j, kept.length, overlaps.cosines()[at], String.format(Locale.ROOT,
                        "%s, %s: overlap %.4f", names.get(i), names.get(j), overlaps.products()[at]));
            }
        }
        return figure;
    }

    List<SvgPlot> densities() {
        return IntStream.range(0, Math.min(MOST_DIMENSIONS, network.rank())).mapToObj(k -> Density.of(
                "Density of m" + (k + 1) + " and n" + (k + 1), "m" + (k + 1), m(k), "n" + (k + 1), n(k))).toList();
    }

    /** From the column's population to the row's, in units of the strongest. */
    static Optional<SvgPlot> connections(Clustering found) {
        int count = found.populations().size();
        if (count < 2) {
            return Optional.empty();
        }
        double strongest = Arrays.stream(found.connections()).map(Math::abs).max().orElse(1);
        SvgPlot figure = new SvgPlot("Mean connection between populations, of the strongest", "", "", 0, 1, 0, 1)
                .names(IntStream.rangeClosed(1, count).mapToObj(Integer::toString).toList());
        for (int p = 0; p < count; p++) {
            for (int q = 0; q < count; q++) {
                double mean = found.connections()[p * count + q];
                figure.cell(p, q, count, strongest > 0 ? mean / strongest : 0,
                        String.format(Locale.ROOT, "from population %d to %d: %.3g", q + 1, p + 1, mean));
            }
        }
        return Optional.of(figure);
    }

    /** For K = 1 n against m, for K = 2 each n against the other m, under each input that saturates neurons. */
    List<SvgPlot> saturation() {
        List<SvgPlot> figures = new ArrayList<>();
        for (int s = 0; s < channels.size() && network.rank() <= 2; s++) {
            for (int k = 0; k < network.rank(); k++) {
                int l = network.rank() - 1 - k;
                Saturation split = Saturation.of(network, s, m(k), n(l));
                if (split.saturated().neurons().length >= WORTH_SHOWING * network.neurons()) {
                    figures.add(Scatters.bySaturation("Saturated by " + channels.get(s) + ": m" + (k + 1) + " and n"
                            + (l + 1), "m" + (k + 1), m(k), "n" + (l + 1), n(l), split));
                }
            }
        }
        return figures;
    }

    private double[] m(int k) {
        return row(network.m(), k);
    }

    private double[] n(int k) {
        return row(network.n(), k);
    }

    private double[] row(float[] matrix, int row) {
        double[] values = new double[network.neurons()];
        Arrays.setAll(values, i -> matrix[row * values.length + i]);
        return values;
    }

    private static double cosine(double[] a, double[] b) {
        return VectorOverlaps.of(Stream.of(a, b).map(values -> new VectorOverlaps.Named("", values)).toList())
                .cosines()[1];
    }
}
