package kappa.dashboards.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kappa.analysis.NetworkAnalysis;
import kappa.analysis.PhasePortrait;
import kappa.analysis.Snapshot;
import kappa.analysis.connectivity.Connectivity;
import kappa.analysis.connectivity.InputEffects;
import kappa.analysis.connectivity.Saturation;
import kappa.analysis.dynamics.FixedPoint;
import kappa.analysis.dynamics.LimitCycle;
import kappa.analysis.populations.Clustering;
import kappa.analysis.populations.Populations;
import kappa.fitting.model.LowRankNetwork;

/** What {@code ./kappa analyze --report} writes. Stateless. */
public final class AnalysisReport {

    static final String MARKS = "Triangles up are sources, crosses saddles, triangles down stable points.";

    private AnalysisReport() {}

    /**
     * Writes the page and its pictures.
     *
     * @param summary what was found, in sentences
     * @param command that leads to the same
     * @return the page
     * @throws kappa.ingest.InvalidInputException if the directory cannot be written to
     */
    public static Path write(Path directory, String title, Snapshot snapshot, NetworkAnalysis analysis,
            List<String> summary, String command) {
        LowRankNetwork network = snapshot.network();
        ConnectivityFigures figures = ConnectivityFigures.of(network, snapshot.sessionChannels(),
                analysis.populations());
        Report report = new Report(directory, title);
        report.summary(summary);
        dynamics(report, network, analysis);
        report.section("Connectivity",
                "Each dot is a neuron, at its loadings. Dots along a line through the origin are an overlap, n' m / N, with "
                        + "which a latent variable feeds itself, or an input drives it. Dashed: regression of all neurons.");
        report.figures(figures.loadings());
        List<SvgPlot> among = new ArrayList<>();
        analysis.connectivity().map(Connectivity::overlaps).map(figures::cosines).ifPresent(among::add);
        analysis.populations().flatMap(ConnectivityFigures::connections).ifPresent(among::add);
        among.addAll(figures.densities());
        report.figures(among);
        List<SvgPlot> saturation = figures.saturation();
        if (!saturation.isEmpty()) {
            report.section("Saturation", "Neurons that an input at 1 saturates, phi' < " + Saturation.HALF
                    + ", apart from the others. The slopes among the neurons that stay linear make the effective overlaps under "
                    + "the input.");
            report.figures(saturation);
        }
        report.section("Tables", "");
        tables(report, network, analysis);
        report.section("To repeat it", "");
        report.command(command);
        return report.write();
    }

    private static void dynamics(Report report, LowRankNetwork network, NetworkAnalysis analysis) {
        List<SvgPlot> portraits = portraits(analysis);
        report.section("Dynamics",
                (portraits.isEmpty()
                        ? "A latent space of " + network.rank() + " dimensions has no portrait in the plane. "
                        : "How kappa moves without input and with each input held constant at 1: d kappa / dt = -kappa + n' "
                                + "tanh(m kappa + I) / N, time in units of tau. " + MARKS + " ")
                        + "Eigenvalues to the left of zero decay; those off the axis turn.");
        List<SvgPlot> row = new ArrayList<>(portraits);
        row.add(eigenvalues(analysis));
        report.figures(row);
    }

    /** Without input and under each input, as far as they can be drawn. */
    static List<SvgPlot> portraits(NetworkAnalysis analysis) {
        return analysis.portraits().stream().map(PhaseFigures::of).flatMap(Optional::stream).toList();
    }

    private static void tables(Report report, LowRankNetwork network, NetworkAnalysis analysis) {
        report.table(List.of("input", "fixed point or cycle", "kappa", "eigenvalues, per tau"), fixedPoints(analysis));
        report.table(List.of("overlap n' m / N", "by rows"),
                IntStream.range(0, network.rank()).mapToObj(k -> List.of("n" + (k + 1), rows(Arrays.copyOfRange(
                        analysis.overlaps(), k * network.rank(), (k + 1) * network.rank()), network.rank()))).toList());
        analysis.populations().ifPresent(found -> populations(report, network, found));
        if (analysis.portraits().size() > 1) {
            inputs(report, network, analysis);
        }
    }

    private static void populations(Report report, LowRankNetwork network, Clustering found) {
        report.table(List.of("populations tried", "evidence", "stability (adjusted Rand index, 80 % of the neurons)"),
                found.tried().stream().map(AnalysisReport::number).toList());
        if (found.populations().size() > 1) {
            report.table(List.of("population", "neurons", "its share of the overlaps"),
                    found.populations().stream().map(population -> List.of(population.neurons().name(),
                            Integer.toString(population.neurons().size()),
                            rows(population.overlaps(), network.rank()))).toList());
        }
    }

    /** What each held input does to the populations. */
    private static void inputs(Report report, LowRankNetwork network, NetworkAnalysis analysis) {
        var sets = analysis.populations().stream().flatMap(found -> found.populations().stream())
                .map(Populations.Population::neurons).toList();
        List<List<String>> slopes = new ArrayList<>();
        for (PhasePortrait phase : analysis.portraits()) {
            InputEffects.of(network, phase.drive(), sets).populations()
                    .forEach(one -> slopes.add(List.of(PhaseFigures.held(phase), one.name(),
                            String.format(Locale.ROOT, "%.3f", one.meanSlope()),
                            rows(one.effectiveOverlaps(), network.rank()))));
        }
        report.table(List.of("input", "population", "mean slope phi'", "part of the effective overlaps"), slopes);
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
                rows.add(List.of(PhaseFigures.held(phase), PhaseFigures.name(point.type()),
                        rows(point.kappa(), point.kappa().length), eigenvalues));
            }
            for (LimitCycle cycle : phase.orbits().cycles()) {
                rows.add(List.of(PhaseFigures.held(phase), (cycle.stable() ? "stable" : "unstable") + " limit cycle",
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
        figure.series("axis").line(new double[]{0, 0}, new double[]{-height, height}, "#8a94a3", false, 1);
        for (int c = 0; c < analysis.portraits().size(); c++) {
            PhasePortrait phase = analysis.portraits().get(c);
            String colour = SvgPlot.COLOURS.get(c % SvgPlot.COLOURS.size());
            figure.entry(PhaseFigures.held(phase), colour);
            for (FixedPoint point : phase.fixedPoints().points()) {
                for (int e = 0; e < point.re().length; e++) {
                    figure.dot(point.re()[e], point.im()[e], colour, 4,
                            PhaseFigures.name(point.type()) + ", " + PhaseFigures.held(phase));
                }
            }
        }
        return figure;
    }

    private static double largest(double[] values) {
        return Arrays.stream(values).map(Math::abs).max().orElse(0);
    }

    private static String rows(double[] flat, int columns) {
        return IntStream.range(0, flat.length / columns)
                .mapToObj(row -> Arrays.stream(flat, row * columns, (row + 1) * columns)
                        .mapToObj(value -> String.format(Locale.ROOT, "%.3f", value + 0.0))
                        .collect(Collectors.joining(" ")))
                .collect(Collectors.joining("; "));
    }
}
