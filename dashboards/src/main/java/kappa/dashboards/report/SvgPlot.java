package kappa.dashboards.report;

import java.util.Formatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One picture as SVG: a plot area with axes in the units of the data. What is drawn first lies lowest. Colours are Okabe and
 * Ito's, which colour-blind readers tell apart. The element {@code metadata} holds the numbers of the picture as CSV. Not
 * thread-safe.
 */
public final class SvgPlot {

    public static final List<String> COLOURS = List.of("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00",
            "#56b4e9");

    private static final int WIDTH = 420;
    private static final int HEIGHT = 330;
    private static final int LEFT = 58;
    private static final int WIDEST_LEFT = 150;
    private static final int RIGHT = 14;
    private static final int TOP = 34;
    private static final int BOTTOM = 44;
    private static final double CELL_LEVELS = 25;

    private final String title;
    private final Formatter shapes = new Formatter(Locale.ROOT);
    private final Formatter legend = new Formatter(Locale.ROOT);
    private final PlotNumbers numbers = new PlotNumbers();
    private final Map<String, StringBuilder> gathered = new LinkedHashMap<>();
    private PlotAxis horizontal;
    private PlotAxis vertical;
    private int left = LEFT;
    private List<String> rows = List.of();
    private double legendAt = LEFT;
    private int legendLine;
    private boolean ticks = true;

    /** An area from (left, low) to (right, high); an empty interval is widened. */
    public SvgPlot(String title, String horizontal, String vertical, double left, double right, double low,
            double high) {
        this.title = title;
        this.horizontal = PlotAxis.of(horizontal, left, right);
        this.vertical = PlotAxis.of(vertical, low, high);
    }

    /**
     * A row for each name, from the top, in place of a vertical axis: the row at index i lies at i. Comes before anything is
     * drawn.
     */
    static SvgPlot ofRows(String title, String horizontal, List<String> names, double left, double right) {
        SvgPlot plot = new SvgPlot(title, horizontal, "", left, right, names.size() - 0.5, -0.5);
        plot.vertical = new PlotAxis("row", names.size() - 0.5, -0.5, false, new double[0]);
        plot.rows = List.copyOf(names);
        int longest = names.stream().mapToInt(String::length).max().orElse(0);
        plot.left = Math.clamp((int) (12 + 5.6 * longest), LEFT, WIDEST_LEFT);
        plot.legendAt = plot.left;
        return plot;
    }

    /** What is drawn from here on has this name among the numbers of the picture. */
    SvgPlot series(String name) {
        numbers.series(name);
        return this;
    }

    /** The numbers of the picture. */
    String csv() {
        return numbers.csv(horizontal.name(), vertical.name());
    }

    public String title() {
        return title;
    }

    private double x(double value) {
        return left + (WIDTH - left - RIGHT) * horizontal.at(value);
    }

    /** Positions along the horizontal axis go by the logarithm. Comes before anything is drawn; the area begins above 0. */
    public SvgPlot logarithmic() {
        horizontal = horizontal.byLogarithm();
        return this;
    }

    /** The horizontal axis has its ticks here, in place of round numbers. */
    public SvgPlot ticksAt(double... values) {
        horizontal = horizontal.ticksAt(values);
        return this;
    }

    private double y(double value) {
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * vertical.at(value);
    }

    /** Straight pieces from point to point; a number that is not finite leaves a hole. */
    public SvgPlot line(double[] xs, double[] ys, String colour, boolean dashed, double width) {
        flush();
        StringBuilder path = new StringBuilder();
        boolean down = false;
        for (int i = 0; i < xs.length; i++) {
            boolean finite = Double.isFinite(xs[i]) && Double.isFinite(ys[i]);
            if (finite) {
                numbers.point("", colour, xs[i], ys[i]);
                path.append(String.format(Locale.ROOT, "%s%.1f %.1f", down ? "L" : "M", x(xs[i]), y(ys[i])));
            }
            down = finite;
        }
        shapes.format("<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\"%s/>%n", path, colour, width,
                dashed ? " stroke-dasharray=\"5 3\"" : "");
        return this;
    }

