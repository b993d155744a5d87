package kappa.dashboards.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The numbers that a picture shows, as CSV: a row is a point of a series, with its velocity where there is an arrow, or a cell of
 * a matrix. Numbers have {@value #DIGITS} digits. Not thread-safe.
 */
final class PlotNumbers {

    private static final int DIGITS = 5;
    private static final double SMALLEST_PLAIN = 1e-4;
    private static final double LARGEST_PLAIN = 1e7;

    /** What was drawn: of which series, or else in which colour, and where. */
    private record Row(String series, String colour, double[] values) {}

    private final List<Row> rows = new ArrayList<>();
    private final Map<String, String> legend = new HashMap<>();
    private String series = "";
    private boolean velocities;
    private boolean cells;
    private List<String> names = List.of();

    /** What is drawn from here on belongs to a series; without a name the legend's entry of its colour stands for it. */
    void series(String name) {
        series = name;
    }

    void entry(String name, String colour) {
        legend.putIfAbsent(colour, name);
    }

    void point(String own, String colour, double... values) {
        rows.add(new Row(own.isEmpty() ? series : own, colour, values));
    }

    void velocity(double... values) {
        velocities = true;
        rows.add(new Row("flow", "", values));
    }

    void cell(int row, int column, double value) {
        cells = true;
        rows.add(new Row("", "", new double[]{row, column, value}));
    }

    void names(List<String> of) {
        names = of;
    }

    String csv(String horizontal, String vertical) {
        String x = horizontal.isEmpty() ? "x" : horizontal;
        String y = vertical.isEmpty() ? "y" : vertical;
        StringBuilder out = new StringBuilder();
        line(out, cells
                ? List.of("row", "column", "value")
                : velocities
                        ? List.of("series", x, y, "velocity of " + x, "velocity of " + y)
                        : List.of("series", x, y));
        for (Row row : rows) {
            List<String> fields = new ArrayList<>();
            if (!cells) {
                fields.add(row.series.isEmpty() ? legend.getOrDefault(row.colour, "") : row.series);
            }
            for (int i = 0; i < row.values.length; i++) {
                fields.add(cells && i < 2 && !names.isEmpty() ? names.get((int) row.values[i]) : number(row.values[i]));
            }
            line(out, fields);
        }
        return out.toString();
    }

    private static String number(double value) {
        if (!Double.isFinite(value)) {
            return "";
        }
        BigDecimal rounded = new BigDecimal(value, new MathContext(DIGITS)).stripTrailingZeros();
        double size = Math.abs(value);
        return size == 0 || (size >= SMALLEST_PLAIN && size < LARGEST_PLAIN)
                ? rounded.toPlainString()
                : rounded.toString();
    }

    private static void line(StringBuilder out, List<String> fields) {
        for (int i = 0; i < fields.size(); i++) {
            // A table is also read by programs that guess its encoding.
            String field = fields.get(i).replace("\u03ba", "kappa ").replace('\u2212', '-').replace("\u00b1", "and");
            boolean quoted = field.contains(",") || field.contains("\"") || field.contains("\n");
            out.append(i == 0 ? "" : ",").append(quoted ? "\"" + field.replace("\"", "\"\"") + "\"" : field);
        }
        out.append('\n');
    }
}
