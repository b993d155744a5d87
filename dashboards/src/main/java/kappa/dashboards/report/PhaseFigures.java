package kappa.dashboards.report;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import kappa.analysis.NetworkAnalysis;
import kappa.analysis.PhasePortrait;
import kappa.analysis.dynamics.FixedPoint;
import kappa.analysis.dynamics.FlowField;
import kappa.analysis.dynamics.LimitCycle;

/** Phase portraits as pictures, with the marks of the thesis: triangle up a source, cross a saddle, triangle down stable. */
public final class PhaseFigures {

    private static final int ARROWS = 12;
    private static final double ARROW_PIXELS = 14;

    private PhaseFigures() {}

    /** Force and potential for K = 1, the flow with nullclines and cycles for K = 2; nothing for more. */
    public static Optional<SvgPlot> of(PhasePortrait phase) {
        boolean line = phase.flow().filter(flow -> flow.potential().length > 0).isPresent();
        return of(phase, (line ? "Force and potential, " : "Phase portrait, ") + held(phase));
    }

    /** The same under a title of choice. */
    public static Optional<SvgPlot> of(PhasePortrait phase, String title) {
        return phase.flow().map(
                flow -> flow.potential().length > 0 ? force(phase, flow, title) : portrait(phase, flow, title));
    }

    /** K = 1: F and the potential. */
    private static SvgPlot force(PhasePortrait phase, FlowField flow, String title) {
        double[] axis = flow.axis();
        double[] force = flow.velocity();
        double[] potential = flow.potential();
        double high = Math.max(max(force), max(potential));
        double low = Math.min(min(force), min(potential));
        SvgPlot figure = new SvgPlot(title, "\u03ba", "F, V", axis[0],
                axis[axis.length - 1], low, high);
        figure.line(axis, new double[axis.length], "#8a94a3", false, 0.8);
        figure.line(axis, potential, SvgPlot.COLOURS.get(4), false, 1.5).entry("potential V", SvgPlot.COLOURS.get(4));
        figure.line(axis, force, SvgPlot.COLOURS.get(0), false, 1.5).entry("F = d\u03ba/dt", SvgPlot.COLOURS.get(0));
        phase.fixedPoints().points().forEach(point -> mark(figure, point, point.kappa()[0], 0));
        return figure;
    }

    /** K = 2: flow, nullclines, cycles and fixed points. */
    private static SvgPlot portrait(PhasePortrait phase, FlowField flow, String title) {
        double[] axis = flow.axis();
        double[] velocity = flow.velocity();
        int count = axis.length;
        double reach = axis[count - 1];
        SvgPlot figure = new SvgPlot(title, "\u03ba1", "\u03ba2", axis[0], reach,
                axis[0], reach);
        double fastest = 1e-12;
        for (int i = 0; i < count * count; i++) {
            fastest = Math.max(fastest, Math.hypot(velocity[2 * i], velocity[2 * i + 1]));
        }
        int stride = Math.max(1, count / ARROWS);
        // As far from the one side as from the other.
        int first = ((count - 1) % stride) / 2;
        for (int j = first; j < count; j += stride) {
            for (int i = first; i < count; i += stride) {
                double vx = velocity[2 * (j * count + i)];
                double vy = velocity[2 * (j * count + i) + 1];
                // The square root shows slow flow beside fast.
                double speed = Math.hypot(vx, vy);
                double longest = speed == 0 ? 1 : Math.sqrt(speed * fastest);
                figure.arrow(axis[i], axis[j], vx, vy, longest, ARROW_PIXELS);
            }
        }
        figure.entry("d\u03ba1/dt = 0", SvgPlot.COLOURS.get(2)).entry("d\u03ba2/dt = 0", SvgPlot.COLOURS.get(3));
        phase.orbits().nullclines().first().forEach(line -> curve(figure, line, SvgPlot.COLOURS.get(2), false, 0.9));
        phase.orbits().nullclines().second().forEach(line -> curve(figure, line, SvgPlot.COLOURS.get(3), false, 0.9));
        for (LimitCycle cycle : phase.orbits().cycles()) {
            double[] closed = Arrays.copyOf(cycle.orbit(), cycle.orbit().length + 2);
            System.arraycopy(cycle.orbit(), 0, closed, cycle.orbit().length, 2);
            figure.series((cycle.stable() ? "stable" : "unstable") + " limit cycle");
            curve(figure, closed, SvgPlot.COLOURS.get(0), !cycle.stable(), 2);
        }
        figure.series("");
        phase.fixedPoints().points().forEach(point -> mark(figure, point, point.kappa()[0], point.kappa()[1]));
        return figure;
    }

    /** A line through points, [P,2] by rows. */
    public static void curve(SvgPlot figure, double[] points, String colour, boolean dashed, double width) {
        double[][] columns = new double[2][points.length / 2];
        for (int i = 0; i < points.length; i++) {
            columns[i % 2][i / 2] = points[i];
        }
        figure.line(columns[0], columns[1], colour, dashed, width);
    }

    static String held(PhasePortrait phase) {
        return phase.input().equals(NetworkAnalysis.NO_INPUT) ? "no input" : phase.input() + " held";
    }

    private static void mark(SvgPlot figure, FixedPoint point, double x, double y) {
        switch (point.type()) {
            case STABLE_NODE, STABLE_FOCUS -> figure.mark(x, y, "\u25bc", SvgPlot.COLOURS.get(0), name(point.type()));
            case UNSTABLE_NODE, UNSTABLE_FOCUS ->
                figure.mark(x, y, "\u25b2", SvgPlot.COLOURS.get(1), name(point.type()));
            case SADDLE, CENTRE, UNKNOWN -> figure.mark(x, y, "\u2715", "#1b2330", name(point.type()));
        }
    }

    private static double max(double[] values) {
        return Arrays.stream(values).max().orElse(0);
    }

    private static double min(double[] values) {
        return Arrays.stream(values).min().orElse(0);
    }

    static String name(FixedPoint.Type type) {
        return type.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
