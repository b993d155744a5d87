package kappa.dashboards.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kappa.analysis.NetworkAnalysis;
import kappa.analysis.PhasePortrait;
import kappa.analysis.connectivity.Connectivity;
import kappa.analysis.connectivity.InputEffects;
import kappa.analysis.connectivity.Saturation;
import kappa.analysis.connectivity.VectorOverlaps;
import kappa.analysis.dynamics.FixedPoint;
import kappa.analysis.dynamics.LimitCycle;
import kappa.analysis.populations.NeuronSet;
import kappa.analysis.populations.Populations;
import kappa.fitting.model.LowRankNetwork;
import org.apache.commons.math3.stat.regression.SimpleRegression;

/** What {@code ./kappa analyze --report} writes. Stateless. */
public final class AnalysisReport {

    private AnalysisReport() {}

    /**
     * Writes the page and its pictures.
     *
     * @return the page
     * @throws kappa.ingest.InvalidInputException if the directory cannot be written to
     */
    public static Path write(Path directory, String title, LowRankNetwork network, NetworkAnalysis analysis) {
        Report report = new Report(directory, title);
        report.section("Dynamics",
                "d kappa / dt = F(kappa, I) = -kappa + n' tanh(m kappa + I) / N, time in units of tau, without input and with"
                        + " each input held constant. Triangles up: source; crosses: saddle; triangles down: stable.");
        analysis.portraits().forEach(phase -> PhaseFigures.of(phase).ifPresent(report::figure));
        report.table(List.of("input", "fixed point", "kappa", "eigenvalues"), fixedPoints(analysis));
        report.section("Connectivity",
                "Overlaps sigma_kl = n_k' m_l / N: " + rows(analysis.overlaps(), network.rank())
                        + ".");
        report.figure(eigenvalues(analysis));
        analysis.connectivity().map(Connectivity::overlaps).map(AnalysisReport::overlapMatrix)
                .ifPresent(report::figure);
        scatters(network, analysis).forEach(report::figure);
        for (int k = 0; k < network.rank(); k++) {
            report.figure(Density.of("Density of m" + (k + 1) + " and n" + (k + 1), "m" + (k + 1),
                    doubles(network.m(), k, network), "n" + (k + 1), doubles(network.n(), k, network)));
        }
        analysis.populations().ifPresent(found -> {
            report.section("Populations",
                    "A Gaussian mixture of the neurons' loadings; stability is the adjusted Rand index"
                            + " under 80 % subsampling.");
            report.table(List.of("populations", "evidence", "stability"),
                    found.tried().stream().map(AnalysisReport::number).toList());
            report.table(List.of("population", "neurons", "its share of the overlaps"),
                    found.populations().stream().map(population -> List.of(population.neurons().name(),
                            Integer.toString(population.neurons().size()),
                            rows(population.overlaps(), network.rank()))).toList());
        });
        inputs(report, network, analysis);
        return report.write();
    }

    /** What each held input does to the others and to the populations. */
    private static void inputs(Report report, LowRankNetwork network, NetworkAnalysis analysis) {
        if (network.inputs() == 0) {
            return;
        }
        List<NeuronSet> sets = analysis.populations().stream().flatMap(found -> found.populations().stream())
                .map(Populations.Population::neurons).toList();
        List<List<String>> gating = new ArrayList<>();
        List<List<String>> slopes = new ArrayList<>();
        for (PhasePortrait phase : analysis.portraits()) {
            InputEffects effects = InputEffects.of(network, phase.drive(), sets);
            gating.add(List.of(phase.input(), rows(effects.gating(), network.inputs())));
            effects.populations().forEach(one -> slopes.add(List.of(phase.input(), one.name(),
                    String.format(Locale.ROOT, "%.3f", one.meanSlope()),
                    rows(one.effectiveOverlaps(), network.rank()))));
        }
        report.section("Inputs",
                "What an input that is held leaves of the others, n' phi' W / N with one row for each latent"
                        + " dimension, and of the populations: the mean slope phi' and their part of the effective overlaps.");
        report.table(List.of("held", "gating of each input"), gating);
        report.table(List.of("held", "population", "mean slope", "part of the effective overlaps"), slopes);
        if (network.rank() <= 2) {
            report.section("Saturation", "Neurons that an input at 1 saturates, phi' < " + Saturation.HALF
                    + ", apart from the others, with regression lines; dashed: all. The slopes among the neurons that stay "
                    + "linear make the effective overlaps under the input.");
            saturation(network).forEach(report::figure);
        }
    }

