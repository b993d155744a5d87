package kappa.fitting.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kappa.fitting.fit.Adam;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.MachineProbe;
import kappa.fitting.kernel.PackedMatrix;
import kappa.ingest.recording.Observation;

/**
 * Times the kernels as the fit, the filter and the training of tasks use them, and compares with the least time that
 * this machine could take ({@link Roofline}), measured in the same run. Not thread-safe. Run nothing else meanwhile.
 */
public final class KernelBench {

    /** What a row is there to show. */
    public enum Series {
        /** The sizes at which other programs were measured. */
        PUBLISHED,
        /** Sizes that fill no vector. */
        ODD,
        /** Cost against N. */
        NEURONS,
        /** Cost against K. */
        RANK,
        /** Cost against T. */
        BINS,
        /** Spike counts. */
        COUNTS
    }

    /**
     * One gradient step of {@code size}: its median time, the least time, and what it allocates on the heap.
     *
     * @param jaxMs what jit-compiled JAX takes, scaled to this machine by {@link MachineLimits#referenceScale}; NaN
     *        where it was not measured
     */
    public record GradientRow(Series series, GradientSize size, int threads, double ms, Roofline floor,
            double bytesAllocated, double jaxMs) {

        public double ratio() {
            return ms / floor.ms();
        }

        public double gflops() {
            return Roofline.flops(size) / ms / 1e6;
        }

        public double nsPerNeuronStep() {
            return 1e6 * ms / size.neuronSteps();
        }
    }

    /** @param us microseconds for a bin */
    public record FilterRow(FilterSize size, double us, double bytesAllocated) {}

    /**
     * B states of N neurons times N by N weights, on one thread.
     *
     * @param peak the fraction of the machine's multiply-adds that was reached
     */
    public record MatrixRow(int rows, int neurons, double ms, double gflops, double peak, double bytesAllocated) {}

    /** @param floorNs the least time a parameter */
    public record OptimiserRow(int parameters, double nsPerParameter, double floorNs, double bytesAllocated) {}

    private record Published(GradientSize size, double jaxMs) {}

    /** Measured with jit-compiled JAX (lax.scan) on two cores of a machine with AVX-512. */
    private static final List<Published> PUBLISHED = List.of(
            new Published(GradientSize.of(512, 1, 4, 75, 32), 8.7),
            new Published(GradientSize.of(1024, 2, 4, 100, 1), 0.91),
            new Published(GradientSize.of(1024, 2, 4, 100, 32), 64),
            new Published(GradientSize.of(4096, 3, 4, 100, 8), 74));

    private static final int[] NEURONS = {512, 1024, 2048, 4096, 8192, 16_384};
    private static final int[] BINS = {25, 50, 100, 200, 400};
    private static final int MAX_RANK = 8;
    private static final int[] OPTIMISED = {10_000, 100_000, 1_000_000};

    private final Effort effort;
    private final List<MachineLimits> limits;

    /**
     * Measures what the machine can do on one thread and on {@code threads}.
     *
     * @param threads the most that a gradient step is shared among
     */
    public KernelBench(int threads, Effort effort) {
        this.effort = effort;
        MachineProbe probe = KernelProvider.probe();
        limits = IntStream.of(1, threads).distinct()
                .mapToObj(count -> MachineLimits.measure(probe, count)).toList();
    }

    /** For one thread and, if there are more, for all. */
    public List<MachineLimits> limits() {
        return limits;
    }

    /**
     * Gradient steps.
     *
     * @param progress is told what is being measured
     */
    public List<GradientRow> gradients(Set<Series> wanted, Consumer<String> progress) {
        List<GradientRow> rows = new ArrayList<>();
        for (Series series : wanted) {
            progress.accept("gradient, " + series.name().toLowerCase(Locale.ROOT));
            rows.addAll(gradients(series));
        }
        return rows;
    }

    private static List<GradientSize> sizes(Series series) {
        return switch (series) {
            case PUBLISHED -> PUBLISHED.stream().map(Published::size).toList();
            case ODD -> List.of(GradientSize.of(1000, 3, 3, 37, 5), GradientSize.of(71, 2, 1, 100, 7));
            case NEURONS -> IntStream.of(NEURONS).mapToObj(n -> GradientSize.of(n, 2, 4, 100, 8)).toList();
            case RANK -> IntStream.rangeClosed(1, MAX_RANK).mapToObj(k -> GradientSize.of(1024, k, 4, 100, 8)).toList();
            case BINS -> IntStream.of(BINS).mapToObj(t -> GradientSize.of(1024, 2, 4, t, 8)).toList();
            case COUNTS -> sizes(Series.PUBLISHED).stream().map(size -> size.withKind(Observation.COUNTS)).toList();
        };
    }

