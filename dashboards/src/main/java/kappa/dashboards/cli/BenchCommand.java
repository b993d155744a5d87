package kappa.dashboards.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import kappa.dashboards.bench.KernelReport;
import kappa.dashboards.bench.LatencyBench;
import kappa.dashboards.bench.ReplayBench;
import kappa.fitting.bench.Effort;
import kappa.fitting.bench.KernelBench;
import kappa.fitting.bench.KernelBench.Series;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The benchmarks, each with its baseline in the same run. */
@Command(name = "bench", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Measure kernels, replay and latency, each with its baseline.",
    "",
    "Kernels are compared with the least time this machine could take and, where a C compiler is found, with a C program "
            + "of the same step, measured in the same run. A row that allocates or whose time still changes after five "
            + "seconds of processor time says \"not settled\". "
            + "Latency is compared with a bare Kafka echo on the same broker."})
final class BenchCommand implements Callable<Integer> {

    private static final int REPLAY_NEURONS = 1024;
    private static final int REPLAY_RANK = 3;
    private static final int MAX_THREADS = 1024;
    private static final int MAX_SESSIONS = 1000;

    /** What can be measured. */
    private enum Part {
        BPTT, FILTER, MATRIX, OPTIMISER, REPLAY, LATENCY;

        private static final Set<Part> KERNELS = EnumSet.of(BPTT, FILTER, MATRIX, OPTIMISER);
    }

    @Option(names = "--only", paramLabel = "PART", split = ",",
            description = "Benchmarks to run, separated by commas: bptt (gradient steps), filter (bins), matrix "
                    + "(products of full-rank networks), optimiser (Adam), replay (bins per second with and "
                    + "without the fit), latency (default: all).")
    private List<Part> only = List.of(Part.values());

    @Option(names = "--quick",
            description = "Run fewer repetitions of fewer sizes.")
    private boolean quick;

    @Option(names = {"--threads", "--fit-threads"}, paramLabel = "N",
            description = "Number of threads that share a gradient step, measured besides one thread, and of threads "
                    + "that fit (default: the number of processors; one less for latency).")
    private Integer threads;

    @Option(names = "--sessions", paramLabel = "N", defaultValue = "1",
            description = "Latency: number of sessions at a time (default: ${DEFAULT-VALUE}).")
    private int sessions;

    @Option(names = "--neurons", paramLabel = "N", defaultValue = "1024",
            description = "Latency: number of neurons (default: ${DEFAULT-VALUE}).")
    private int neurons;

    @Option(names = "--rank", paramLabel = "K", defaultValue = "3",
            description = "Latency: rank of the fitted network (default: ${DEFAULT-VALUE}).")
    private int rank;