    /** For K = 1 n against m, for K = 2 each n against the other m, under each input. */
    private static List<SvgPlot> saturation(LowRankNetwork network) {
        List<SvgPlot> figures = new ArrayList<>();
        for (int s = 0; s < network.inputs(); s++) {
            for (int k = 0; k < network.rank(); k++) {
                int l = network.rank() - 1 - k;
                double[] m = doubles(network.m(), k, network);
                double[] n = doubles(network.n(), l, network);
                Saturation split = Saturation.of(network, s, m, n);
                String names = "m" + (k + 1) + " and n" + (l + 1);
                figures.add(Scatters.bySaturation("Saturation by input " + s + ", " + names, "m" + (k + 1), m,
                        "n" + (l + 1), n, split));
            }
        }
        return figures;
    }

    private static double[] doubles(float[] matrix, int row, LowRankNetwork network) {
        double[] values = new double[network.neurons()];
        Arrays.setAll(values, i -> matrix[row * values.length + i]);
        return values;
    }

    private static List<String> number(Populations.Tried tried) {
        return List.of(Integer.toString(tried.number()), String.format(Locale.ROOT, "%.1f", tried.evidence()),
                String.format(Locale.ROOT, "%.3f", tried.stability()));
    }

    private static List<List<String>> fixedPoints(NetworkAnalysis analysis) {
        List<List<String>> rows = new ArrayList<>();
        for (PhasePortrait phase : analysis.portraits()) {
            for (FixedPoint point : phase.fixedPoints().points()) {
                String eigenvalues = IntStream.range(0, point.re().length).mapToObj(e -> point.im()[e] == 0
                        ? String.format(Locale.ROOT, "%.3f", point.re()[e])
                        : String.format(Locale.ROOT, "%.3f %+.3f i", point.re()[e], point.im()[e]))
                        .collect(Collectors.joining(", "));
                rows.add(List.of(phase.input(), PhaseFigures.name(point.type()),
                        rows(point.kappa(), point.kappa().length),
                        eigenvalues));
            }
            for (LimitCycle cycle : phase.orbits().cycles()) {
                rows.add(List.of(phase.input(), (cycle.stable() ? "stable" : "unstable") + " limit cycle",
                        String.format(Locale.ROOT, "period %.2f tau", cycle.period()), ""));
            }
        }
        return rows;
    }

    /** Of the Jacobian at each fixed point, by input. */
    private static SvgPlot eigenvalues(NetworkAnalysis analysis) {
        double reach = 1;
        double height = 0.5;
        for (PhasePortrait phase : analysis.portraits()) {
            for (FixedPoint point : phase.fixedPoints().points()) {
                reach = Math.max(reach, 1.1 * largest(point.re()));
                height = Math.max(height, 1.1 * largest(point.im()));
            }
        }
        SvgPlot figure = new SvgPlot("Eigenvalues at the fixed points", "real part, per tau", "imaginary part", -reach,
                reach, -height, height);
        figure.line(new double[]{0, 0}, new double[]{-height, height}, "#8a94a3", false, 1);
        for (int c = 0; c < analysis.portraits().size(); c++) {
            PhasePortrait phase = analysis.portraits().get(c);
            String colour = SvgPlot.COLOURS.get(c % SvgPlot.COLOURS.size());
            figure.entry(phase.input(), colour);
            for (FixedPoint point : phase.fixedPoints().points()) {
                for (int e = 0; e < point.re().length; e++) {
                    figure.dot(point.re()[e], point.im()[e], colour, 4,
                            PhaseFigures.name(point.type()) + " under " + phase.input());
                }
            }
        }
        return figure;
    }

