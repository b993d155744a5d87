package kappa.dashboards.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import kappa.analysis.NetworkAnalysis;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.FixedPoint;
import kappa.ingest.wire.FixedPointType;
import kappa.ingest.wire.FlowField;
import kappa.ingest.wire.LimitCycle;
import kappa.ingest.wire.NumberOfPopulations;
import kappa.ingest.wire.Phase;
import kappa.ingest.wire.Polyline;
import kappa.ingest.wire.Population;
import org.apache.commons.math3.stat.regression.SimpleRegression;

/** What {@code ./kappa analyze --report} writes. Stateless. */
public final class AnalysisReport {

    private static final int ARROWS = 21;
    private static final double ARROW_PIXELS = 14;

    private AnalysisReport() {}

    /**
     * Writes the page and its pictures.
     *
     * @param network that was analysed
     * @return the page
     * @throws kappa.ingest.InvalidInputException if the directory cannot be written to
     */
    public static Path write(Path directory, String title, LowRankNetwork network, Analysis analysis) {
        Report report = new Report(directory, title);
        report.section("Dynamics",
                "d kappa / dt = F(kappa, I) = -kappa + n' tanh(m kappa + I) / N, time in units of tau, without input and with"
                        + " each input held constant. Triangles up: source; crosses: saddle; triangles down: stable.");
        analysis.getConditionsList().stream().filter(Phase::hasFlow)
                .forEach(phase -> report.figure(network.rank() == 1 ? force(phase) : portrait(phase)));
        report.table(List.of("input", "fixed point", "kappa", "eigenvalues"), fixedPoints(analysis));
        report.section("Connectivity",
                "Overlaps sigma_kl = n_k' m_l / N: " + rows(analysis.getOverlapsList(), network.rank())
                        + ".");
        report.figure(eigenvalues(analysis));
        if (analysis.hasConnectivity()) {
            report.figure(overlapMatrix(analysis));
        }
        scatters(network, analysis).forEach(report::figure);
        if (analysis.hasPopulations()) {
            report.section("Populations",
                    "A Gaussian mixture of the neurons' loadings; stability is the adjusted Rand index"
                            + " under 80 % subsampling.");
            report.table(List.of("populations", "evidence", "stability"),
                    analysis.getPopulations().getNumbersList().stream().map(AnalysisReport::number).toList());
            report.table(List.of("population", "neurons", "its share of the overlaps"),
                    analysis.getPopulations().getPopulationsList().stream().map(population -> List.of(
                            population.getName(), Integer.toString(population.getNeuronsCount()),
                            rows(population.getOverlapsList(), network.rank()))).toList());
        }
        return report.write();
    }

    private static List<String> number(NumberOfPopulations tried) {
        return List.of(Integer.toString(tried.getPopulations()),
                String.format(Locale.ROOT, "%.1f", tried.getEvidence()),
                String.format(Locale.ROOT, "%.3f", tried.getStability()));
    }

    private static List<List<String>> fixedPoints(Analysis analysis) {
        List<List<String>> rows = new ArrayList<>();
        for (Phase phase : analysis.getConditionsList()) {
            for (FixedPoint point : phase.getFixedPointsList()) {
                List<String> eigenvalues = IntStream.range(0, point.getEigenvaluesReCount())
                        .mapToObj(e -> point.getEigenvaluesIm(e) == 0
                                ? String.format(Locale.ROOT, "%.3f", point.getEigenvaluesRe(e))
                                : String.format(Locale.ROOT, "%.3f %+.3f i", point.getEigenvaluesRe(e),
                                        point.getEigenvaluesIm(e)))
                        .toList();
                rows.add(List.of(phase.getInput(), name(point.getType()),
                        rows(point.getKappaList(), point.getKappaCount()),
                        String.join(", ", eigenvalues)));
            }
            for (LimitCycle cycle : phase.getLimitCyclesList()) {
                rows.add(List.of(phase.getInput(), (cycle.getStable() ? "stable" : "unstable") + " limit cycle",
                        String.format(Locale.ROOT, "period %.2f tau", cycle.getPeriod()), ""));
            }
        }
        return rows;
    }

