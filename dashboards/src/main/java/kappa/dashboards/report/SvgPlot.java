package kappa.dashboards.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Formatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One picture as SVG: a plot area with axes in the units of the data. What is drawn first lies lowest. Colours are Okabe and
 * Ito's, which colour-blind readers tell apart. Not thread-safe.
 */
public final class SvgPlot {

    public static final List<String> COLOURS = List.of("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00",
            "#56b4e9");

    private static final int WIDTH = 420;
    private static final int HEIGHT = 330;
    private static final int LEFT = 58;
    private static final int RIGHT = 14;
    private static final int TOP = 34;
    private static final int BOTTOM = 44;
    private static final int TICKS = 5;
    private static final double CELL_LEVELS = 25;

    private final String title;
    private final String horizontal;
    private final String vertical;
    private final double left;
    private final double right;
    private final double low;
    private final double high;
    private final Formatter shapes = new Formatter(Locale.ROOT);
    private final Formatter legend = new Formatter(Locale.ROOT);
    private final Map<String, StringBuilder> gathered = new LinkedHashMap<>();
    private double legendAt = LEFT;
    private int legendLine;
    private boolean ticks = true;
    private boolean logarithmic;
    private double[] columns = {};

    /** An area from (left, low) to (right, high); an empty interval is widened. */
    public SvgPlot(String title, String horizontal, String vertical, double left, double right, double low,
            double high) {
        this.title = title;
        this.horizontal = horizontal;
        this.vertical = vertical;
        this.left = left;
        this.right = right > left ? right : left + 1;
        this.low = low;
        this.high = high > low ? high : low + 1;
    }

    public String title() {
        return title;
    }

    private double x(double value) {
        return logarithmic
                ? LEFT + (WIDTH - LEFT - RIGHT) * Math.log(value / left) / Math.log(right / left)
                : LEFT + (WIDTH - LEFT - RIGHT) * (value - left) / (right - left);
    }

    /** Positions along the horizontal axis go by the logarithm. Comes before anything is drawn; the area begins above 0. */
    public SvgPlot logarithmic() {
        logarithmic = true;
        return this;
    }

    /** The horizontal axis has its ticks here, in place of round numbers. */
    public SvgPlot ticksAt(double... values) {
        columns = values.clone();
        return this;
    }