    private static double largest(double[] values) {
        return Arrays.stream(values).map(Math::abs).max().orElse(0);
    }

    private static SvgPlot overlapMatrix(VectorOverlaps overlaps) {
        List<String> names = overlaps.names();
        int count = names.size();
        SvgPlot figure = new SvgPlot("Cosines among connectivity vectors", "", "", 0, 1, 0, 1);
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < count; j++) {
                figure.cell(i, j, count, overlaps.cosines()[i * count + j], String.format(Locale.ROOT,
                        "%s, %s: overlap %.4f", names.get(i), names.get(j), overlaps.products()[i * count + j]));
            }
        }
        return figure.names(names);
    }

    /** Each m against its n and against each input, coloured by population, with each population's regression line. */
    private static List<SvgPlot> scatters(LowRankNetwork network, NetworkAnalysis analysis) {
        List<NeuronSet> populations = analysis.populations().stream().flatMap(found -> found.populations().stream())
                .map(Populations.Population::neurons).toList();
        List<SvgPlot> figures = new ArrayList<>();
        for (int k = 0; k < network.rank(); k++) {
            float[] m = row(network.m(), k, network.neurons());
            figures.add(scatter("m" + (k + 1), m, "n" + (k + 1), row(network.n(), k, network.neurons()), populations));
            for (int s = 0; s < network.inputs(); s++) {
                String input = s + 1 < analysis.portraits().size()
                        ? analysis.portraits().get(s + 1).input()
                        : "W" + (s + 1);
                figures.add(scatter("m" + (k + 1), m, input, row(network.w(), s, network.neurons()), populations));
            }
        }
        return figures;
    }

    private static SvgPlot scatter(String nameX, float[] x, String nameY, float[] y, List<NeuronSet> populations) {
        float[] sortedX = x.clone();
        float[] sortedY = y.clone();
        Arrays.sort(sortedX);
        Arrays.sort(sortedY);
        int last = x.length - 1;
        SvgPlot figure = new SvgPlot("Loadings " + nameX + " and " + nameY, nameX, nameY, sortedX[0], sortedX[last],
                sortedY[0], sortedY[last]);
        if (populations.isEmpty()) {
            IntStream.range(0, x.length).forEach(i -> figure.dot(x[i], y[i], SvgPlot.COLOURS.get(0), 1.8, ""));
        }
        for (int p = 0; p < populations.size(); p++) {
            String colour = SvgPlot.COLOURS.get(p % SvgPlot.COLOURS.size());
            figure.entry(populations.get(p).name() + " (" + populations.get(p).size() + ")", colour);
            SimpleRegression regression = new SimpleRegression();
            for (int i : populations.get(p).neurons()) {
                figure.dot(x[i], y[i], colour, 1.8, "");
                regression.addData(x[i], y[i]);
            }
            if (regression.getN() > 2) {
                figure.line(new double[]{sortedX[0], sortedX[last]},
                        new double[]{regression.predict(sortedX[0]), regression.predict(sortedX[last])}, colour, false,
                        1.5);
            }
        }
        return figure;
    }

    private static float[] row(float[] matrix, int row, int neurons) {
        return Arrays.copyOfRange(matrix, row * neurons, (row + 1) * neurons);
    }

    private static String rows(double[] flat, int columns) {
        return IntStream.range(0, flat.length / columns)
                .mapToObj(row -> Arrays.stream(flat, row * columns, (row + 1) * columns)
                        .mapToObj(value -> String.format(Locale.ROOT, "%.3f", value + 0.0))
                        .collect(Collectors.joining(" ")))
                .collect(Collectors.joining("; "));
    }
}