    /** K = 1: F and the potential. */
    private static Figure force(Phase phase) {
        FlowField flow = phase.getFlow();
        double[] axis = array(flow.getAxisList());
        double[] force = array(flow.getVelocityList());
        double[] potential = array(flow.getPotentialList());
        double high = Math.max(max(force), max(potential));
        double low = Math.min(min(force), min(potential));
        Figure figure = new Figure("Force and potential, " + held(phase), "kappa", "F, V", axis[0],
                axis[axis.length - 1], low, high);
        figure.line(axis, new double[axis.length], "#8a94a3", false, 0.8);
        figure.line(axis, potential, Figure.COLOURS[4], false, 1.5).entry("potential V", Figure.COLOURS[4]);
        figure.line(axis, force, Figure.COLOURS[0], false, 1.5).entry("F = d kappa / dt", Figure.COLOURS[0]);
        phase.getFixedPointsList().forEach(point -> mark(figure, point, point.getKappa(0), 0));
        return figure;
    }

    /** K = 2: flow, nullclines, cycles and fixed points. */
    private static Figure portrait(Phase phase) {
        FlowField flow = phase.getFlow();
        double[] axis = array(flow.getAxisList());
        int count = axis.length;
        double reach = axis[count - 1];
        Figure figure = new Figure("Phase portrait, " + held(phase), "kappa 1", "kappa 2", axis[0], reach,
                axis[0], reach);
        double fastest = 1e-12;
        for (int i = 0; i < count * count; i++) {
            fastest = Math.max(fastest, Math.hypot(flow.getVelocity(2 * i), flow.getVelocity(2 * i + 1)));
        }
        int stride = Math.max(1, count / ARROWS);
        for (int j = stride / 2; j < count; j += stride) {
            for (int i = stride / 2; i < count; i += stride) {
                double vx = flow.getVelocity(2 * (j * count + i));
                double vy = flow.getVelocity(2 * (j * count + i) + 1);
                // The square root shows slow flow beside fast.
                double speed = Math.hypot(vx, vy);
                double shown = speed == 0 ? 0 : Math.sqrt(speed / fastest) / speed;
                figure.arrow(axis[i], axis[j], vx * shown, vy * shown, 1, ARROW_PIXELS);
            }
        }
        for (Polyline line : phase.getNullclinesList()) {
            double[][] points = points(line.getPointsList());
            figure.line(points[0], points[1], line.getDimension() == 0 ? Figure.COLOURS[2] : Figure.COLOURS[3], false,
                    0.9);
        }
        for (LimitCycle cycle : phase.getLimitCyclesList()) {
            List<Double> closed = new ArrayList<>(cycle.getOrbitList());
            closed.addAll(cycle.getOrbitList().subList(0, 2));
            double[][] points = points(closed);
            figure.line(points[0], points[1], Figure.COLOURS[0], !cycle.getStable(), 2);
        }
        phase.getFixedPointsList().forEach(point -> mark(figure, point, point.getKappa(0), point.getKappa(1)));
        return figure;
    }

    private static String held(Phase phase) {
        return phase.getInput().equals(NetworkAnalysis.NO_INPUT) ? "no input" : phase.getInput() + " held";
    }

    private static void mark(Figure figure, FixedPoint point, double x, double y) {
        switch (point.getType()) {
            case STABLE_NODE, STABLE_FOCUS -> figure.mark(x, y, "\u25bc", Figure.COLOURS[0], name(point.getType()));
            case UNSTABLE_NODE, UNSTABLE_FOCUS -> figure.mark(x, y, "\u25b2", Figure.COLOURS[1], name(point.getType()));
            default -> figure.mark(x, y, "\u2715", "#1b2330", name(point.getType()));
        }
    }