    @Option(names = "--bins-per-second", paramLabel = "R", defaultValue = "100",
            description = "Latency: bins per second of each session (default: ${DEFAULT-VALUE}).")
    private double binsPerSecond;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "60",
            description = "Latency: number of seconds that are measured (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(names = "--warm-up", paramLabel = "S", defaultValue = "30",
            description = "Latency: number of seconds before the measurement (default: ${DEFAULT-VALUE}).")
    private int warmUp;

    @Option(names = "--report", paramLabel = "DIR",
            description = "Directory for the tables (kernels-measured.md) and curves (kernels.svg) of the kernels "
                    + "(default: none).")
    private Path report;

    @Mixin
    private FiguresOption output;

    private Output.Progress progress;
    private int begun;
    private int total;

    @Override
    public Integer call() throws InterruptedException, IOException {
        Checks.require(threads == null || (threads >= 1 && threads <= MAX_THREADS), "--threads", threads,
                "1 to " + MAX_THREADS);
        Checks.require(sessions >= 1 && sessions <= MAX_SESSIONS, "--sessions", sessions, "1 to " + MAX_SESSIONS);
        Checks.require(neurons >= 1, "--neurons", neurons, "at least 1");
        Checks.require(rank >= 1, "--rank", rank, "at least 1");
        Checks.require(binsPerSecond > 0 && binsPerSecond <= 10_000, "--bins-per-second", binsPerSecond,
                "a number in (0, 10000]");
        Checks.require(seconds >= 1, "--seconds", seconds, "at least 1");
        Checks.require(warmUp >= 0, "--warm-up", warmUp, "at least 0");
        Set<Part> parts = EnumSet.copyOf(only);
        Checks.require(report == null || (parts.contains(Part.BPTT) && !quick), "--report", report,
                "it only with gradient steps of all sizes: without --quick, and with bptt in --only");
        Checks.require(report == null || (Files.isDirectory(report) && Files.isWritable(report)), "--report", report,
                "a directory that exists and can be written to");
        int processors = Runtime.getRuntime().availableProcessors();
        boolean kernelParts = parts.stream().anyMatch(Part.KERNELS::contains);
        Set<Series> series = parts.contains(Part.BPTT)
                ? quick ? EnumSet.of(Series.PUBLISHED) : EnumSet.allOf(Series.class)
                : EnumSet.noneOf(Series.class);
        progress = new Output.Progress("measured", "parts");
        parts.remove(Part.BPTT);
        total = parts.size() + series.size() + (kernelParts ? 1 : 0);
        Map<String, Object> out = new LinkedHashMap<>();
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        out.put("machine", Machine.describe());
        out.put("load", load);
        if (!output.json()) {
            System.out.printf(Locale.ROOT, "%s%nload %.1f at the beginning%n%n", Machine.describe(), load);
        }
        if (kernelParts) {
            KernelReport kernels = kernels(parts, series, threads == null ? processors : threads);
            kernels.addTo(out);
            if (!output.json()) {
                System.out.print(kernels.tables());
            }
            if (report != null) {
                kernels.write(report);
            }
        }
        if (parts.contains(Part.REPLAY) || parts.contains(Part.LATENCY)) {
            Path directory = Files.createTempDirectory("kappa-bench");
            try {
                if (parts.contains(Part.REPLAY)) {
                    section(out, "replay", replay(directory, threads == null ? processors : threads));
                }
                if (parts.contains(Part.LATENCY)) {
                    section(out, "latency",
                            latency(directory, threads == null ? Math.max(1, processors - 1) : threads));
                }
            } finally {
                delete(directory);
            }
        }
        progress.update(total, total);
        if (output.json()) {
            Output.json(out);
        }
        return 0;
    }

    private void section(Map<String, Object> out, String name, Map<String, Object> figures) {
        out.put(name, figures);
        if (!output.json()) {
            System.out.println(name);
            figures.forEach((figure, value) -> System.out.println("  " + figure + " " + value));
        }
    }

    private KernelReport kernels(Set<Part> parts, Set<Series> series, int most) {
        say("what the machine can do");
        KernelBench bench = new KernelBench(most, quick ? Effort.QUICK : Effort.FULL);
        return new KernelReport(Machine.describe(), bench.limits(),
                bench.gradients(series, this::say),
                parts.contains(Part.FILTER) ? told("filter", bench::filters) : List.of(),
                parts.contains(Part.MATRIX) ? told("matrix products", bench::matrices) : List.of(),
                parts.contains(Part.OPTIMISER) ? told("optimiser", bench::optimisers) : List.of());
    }

    private <T> List<T> told(String what, Supplier<List<T>> measurement) {
        say(what);
        return measurement.get();
    }

    private void say(String what) {
        progress.update(begun++, total, ": " + what);
    }

    private Map<String, Object> replay(Path directory, int count) {
        say("replay");
        ReplayBench.Result result = ReplayBench.run(directory, quick
                ? new ReplayBench.Load(REPLAY_NEURONS / 8, REPLAY_RANK, 4, 2, count)
                : new ReplayBench.Load(REPLAY_NEURONS, REPLAY_RANK, 60, 20, count));
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("bins_per_second_filter", result.filter());
        out.put("bins_per_second_learning", result.learning());
        out.put("neurons", result.load().neurons());
        out.put("rank", result.load().rank());
        out.put("inputs", result.inputs());
        out.put("observation", "counts");
        out.put("bins_per_trial", result.binsPerTrial());
        out.put("steps_per_trial", result.stepsPerTrial());
        out.put("trials", result.load().trials());
        out.put("threads", count);
        return out;
    }

    private Map<String, Object> latency(Path directory, int count) throws InterruptedException, IOException {
        say("latency, for " + (warmUp + seconds) + " s");
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            return new LatencyBench(KafkaConnection.to(broker.bootstrapServers()),
                    new LatencyBench.Load(sessions, neurons, rank, binsPerSecond, seconds, warmUp, count)).run();
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
