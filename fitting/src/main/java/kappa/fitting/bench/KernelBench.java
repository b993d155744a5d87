package kappa.fitting.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
     * What a row took.
     *
     * @param settled whether time and allocation settled before it was measured; the figures mean little where they did not
     * @param ns on the clock, the median
     * @param minNs likewise, the shortest
     * @param cpuNs of processors, all threads together, the median
     * @param minCpuNs likewise, the shortest
     */
    public record Cost(boolean settled, double ns, double minNs, double cpuNs, double minCpuNs, double bytesAllocated) {

        private static Cost of(Stopwatch.Time time) {
            return new Cost(time.settled(), time.ns(), time.minNs(), time.cpuNs(), time.minCpuNs(),
                    time.bytesAllocated());
        }
    }

    /**
     * One gradient step of {@code size}: what it cost, and the least time.
     *
     * @param c what a C program of the same step cost on one thread, in turns with this row; not settled where there was none
     */
    public record GradientRow(Series series, GradientSize size, int threads, Cost cost, Roofline floor, Cost c) {

        public double ms() {
            return cost.ns() / 1e6;
        }

        public double ratio() {
            return ms() / floor.ms();
        }

        /** Processor time of a step over that of the C program, the shortest of each; NaN where there is none. */
        public double timesC() {
            return cost.minCpuNs() / c.minCpuNs();
        }

        public double gflops() {
            return Roofline.flops(size) / ms() / 1e6;
        }

        public double nsPerNeuronStep() {
            return cost.ns() / size.neuronSteps();
        }
    }

    /** One bin. */
    public record FilterRow(FilterSize size, Cost cost) {}

    /**
     * B states of N neurons times N by N weights, on one thread.
     *
     * @param peak the fraction of the machine's multiply-adds that was reached
     */
    public record MatrixRow(int rows, int neurons, Cost cost, double gflops, double peak) {}

    /** @param floorNs the least time a parameter */
    public record OptimiserRow(int parameters, Cost cost, double floorNs) {

        public double nsPerParameter() {
            return cost.ns() / parameters;
        }
    }

    private static final List<GradientSize> PUBLISHED = List.of(GradientSize.of(512, 1, 4, 75, 32),
            GradientSize.of(1024, 2, 4, 100, 1), GradientSize.of(1024, 2, 4, 100, 32),
            GradientSize.of(4096, 3, 4, 100, 8));

    private static final int[] NEURONS = {512, 1024, 2048, 4096, 8192, 16_384};
    private static final int[] BINS = {25, 50, 100, 200, 400};
    private static final int MAX_RANK = 8;
    private static final List<Integer> OPTIMISED = List.of(10_000, 100_000, 1_000_000);

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
            case PUBLISHED -> PUBLISHED;
            case ODD -> List.of(GradientSize.of(1000, 3, 3, 37, 5), GradientSize.of(71, 2, 1, 100, 7));
            case NEURONS -> IntStream.of(NEURONS).mapToObj(n -> GradientSize.of(n, 2, 4, 100, 8)).toList();
            case RANK -> IntStream.rangeClosed(1, MAX_RANK).mapToObj(k -> GradientSize.of(1024, k, 4, 100, 8)).toList();
            case BINS -> IntStream.of(BINS).mapToObj(t -> GradientSize.of(1024, 2, 4, t, 8)).toList();
            case COUNTS -> sizes(Series.PUBLISHED).stream().map(size -> size.withKind(Observation.COUNTS)).toList();
        };
    }

    private List<GradientRow> gradients(Series series) {
        List<GradientSize> sizes = sizes(series);
        List<Step> steps = new ArrayList<>();
        try {
            for (GradientSize size : sizes) {
                for (MachineLimits machine : limits) {
                    steps.add(new GradientStep(KernelProvider.kernels(), size, machine.threads()));
                }
            }
            Map<GradientSize, Integer> inC = series == Series.PUBLISHED || series == Series.ODD
                    ? addC(sizes, steps)
                    : Map.of();
            List<Cost> costs = costs(steps);
            List<GradientRow> rows = new ArrayList<>();
            for (int i = 0; i < sizes.size() * limits.size(); i++) {
                GradientSize size = sizes.get(i / limits.size());
                MachineLimits machine = limits.get(i % limits.size());
                Cost c = inC.containsKey(size) ? costs.get(inC.get(size)) : Cost.of(Stopwatch.Time.NONE);
                rows.add(new GradientRow(series, size, machine.threads(), costs.get(i), Roofline.of(size, machine), c));
            }
            return rows;
        } finally {
            steps.forEach(Step::close);
        }
    }

    /** Adds the sizes' C programs, where they can be compiled, and says where each stands. */
    private static Map<GradientSize, Integer> addC(List<GradientSize> sizes, List<Step> steps) {
        Map<GradientSize, Integer> at = new HashMap<>();
        for (GradientSize size : sizes) {
            CBaseline.start(size).ifPresent(program -> {
                at.put(size, steps.size());
                steps.add(program);
            });
        }
        return at;
    }

    private List<Cost> costs(List<? extends Step> steps) {
        return Stopwatch.measure(steps, effort).stream().map(Cost::of).toList();
    }

    /** With little effort, fewer of the sizes. */
    private <T> List<T> some(List<T> sizes) {
        return effort.equals(Effort.QUICK) ? sizes.subList(0, Math.min(2, sizes.size())) : sizes;
    }

    /** Bins through the filter. */
    public List<FilterRow> filters() {
        List<FilterSize> sizes = some(Stream.concat(
                Stream.of(3, 8, 1, 2, 5).map(k -> new FilterSize(1024, k, 4, Observation.COUNTS)),
                Stream.concat(
                        IntStream.of(256, 4096, 16_384).mapToObj(n -> new FilterSize(n, 3, 4, Observation.COUNTS)),
                        Stream.of(Observation.RATES, Observation.CURRENTS)
                                .map(kind -> new FilterSize(1024, 3, 4, kind))))
                .toList());
        List<Cost> costs = costs(
                sizes.stream().map(size -> new FilterStep(KernelProvider.kernels(), size)).toList());
        return IntStream.range(0, sizes.size()).mapToObj(i -> new FilterRow(sizes.get(i), costs.get(i))).toList();
    }

    /** Products of matrices, on one thread: what a full-rank network spends its time with. */
    public List<MatrixRow> matrices() {
        List<int[]> sizes = some(List.of(new int[]{32, 128}, new int[]{32, 512}, new int[]{32, 1024},
                new int[]{512, 512}));
        List<Cost> costs = costs(sizes.stream().map(size -> product(size[0], size[1])).toList());
        return IntStream.range(0, sizes.size()).mapToObj(i -> {
            int rows = sizes.get(i)[0];
            int neurons = sizes.get(i)[1];
            double perNs = (double) rows * neurons * neurons / costs.get(i).ns();
            return new MatrixRow(rows, neurons, costs.get(i), 2 * perNs,
                    perNs * 1e9 / limits.getFirst().fmaPerSecond());
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
        List<Integer> sizes = some(OPTIMISED);
        List<Cost> costs = costs(sizes.stream().map(KernelBench::adam).toList());
        return IntStream.range(0, sizes.size()).mapToObj(i -> new OptimiserRow(sizes.get(i), costs.get(i),
                1e6 * Roofline.adam(sizes.get(i), limits.getFirst()).ms() / sizes.get(i))).toList();
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