    /** Of the Jacobian at each fixed point, by input. */
    private static Figure eigenvalues(Analysis analysis) {
        double reach = 1;
        double height = 0.5;
        for (Phase phase : analysis.getConditionsList()) {
            for (FixedPoint point : phase.getFixedPointsList()) {
                for (int e = 0; e < point.getEigenvaluesReCount(); e++) {
                    reach = Math.max(reach, 1.1 * Math.abs(point.getEigenvaluesRe(e)));
                    height = Math.max(height, 1.1 * Math.abs(point.getEigenvaluesIm(e)));
                }
            }
        }
        Figure figure = new Figure("Eigenvalues at the fixed points", "real part, per tau", "imaginary part", -reach,
                reach,
                -height, height);
        figure.line(new double[]{0, 0}, new double[]{-height, height}, "#8a94a3", false, 1);
        for (int c = 0; c < analysis.getConditionsCount(); c++) {
            Phase phase = analysis.getConditions(c);
            String colour = Figure.COLOURS[c % Figure.COLOURS.length];
            figure.entry(phase.getInput(), colour);
            for (FixedPoint point : phase.getFixedPointsList()) {
                for (int e = 0; e < point.getEigenvaluesReCount(); e++) {
                    figure.dot(point.getEigenvaluesRe(e), point.getEigenvaluesIm(e), colour, 4,
                            name(point.getType()) + " under " + phase.getInput());
                }
            }
        }
        return figure;
    }

    private static Figure overlapMatrix(Analysis analysis) {
        List<String> names = analysis.getConnectivity().getVectorsList();
        int count = names.size();
        Figure figure = new Figure("Cosines among connectivity vectors", "", "", 0, 1, 0, 1);
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < count; j++) {
                figure.cell(i, j, count, analysis.getConnectivity().getCosines(i * count + j),
                        names.get(i) + ", " + names.get(j) + String.format(Locale.ROOT, ": overlap %.4f",
                                analysis.getConnectivity().getProducts(i * count + j)));
            }
        }
        return figure.names(names);
    }

    /** Each m against its n and against each input, coloured by population, with each population's regression line. */
    private static List<Figure> scatters(LowRankNetwork network, Analysis analysis) {
        List<Figure> figures = new ArrayList<>();
        for (int k = 0; k < network.rank(); k++) {
            float[] m = row(network.m(), k, network.neurons());
            figures.add(scatter("m" + (k + 1), m, "n" + (k + 1), row(network.n(), k, network.neurons()), analysis));
            for (int s = 0; s < network.inputs(); s++) {
                String input = s + 1 < analysis.getConditionsCount()
                        ? analysis.getConditions(s + 1).getInput()
                        : "W" + (s + 1);
                figures.add(scatter("m" + (k + 1), m, input, row(network.w(), s, network.neurons()), analysis));
            }
        }
        return figures;
    }

    private static Figure scatter(String nameX, float[] x, String nameY, float[] y, Analysis analysis) {
        float[] sortedX = x.clone();
        float[] sortedY = y.clone();
        Arrays.sort(sortedX);
        Arrays.sort(sortedY);
        int last = x.length - 1;
        Figure figure = new Figure("Loadings " + nameX + " and " + nameY, nameX, nameY, sortedX[0], sortedX[last],
                sortedY[0],
                sortedY[last]);
        List<Population> populations = analysis.getPopulations().getPopulationsList();
        if (populations.isEmpty()) {
            IntStream.range(0, x.length).forEach(i -> figure.dot(x[i], y[i], Figure.COLOURS[0], 1.8, ""));
        }
        for (int p = 0; p < populations.size(); p++) {
            String colour = Figure.COLOURS[p % Figure.COLOURS.length];
            figure.entry(populations.get(p).getName() + " (" + populations.get(p).getNeuronsCount() + ")", colour);
            SimpleRegression regression = new SimpleRegression();
            for (int i : populations.get(p).getNeuronsList()) {
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

    private static double[][] points(List<Double> flat) {
        double[][] points = new double[2][flat.size() / 2];
        for (int i = 0; i < points[0].length; i++) {
            points[0][i] = flat.get(2 * i);
            points[1][i] = flat.get(2 * i + 1);
        }
        return points;
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(value -> value).toArray();
    }

    private static double max(double[] values) {
        return Arrays.stream(values).max().orElse(0);
    }

    private static double min(double[] values) {
        return Arrays.stream(values).min().orElse(0);
    }

    private static String rows(List<Double> flat, int columns) {
        return IntStream.range(0, flat.size() / columns)
                .mapToObj(row -> flat.subList(row * columns, (row + 1) * columns)
                        .stream().map(value -> String.format(Locale.ROOT, "%.3f", value + 0.0))
                        .reduce((a, b) -> a + " " + b)
                        .orElse(""))
                .reduce((a, b) -> a + "; " + b).orElse("");
    }

    private static String name(FixedPointType type) {
        return type.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