    private List<GradientRow> gradients(Series series) {
        List<GradientStep> steps = new ArrayList<>();
        List<GradientSize> sizes = sizes(series);
        try {
            for (GradientSize size : sizes) {
                for (MachineLimits machine : limits) {
                    steps.add(new GradientStep(KernelProvider.kernels(), size, machine.threads()));
                }
            }
            List<Stopwatch.Time> times = Stopwatch.measure(steps, effort);
            List<GradientRow> rows = new ArrayList<>();
            for (int i = 0; i < times.size(); i++) {
                GradientSize size = sizes.get(i / limits.size());
                MachineLimits machine = limits.get(i % limits.size());
                rows.add(new GradientRow(series, size, machine.threads(), times.get(i).ns() / 1e6,
                        Roofline.of(size, machine), times.get(i).bytesAllocated(), jaxMs(size)));
            }
            return rows;
        } finally {
            steps.forEach(Step::close);
        }
    }

    private double jaxMs(GradientSize size) {
        return PUBLISHED.stream().filter(published -> published.size().equals(size)).findFirst()
                .map(published -> published.jaxMs() * limits.getFirst().referenceScale()).orElse(Double.NaN);
    }

    /** Bins through the filter. */
    public List<FilterRow> filters() {
        List<FilterSize> sizes = Stream.concat(
                Stream.of(Observation.values()).map(kind -> new FilterSize(1024, 3, 4, kind)),
                Stream.concat(
                        IntStream.of(256, 4096, 16_384).mapToObj(n -> new FilterSize(n, 3, 4, Observation.COUNTS)),
                        IntStream.of(1, 2, 5, 8).mapToObj(k -> new FilterSize(1024, k, 4, Observation.COUNTS))))
                .toList();
        List<Stopwatch.Time> times = Stopwatch.measure(
                sizes.stream().map(size -> new FilterStep(KernelProvider.kernels(), size)).toList(), effort);
        return IntStream.range(0, sizes.size()).mapToObj(
                i -> new FilterRow(sizes.get(i), times.get(i).ns() / 1e3, times.get(i).bytesAllocated())).toList();
    }

    /** Products of matrices, on one thread: what a full-rank network spends its time with. */
    public List<MatrixRow> matrices() {
        int[][] sizes = {{32, 128}, {32, 512}, {32, 1024}, {512, 512}};
        List<Stopwatch.Time> times = Stopwatch.measure(
                Stream.of(sizes).map(size -> product(size[0], size[1])).toList(), effort);
        return IntStream.range(0, sizes.length).mapToObj(i -> {
            double fma = (double) sizes[i][0] * sizes[i][1] * sizes[i][1];
            double ns = times.get(i).ns();
            return new MatrixRow(sizes[i][0], sizes[i][1], ns / 1e6, 2 * fma / ns,
                    fma / ns * 1e9 / limits.getFirst().fmaPerSecond(), times.get(i).bytesAllocated());
        }).toList();
    }

    /** One product of matrices, as one time step of a full-rank network needs it: B states times N by N weights. */
    private static Step product(int rows, int neurons) {
        RandomProblem random = new RandomProblem(1);
        float[] a = random.gaussian(rows * neurons, 1);
        PackedMatrix b = new PackedMatrix().pack(random.gaussian(neurons * neurons, 1), 0, neurons, neurons, neurons, 1,
                1f);
        float[] c = new float[rows * neurons];
        return () -> KernelProvider.matrices().multiply(rows, a, 0, neurons, 1, b, c, 0, neurons, false);
    }

    /** Adam alone, on one thread. */
    public List<OptimiserRow> optimisers() {
        List<Stopwatch.Time> times = Stopwatch.measure(IntStream.of(OPTIMISED).mapToObj(KernelBench::adam).toList(),
                effort);
        return IntStream.range(0, OPTIMISED.length).mapToObj(i -> new OptimiserRow(OPTIMISED[i],
                times.get(i).ns() / OPTIMISED[i],
                1e6 * Roofline.adam(OPTIMISED[i], limits.getFirst()).ms() / OPTIMISED[i],
                times.get(i).bytesAllocated())).toList();
    }

    private static Step adam(int parameters) {
        RandomProblem random = new RandomProblem(1);
        Adam adam = Adam.averaging(List.of(random.gaussian(parameters, 1)));
        List<float[]> gradient = List.of(random.gaussian(parameters, 1));
        return () -> {
            if (!adam.step(gradient)) {
                throw new IllegalStateException("the gradient is not finite");
            }
        };
    }
}