    /** What lies within an error of a line. */
    SvgPlot band(double[] xs, double[] ys, double[] errors, String colour) {
        flush();
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < 2 * xs.length; i++) {
            int at = i < xs.length ? i : 2 * xs.length - 1 - i;
            double edge = ys[at] + (i < xs.length ? errors[at] : -errors[at]);
            numbers.point("", colour, xs[at], edge);
            path.append(String.format(Locale.ROOT, "%s%.1f %.1f", i == 0 ? "M" : "L", x(xs[at]), y(edge)));
        }
        shapes.format("<path d=\"%sz\" fill=\"%s\" fill-opacity=\"0.18\"/>%n", path, colour);
        return this;
    }

    /** Dots of one colour and size without a hint become one path. */
    public void dot(double atX, double atY, String colour, double radius, String hint) {
        numbers.point(hint, colour, atX, atY);
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
        numbers.point(hint, colour, atX, atY);
        shapes.format(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"15\" fill=\"%s\">%s<title>%s</title>"
                        + "</text>%n",
                x(atX), y(atY) + 5, colour, escape(symbol), escape(hint));
    }

    /** From a point in the direction of a velocity; {@code longest} is the speed whose arrow is {@code pixels} long. */
    public void arrow(double atX, double atY, double velocityX, double velocityY, double longest, double pixels) {
        numbers.velocity(atX, atY, velocityX, velocityY);
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
        double width = (double) (WIDTH - left - RIGHT) / count;
        double height = (double) (HEIGHT - TOP - BOTTOM) / count;
        double strength = Math.min(1, Math.abs(value));
        String colour = value < 0 ? COLOURS.get(0) : COLOURS.get(1);
        if (hint.isEmpty()) {
            long level = Math.round(CELL_LEVELS * strength);
            if (level > 0) {
                numbers.cell(row, column, value);
                gather(String.format(Locale.ROOT, "fill=\"%s\" fill-opacity=\"%.2f\"", colour, level / CELL_LEVELS),
                        String.format(Locale.ROOT, "M%.1f %.1fh%.1fv%.1fh%.1fz", left + column * width,
                                TOP + row * height, width, height, -width));
            }
            return;
        }
        flush();
        numbers.cell(row, column, value);
        shapes.format("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" fill-opacity=\"%.3f\">"
                + "<title>%s</title></rect>%n", left + column * width, TOP + row * height, width, height, colour,
                strength, escape(hint));
        if (count <= 10) {
            shapes.format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"9\">%.2f</text>%n",
                    left + (column + 0.5) * width, TOP + (row + 0.5) * height + 3, value);
        }
    }

    /** Names along both sides of a matrix, in place of ticks. */
    public SvgPlot names(List<String> names) {
        flush();
        ticks = false;
        numbers.names(names);
        double width = (double) (WIDTH - left - RIGHT) / names.size();
        double height = (double) (HEIGHT - TOP - BOTTOM) / names.size();
        for (int i = 0; i < names.size(); i++) {
            shapes.format("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>%n", left - 4,
                    TOP + (i + 0.5) * height + 4, escape(names.get(i)));
            shapes.format("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n", left + (i + 0.5) * width,
                    HEIGHT - BOTTOM + 14, escape(names.get(i)));
        }
        return this;
    }

    /** An entry of the legend below the title; what does not fit there comes below, on the picture. */
    public SvgPlot entry(String name, String colour) {
        numbers.entry(name, colour);
        if (legendAt > left && legendAt + 14 + 5.6 * name.length() > WIDTH - RIGHT) {
            legendAt = left;
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

    /** Several pictures one after the other, with an empty line between them: a report puts them side by side. */
    public static String pictures(List<SvgPlot> plots) {
        return plots.stream().map(SvgPlot::svg).collect(Collectors.joining("\n"));
    }

    /** @param from where the left edge is */
    private String svg(int from) {
        flush();
        Formatter out = new Formatter(Locale.ROOT);
        out.format("<svg xmlns=\"http://www.w3.org/2000/svg\"%s width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
                + " font-family=\"sans-serif\" font-size=\"11\" role=\"img\"><title>%s</title>%n"
                + "<metadata>%s</metadata>%n"
                + "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n", from == 0 ? "" : " x=\"" + from + "\"",
                WIDTH, HEIGHT, WIDTH, HEIGHT, escape(title), escape(csv()));
        out.format("<text x=\"%d\" y=\"14\" font-weight=\"bold\">%s</text>%n", rows.isEmpty() ? left : LEFT / 4,
                escape(title));
        out.format("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>%n", (left + WIDTH - RIGHT) / 2,
                HEIGHT - 8, escape(horizontal.name()));
        if (rows.isEmpty()) {
            out.format("<text transform=\"translate(12 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>%n",
                    (TOP + HEIGHT - BOTTOM) / 2, escape(vertical.name()));
        }
        if (ticks) {
            ticks(out);
        }
        out.format("<svg x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" viewBox=\"%d %d %d %d\" overflow=\"%s\">%n", left,
                TOP, WIDTH - left - RIGHT, HEIGHT - TOP - BOTTOM, left, TOP, WIDTH - left - RIGHT,
                HEIGHT - TOP - BOTTOM, ticks ? "hidden" : "visible");
        return out.toString() + shapes + "</svg>\n" + legend + "</svg>\n";
    }

    private void ticks(Formatter out) {
        for (double value : horizontal.ticks()) {
            out.format("<path d=\"M%.1f %dV%d\" stroke=\"#e5e8ee\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s"
                    + "</text>%n", x(value), TOP, HEIGHT - BOTTOM, x(value), HEIGHT - BOTTOM + 14,
                    PlotAxis.number(value));
        }
        for (double value : vertical.ticks()) {
            row(out, y(value), PlotAxis.number(value));
        }
        for (int i = 0; i < rows.size(); i++) {
            row(out, y(i), cut(rows.get(i), (int) ((left - 10) / 5.6)));
        }
    }

    private void row(Formatter out, double at, String name) {
        out.format("<path d=\"M%d %.1fH%d\" stroke=\"#e5e8ee\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s"
                + "</text>%n", left, at, WIDTH - RIGHT, left - 4, at + 4, escape(name));
    }

    /** A name in as much room as there is. */
    private static String cut(String name, int most) {
        return name.length() <= most ? name : name.substring(0, most - 1).strip() + "\u2026";
    }

    public static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
