package kappa.dashboards.bench;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.bench.GradientSize;
import kappa.fitting.bench.KernelBench;
import kappa.fitting.bench.KernelBench.Series;
import kappa.fitting.bench.MachineLimits;
import kappa.ingest.recording.Observation;

/**
 * What the benchmark of the kernels found, as JSON values, as tables and as a picture. Parts that were not measured
 * are empty.
 *
 * @param limits of the machine, for one thread and for all
 */
public record KernelReport(String machine, List<MachineLimits> limits, List<KernelBench.GradientRow> gradients,
        List<KernelBench.FilterRow> filters, List<KernelBench.MatrixRow> matrices,
        List<KernelBench.OptimiserRow> optimisers) {

    private static final String NOT_SETTLED = "not settled";

    /**
     * Puts {@code machine_limits}, {@code bptt}, {@code filter}, {@code matrix} and {@code optimiser}, what there is of
     * them.
     */
    public void addTo(Map<String, Object> out) {
        put(out, "machine_limits", limits, KernelReport::json);
        put(out, "bptt", gradients, KernelReport::json);
        put(out, "filter", filters,
                row -> with(figures("n", row.size().neurons(), "k", row.size().rank(), "s", row.size().inputs(),
                        "observation", name(row.size().kind())), "us", 1e-3, row.cost()));
        put(out, "matrix", matrices,
                row -> with(figures("rows", row.rows(), "n", row.neurons(), "gflops", row.gflops(),
                        "fraction_of_peak", row.peak()), "ms", 1e-6, row.cost()));
        put(out, "optimiser", optimisers,
                row -> with(figures("parameters", row.parameters(), "floor_ns", row.floorNs(), "roofline_ratio",
                        row.nsPerParameter() / row.floorNs()), "ns_per_parameter", 1.0 / row.parameters(),
                        row.cost()));
    }

    private static <R> void put(Map<String, Object> out, String name, List<R> rows,
            Function<R, Map<String, Object>> json) {
        if (!rows.isEmpty()) {
            out.put(name, rows.stream().map(json).toList());
        }
    }

    private static Map<String, Object> json(MachineLimits limits) {
        return figures("threads", limits.threads(), "lanes", limits.lanes(), "fma_gflops", 2e-9 * limits.fmaPerSecond(),
                "phi_ns", perThreadNs(limits, limits.phiPerSecond()), "square_root_and_division_ns",
                perThreadNs(limits, limits.rootsPerSecond()), "library_tanh_ns",
                perThreadNs(limits, limits.libraryTanhPerSecond()), "read",
                limits.reads().stream().map(read -> figures("bytes_per_thread", read.workingSet(), "gb_per_second",
                        1e-9 * read.bytesPerSecond())).toList());
    }

    private static Map<String, Object> json(KernelBench.GradientRow row) {
        GradientSize size = row.size();
        Map<String, Object> out = with(figures("n", size.neurons(), "k", size.rank(), "s", size.inputs(), "t",
                size.bins(), "b", size.windows(), "observation", name(size.kind()), "threads", row.threads(),
                "floor_ms", row.floor().ms(), "roofline_ratio", row.ratio(), "limit", row.floor().limit(),
                "gflops", row.gflops(), "ns_per_neuron_step", row.nsPerNeuronStep()), "ms", 1e-6,
                row.cost());
        if (row.c().settled()) {
            out.put("c_ms_cpu", 1e-6 * row.c().cpuNs());
            out.put("c_ms_cpu_min", 1e-6 * row.c().minCpuNs());
            out.put("times_c_cpu", row.timesC());
        }
        return out;
    }

    /** Adds a row's median and shortest times on the clock and on processors, under {@code name} and names made of it. */
    private static Map<String, Object> with(Map<String, Object> out, String name, double unit, KernelBench.Cost cost) {
        out.put("settled", cost.settled());
        out.put(name, unit * cost.ns());
        out.put(name + "_min", unit * cost.minNs());
        out.put(name + "_cpu", unit * cost.cpuNs());
        out.put(name + "_cpu_min", unit * cost.minCpuNs());
        out.put("bytes_allocated", cost.bytesAllocated());
        return out;
    }

    private static Map<String, Object> figures(Object... namesAndValues) {
        Map<String, Object> out = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            out.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return out;
    }

    private static double perThreadNs(MachineLimits limits, double perSecond) {
        return 1e9 * limits.threads() / perSecond;
    }

    private static String name(Observation kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    /** All tables, which read well as text and as Markdown. */
    public String tables() {
        StringBuilder out = new StringBuilder();
        limits(out);
        gradients(out);
        Table filter = new Table("N", "K", "S", "observed", "us a bin", "min", "CPU", "CPU min", "bytes");
        for (KernelBench.FilterRow row : filters) {
            filter.row(row.size().neurons(), row.size().rank(), row.size().inputs(), name(row.size().kind()),
                    times(2, 1e-3, row.cost()), fixed(0, row.cost().bytesAllocated(), row.cost()));
        }
        filter.appendTo(out, "Filter: predict, score, update");
        Table matrix = new Table("rows", "N", "ms", "min", "CPU", "CPU min", "GFLOP/s", "of the peak", "bytes");
        for (KernelBench.MatrixRow row : matrices) {
            matrix.row(row.rows(), row.neurons(), times(3, 1e-6, row.cost()), fixed(1, row.gflops(), row.cost()),
                    fixed(2, row.peak(), row.cost()), fixed(0, row.cost().bytesAllocated(), row.cost()));
        }
        matrix.appendTo(out, "Matrix products of full-rank networks: rows x N times N x N, one thread");
        Table optimiser = new Table("parameters", "ns a parameter", "min", "CPU", "CPU min", "floor", "ratio", "bytes");
        for (KernelBench.OptimiserRow row : optimisers) {
            optimiser.row(row.parameters(), times(3, 1.0 / row.parameters(), row.cost()), fixed(3, row.floorNs()),
                    fixed(2, row.nsPerParameter() / row.floorNs(), row.cost()),
                    fixed(0, row.cost().bytesAllocated(), row.cost()));
        }
        optimiser.appendTo(out, "Adam alone, one thread");
        return out.toString();
    }

    private void limits(StringBuilder out) {
        Table table = new Table("threads", "floats wide", "FMA GFLOP/s", "phi ns", "root and division ns",
                "library tanh ns", "read GB/s");
        for (MachineLimits limit : limits) {
            List<String> reads = new ArrayList<>();
            for (MachineLimits.Bandwidth read : limit.reads()) {
                reads.add(fixed(0, 1e-9 * read.bytesPerSecond()) + " (" + (read.workingSet() >> 10) + " KiB)");
            }
            table.row(limit.threads(), limit.lanes(), fixed(1, 2e-9 * limit.fmaPerSecond()),
                    fixed(3, perThreadNs(limit, limit.phiPerSecond())),
                    fixed(3, perThreadNs(limit, limit.rootsPerSecond())),
                    fixed(3, perThreadNs(limit, limit.libraryTanhPerSecond())), String.join(", ", reads));
        }
        table.appendTo(out, "What " + machine + " can do: nanoseconds an element of each thread; rates of all threads;"
                + " memory by the working set of a thread");
    }

    private void gradients(StringBuilder out) {
        for (Series series : Series.values()) {
            List<KernelBench.GradientRow> all = gradients.stream().filter(row -> row.series() == series).toList();
            boolean beside = all.stream().anyMatch(row -> row.c().settled());
            List<String> header = new ArrayList<>(List.of("N", "K", "S", "T", "B", "observed", "threads", "ms", "min",
                    "CPU", "CPU min", "floor ms", "ratio", "GFLOP/s", "ns a neuron-step", "bytes"));
            if (beside) {
                header.addAll(List.of("C CPU min", "times C"));
            }
            Table table = new Table(header.toArray(String[]::new));
            for (KernelBench.GradientRow row : all) {
                GradientSize size = row.size();
                List<Object> cells = new ArrayList<>(List.of(size.neurons(), size.rank(), size.inputs(), size.bins(),
                        size.windows(), name(size.kind()), row.threads(), times(3, 1e-6, row.cost()),
                        fixed(3, row.floor().ms()), fixed(2, row.ratio(), row.cost()),
                        fixed(1, row.gflops(), row.cost()),
                        fixed(2, row.nsPerNeuronStep(), row.cost()),
                        fixed(0, row.cost().bytesAllocated(), row.cost())));
                if (beside) {
                    cells.add(fixed(3, 1e-6 * row.c().minCpuNs(), row.c()));
                    cells.add(row.cost().settled() ? fixed(2, row.timesC(), row.c()) : NOT_SETTLED);
                }
                table.row(cells.toArray());
            }
            table.appendTo(out, switch (series) {
                case PUBLISHED -> "One gradient step (forward, backward, Adam) at the published sizes";
                case ODD -> "One gradient step at sizes that fill no vector";
                case NEURONS -> "One gradient step against N";
                case RANK -> "One gradient step against K";
                case BINS -> "One gradient step against T";
                case COUNTS -> "One gradient step on spike counts";
            });
        }
    }

    /** Median and shortest time on the clock, and on processors. */
    private static List<String> times(int decimals, double unit, KernelBench.Cost cost) {
        return DoubleStream.of(cost.ns(), cost.minNs(), cost.cpuNs(), cost.minCpuNs())
                .mapToObj(ns -> fixed(decimals, unit * ns, cost)).toList();
    }

    /** A figure of a row, or what stands in its place where the row did not settle. */
    private static String fixed(int decimals, double value, KernelBench.Cost cost) {
        return cost.settled() ? fixed(decimals, value) : NOT_SETTLED;
    }

    private static String fixed(int decimals, double value) {
        return BigDecimal.valueOf(value).setScale(decimals, RoundingMode.HALF_EVEN).toPlainString();
    }

    /** Writes {@code kernels-measured.md} and {@code kernels.svg} into a directory that exists. */
    public void write(Path directory) throws IOException {
        Files.writeString(directory.resolve("kernels-measured.md"),
                "# Kernels, measured\n\nWritten by `./kappa bench --report DIR`.\n\n"
                        + "![cost of a gradient step](kernels.svg)\n\n"
                        + tables());
        Files.writeString(directory.resolve("kernels.svg"), picture());
    }

    /** Time a neuron-step against N, K and T, measured and at least. */
    String picture() {
        return SvgPlot.row(List.of(
                plot(Series.NEURONS, "ns a neuron-step against N", "N (K 2, S 4, T 100, B 8)", true,
                        GradientSize::neurons),
                plot(Series.RANK, "against K", "K (N 1024, S 4, T 100, B 8)", false, GradientSize::rank),
                plot(Series.BINS, "against T", "T (N 1024, K 2, S 4, B 8)", true, GradientSize::bins)));
    }

    private static String threads(MachineLimits limit) {
        return limit.threads() == 1 ? "one thread" : limit.threads() + " threads";
    }

    /** Solid: measured; dashed: the least time. */
    private SvgPlot plot(Series series, String title, String abscissa, boolean logarithmic,
            ToIntFunction<GradientSize> x) {
        List<KernelBench.GradientRow> all = gradients.stream()
                .filter(row -> row.series() == series && row.cost().settled()).toList();
        double[] sizes = all.stream().mapToDouble(row -> x.applyAsInt(row.size())).distinct().sorted().toArray();
        SvgPlot plot = new SvgPlot(title, abscissa, "ns", sizes.length == 0 ? 1 : sizes[0],
                sizes.length == 0 ? 2 : sizes[sizes.length - 1], 0,
                all.stream().mapToDouble(KernelBench.GradientRow::nsPerNeuronStep).filter(Double::isFinite).max()
                        .orElse(1))
                .ticksAt(sizes);
        if (logarithmic) {
            plot.logarithmic();
        }
        for (int i = 0; i < limits.size(); i++) {
            MachineLimits limit = limits.get(i);
            List<KernelBench.GradientRow> rows = all.stream().filter(row -> row.threads() == limit.threads()).toList();
            if (!rows.isEmpty()) {
                double[] at = rows.stream().mapToDouble(row -> x.applyAsInt(row.size())).toArray();
                String colour = SvgPlot.COLOURS.get(i % SvgPlot.COLOURS.size());
                plot.line(at, rows.stream().mapToDouble(KernelBench.GradientRow::nsPerNeuronStep).toArray(), colour,
                        false, 2);
                plot.line(at, rows.stream().mapToDouble(row -> row.nsPerNeuronStep() / row.ratio()).toArray(), colour,
                        true, 2);
                plot.entry(threads(limit) + "; dashed: the least time", colour);
            }
        }
        return plot;
    }

    /** Rows and columns, aligned. A list fills several cells. */
    private static final class Table {
        private final List<String[]> rows = new ArrayList<>();

        Table(String... header) {
            rows.add(header);
        }

        void row(Object... cells) {
            rows.add(Stream.of(cells)
                    .flatMap(cell -> cell instanceof List<?> several ? several.stream() : Stream.of(cell))
                    .map(Object::toString).toArray(String[]::new));
        }

        void appendTo(StringBuilder out, String title) {
            if (rows.size() == 1) {
                return;
            }
            int[] widths = new int[rows.getFirst().length];
            for (String[] row : rows) {
                for (int i = 0; i < widths.length; i++) {
                    widths[i] = Math.max(widths[i], row[i].length());
                }
            }
            out.append(title).append("\n\n");
            for (int r = 0; r < rows.size(); r++) {
                for (int i = 0; i < widths.length; i++) {
                    String cell = rows.get(r)[i];
                    out.append(i == 0 ? "| " : " | ").repeat(" ", widths[i] - cell.length()).append(cell);
                }
                out.append(" |\n");
                if (r == 0) {
                    for (int width : widths) {
                        out.append('|').repeat("-", width + 1).append(':');
                    }
                    out.append("|\n");
                }
            }
            out.append('\n');
        }
    }
}