    private double y(double value) {
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low);
    }

    /** Straight pieces from point to point; a number that is not finite leaves a hole. */
    public SvgPlot line(double[] xs, double[] ys, String colour, boolean dashed, double width) {
        flush();
        StringBuilder path = new StringBuilder();
        boolean down = false;
        for (int i = 0; i < xs.length; i++) {
            boolean finite = Double.isFinite(xs[i]) && Double.isFinite(ys[i]);
            if (finite) {
                path.append(String.format(Locale.ROOT, "%s%.1f %.1f", down ? "L" : "M", x(xs[i]), y(ys[i])));
            }
            down = finite;
        }
        shapes.format("<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\"%s/>%n", path, colour, width,
                dashed ? " stroke-dasharray=\"5 3\"" : "");
        return this;
    }

    /** Dots of one colour and size without a hint become one path. */
    public void dot(double atX, double atY, String colour, double radius, String hint) {
        if (hint.isEmpty()) {
            gather(String.format(Locale.ROOT,
                    "fill=\"none\" stroke=\"%s\" stroke-opacity=\"0.7\" stroke-linecap=\"round\""
                            + " stroke-width=\"%.1f\"",
                    colour, 2 * radius), String.format(Locale.ROOT, "M%.1f %.1fh0", x(atX), y(atY)));
            return;
        }
        flush();
        shapes.format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\" fill-opacity=\"0.7\"><title>%s</title>"
                + "</circle>%n", x(atX), y(atY), radius, colour, escape(hint));
    }

    /** A letter or symbol with its centre at a point. */
    public void mark(double atX, double atY, String symbol, String colour, String hint) {
        flush();
        shapes.format(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"15\" fill=\"%s\">%s<title>%s</title>"
                        + "</text>%n",
                x(atX), y(atY) + 5, colour, escape(symbol), escape(hint));
    }

    /** From a point in the direction of a velocity; {@code longest} is the speed whose arrow is {@code pixels} long. */
    public void arrow(double atX, double atY, double velocityX, double velocityY, double longest, double pixels) {
        double dx = velocityX / longest * pixels;
        double dy = -velocityY / longest * pixels;
        double size = Math.hypot(dx, dy);
        if (size > 0.5) {
            double ux = dx / size;
            double uy = dy / size;
            gather("fill=\"none\" stroke=\"#8a94a3\" stroke-width=\"0.8\"",
                    String.format(Locale.ROOT, "M%.1f %.1fl%.1f %.1fm%.1f %.1fl%.1f %.1fl%.1f %.1f", x(atX) - dx / 2,
                            y(atY) - dy / 2, dx, dy, -3 * ux + 2 * uy, -3 * uy - 2 * ux, 3 * ux - 2 * uy,
                            3 * uy + 2 * ux, -3 * ux - 2 * uy, -3 * uy + 2 * ux));
        }
    }

    /** Adds to the path of all that looks the same and is drawn before anything else is. */
    private void gather(String look, String shape) {
        gathered.computeIfAbsent(look, _ -> new StringBuilder()).append(shape);
    }

    private void flush() {
        gathered.forEach((look, path) -> shapes.format("<path d=\"%s\" %s/>%n", path, look));
        gathered.clear();
    }

    /**
     * A cell of a matrix whose rows and columns are names: blue for negative, orange for positive numbers up to 1. Without a
     * hint it has one of {@value #CELL_LEVELS} strengths, and cells of the same strength become one path.
     */
    public void cell(int row, int column, int count, double value, String hint) {
        double width = (double) (WIDTH - LEFT - RIGHT) / count;
        double height = (double) (HEIGHT - TOP - BOTTOM) / count;
        double strength = Math.min(1, Math.abs(value));
        String colour = value < 0 ? COLOURS.get(0) : COLOURS.get(1);
        if (hint.isEmpty()) {
            long level = Math.round(CELL_LEVELS * strength);
            if (level > 0) {
                gather(String.format(Locale.ROOT, "fill=\"%s\" fill-opacity=\"%.2f\"", colour, level / CELL_LEVELS),
                        String.format(Locale.ROOT, "M%.1f %.1fh%.1fv%.1fh%.1fz", LEFT + column * width,
                                TOP + row * height, width, height, -width));
            }
            return;
        }
        flush();
        shapes.format("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" fill-opacity=\"%.3f\">"
                + "<title>%s</title></rect>%n", LEFT + column * width, TOP + row * height, width, height, colour,
                strength, escape(hint));
        if (count <= 10) {
            shapes.format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"9\">%.2f</text>%n",
                    LEFT + (column + 0.5) * width, TOP + (row + 0.5) * height + 3, value);
        }
    }

    /** Names along both sides of a matrix, in place of ticks. */
    public SvgPlot names(List<String> names) {
        flush();
        ticks = false;
        double width = (double) (WIDTH - LEFT - RIGHT) / names.size();
        double height = (double) (HEIGHT - TOP - BOTTOM) / names.size();
        for (int i = 0; i < names.size(); i++) {
            shapes.format("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>%n", LEFT - 4,
                    TOP + (i + 0.5) * height + 4, escape(names.get(i)));
            shapes.format("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n", LEFT + (i + 0.5) * width,
                    HEIGHT - BOTTOM + 14, escape(names.get(i)));
        }
        return this;
    }

    /** An entry of the legend below the title; what does not fit there comes below, on the picture. */
    public SvgPlot entry(String name, String colour) {
        if (legendAt > LEFT && legendAt + 14 + 5.6 * name.length() > WIDTH - RIGHT) {
            legendAt = LEFT;
            legendLine++;
        }
        int y = 22 + 12 * legendLine;
        legend.format("<rect x=\"%.0f\" y=\"%d\" width=\"10\" height=\"3\" fill=\"%s\"/><text x=\"%.0f\" y=\"%d\""
                + " font-size=\"10\">%s</text>%n", legendAt, y, colour, legendAt + 14, y + 5, escape(name));
        legendAt += 24 + 5.6 * name.length();
        return this;
    }

    public String svg() {
        return svg(0);
    }

    /** Several pictures side by side as one. */
    public static String row(List<SvgPlot> plots) {
        StringBuilder out = new StringBuilder(String.format(Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" viewBox=\"0 0 %d %d\">%n",
                plots.size() * WIDTH, plots.size() * WIDTH, HEIGHT));
        for (int i = 0; i < plots.size(); i++) {
            out.append(plots.get(i).svg(i * WIDTH));
        }
        return out.append("</svg>\n").toString();
    }

    /** @param from where the left edge is */
    private String svg(int from) {
        flush();
        Formatter out = new Formatter(Locale.ROOT);
        out.format("<svg xmlns=\"http://www.w3.org/2000/svg\"%s width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
                + " font-family=\"sans-serif\" font-size=\"11\" role=\"img\"><title>%s</title>%n"
                + "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n", from == 0 ? "" : " x=\"" + from + "\"",
                WIDTH, HEIGHT, WIDTH, HEIGHT,
                escape(title));
        out.format("<text x=\"%d\" y=\"14\" font-weight=\"bold\">%s</text>%n", LEFT, escape(title));
        out.format("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>%n", (LEFT + WIDTH - RIGHT) / 2,
                HEIGHT - 8, escape(horizontal));
        out.format("<text transform=\"translate(12 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>%n",
                (TOP + HEIGHT - BOTTOM) / 2, escape(vertical));
        if (ticks) {
            ticks(out);
        }
        out.format("<svg x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" viewBox=\"%d %d %d %d\" overflow=\"%s\">%n", LEFT,
                TOP,
                WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM, LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM,
                ticks ? "hidden" : "visible");
        return out.toString() + shapes + "</svg>\n" + legend + "</svg>\n";
    }

    private void ticks(Formatter out) {
        for (double value : columns.length > 0 ? columns : steps(left, right)) {
            out.format("<path d=\"M%.1f %dV%d\" stroke=\"#e5e8ee\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s"
                    + "</text>%n", x(value), TOP, HEIGHT - BOTTOM, x(value), HEIGHT - BOTTOM + 14, number(value));
        }
        for (double value : steps(low, high)) {
            out.format("<path d=\"M%d %.1fH%d\" stroke=\"#e5e8ee\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s"
                    + "</text>%n", LEFT, y(value), WIDTH - RIGHT, LEFT - 4, y(value) + 4, number(value));
        }
    }

    /** Round numbers within an interval, about {@value #TICKS} of them. */
    static double[] steps(double from, double to) {
        double raw = (to - from) / TICKS;
        double power = Math.pow(10, Math.floor(Math.log10(raw)));
        double factor = raw / power;
        double step = (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10) * power;
        long first = (long) Math.ceil(from / step - 1e-9);
        long last = (long) Math.floor(to / step + 1e-9);
        double[] values = new double[(int) (last - first + 1)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (first + i) * step;
        }
        return values;
    }

    private static String number(double value) {
        return new BigDecimal(value, new MathContext(6)).stripTrailingZeros().toPlainString();
    }

    public static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
