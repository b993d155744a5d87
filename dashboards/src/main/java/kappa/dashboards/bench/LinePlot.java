package kappa.dashboards.bench;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Formatter;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * A picture of a few curves as SVG: a logarithmic or linear abscissa whose ticks are the points themselves, an
 * ordinate from 0 on. Not thread-safe.
 */
final class LinePlot {

    static final int WIDTH = 330;
    static final int HEIGHT = 240;

    private static final int LEFT = 44;
    private static final int RIGHT = 10;
    private static final int TOP = 26;
    private static final int BOTTOM = 40;
    private static final int TICKS = 4;

    private record Curve(String name, String style, double[] x, double[] y) {}

    private final String title;
    private final String abscissa;
    private final boolean logarithmic;
    private final List<Curve> curves = new ArrayList<>();

    LinePlot(String title, String abscissa, boolean logarithmic) {
        this.title = title;
        this.abscissa = abscissa;
        this.logarithmic = logarithmic;
    }

    /** @param style attributes of the line, such as its colour */
    void add(String name, String style, double[] x, double[] y) {
        curves.add(new Curve(name, style, x, y));
    }

    /** Appends a group of shapes whose left edge is at {@code left}. */
    void draw(Formatter svg, int left) {
        double[] x = curves.stream().flatMapToDouble(curve -> DoubleStream.of(curve.x)).distinct().sorted().toArray();
        double highest = niceCeiling(
                curves.stream().flatMapToDouble(curve -> DoubleStream.of(curve.y)).max().orElse(1));
        svg.format("<g transform=\"translate(%d 0)\">%n", left);
        svg.format("<text x=\"%d\" y=\"14\" font-weight=\"bold\">%s</text>%n", LEFT, title);
        svg.format("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>%n", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6,
                abscissa);
        for (int i = 0; i <= TICKS; i++) {
            double value = highest * i / TICKS;
            double at = vertical(value, highest);
            svg.format("<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/>%n", LEFT, at, WIDTH - RIGHT);
            svg.format("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>%n", LEFT - 4, at + 4, number(value));
        }
        for (double value : x) {
            svg.format("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n", horizontal(value, x),
                    HEIGHT - BOTTOM + 16, number(value));
        }
        for (Curve curve : curves) {
            svg.format("<path d=\"");
            for (int i = 0; i < curve.x.length; i++) {
                svg.format("%s%.1f %.1f", i == 0 ? "M" : "L", horizontal(curve.x[i], x), vertical(curve.y[i], highest));
            }
            svg.format("\" fill=\"none\" stroke-width=\"2\" %s><title>%s</title></path>%n", curve.style, curve.name);
        }
        svg.format("</g>%n");
    }

    private double horizontal(double value, double[] all) {
        double from = scaled(all[0]);
        double to = scaled(all[all.length - 1]);
        return LEFT + 8 + (WIDTH - LEFT - RIGHT - 24) * (to > from ? (scaled(value) - from) / (to - from) : 0.5);
    }

    private double scaled(double value) {
        return logarithmic ? Math.log(value) : value;
    }

    private static double vertical(double value, double highest) {
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / highest;
    }

    /** The next number up out of 1, 2, 4, 6, 8 times a power of ten. */
    private static double niceCeiling(double value) {
        double power = Math.pow(10, Math.floor(Math.log10(value)));
        return DoubleStream.of(1, 2, 4, 6, 8, 10).map(step -> step * power).filter(step -> step >= value).findFirst()
                .orElse(10 * power);
    }

    private static String number(double value) {
        return new BigDecimal(value, new MathContext(6)).stripTrailingZeros().toPlainString();
    }
}
