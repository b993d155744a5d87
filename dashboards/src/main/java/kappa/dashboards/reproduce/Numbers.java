package kappa.dashboards.reproduce;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Numbers as the page shows them. Stateless. */
final class Numbers {

    private Numbers() {}

    static String shown(double value) {
        return String.format(Locale.ROOT, "%.3g", value + 0.0).contains("e")
                ? String.format(Locale.ROOT, "%.4f", value + 0.0)
                : String.format(Locale.ROOT, "%.3f", value + 0.0);
    }

    /** Of several seeds: the median with the smallest and the largest. */
    static String range(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return values.length == 1
                ? shown(values[0])
                : shown(median(values)) + " [" + shown(sorted[0]) + " to " + shown(sorted[sorted.length - 1]) + ", "
                        + values.length + " seeds]";
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** [[a, b], [c, d]] of a matrix by rows. */
    static String matrix(double[] flat) {
        int columns = (int) Math.sqrt(flat.length);
        return IntStream.range(0, columns)
                .mapToObj(row -> Arrays.stream(flat, row * columns, (row + 1) * columns)
                        .mapToObj(value -> String.format(Locale.ROOT, "%.2f", value + 0.0))
                        .collect(Collectors.joining(", ", "[", "]")))
                .collect(Collectors.joining(", ", "[", "]"));
    }
}
