package kappa.fitting.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import kappa.fitting.kernel.MachineProbe;

/**
 * The best rates of this machine with a number of threads, measured by small loops. The best of several repetitions
 * counts, because other load only makes a loop slower. Rates are sums over the threads. Immutable.
 *
 * @param threads that ran at the same time
 * @param lanes floats of an instruction
 * @param fmaPerSecond fused multiply-adds of floats, on registers
 * @param phiPerSecond values of phi, as the kernels compute it
 * @param rootsPerSecond square roots, each with a division
 * @param libraryTanhPerSecond values of tanh by the platform's library
 * @param reads how fast memory is read, working sets of a thread rising
 */
public record MachineLimits(int threads, int lanes, double fmaPerSecond, double phiPerSecond, double rootsPerSecond,
        double libraryTanhPerSecond, List<Bandwidth> reads) {

    /**
     * @param workingSet bytes that each thread reads over and over
     * @param bytesPerSecond of all threads
     */
    public record Bandwidth(long workingSet, double bytesPerSecond) {}

    /** Within any first-level cache, second-level caches, third-level caches, and beyond all of them. */
    private static final long[] WORKING_SETS = {16L << 10, 256L << 10, 2L << 20, 12L << 20, 128L << 20};

    private static final int ELEMENTS = 4 * MachineProbe.BLOCK;
    private static final int FMA_ROUNDS = 20_000;
    /** The loops must be compiled by then, while other threads wait for the compiler too. */
    private static final long WARM_UP_NS = 300_000_000;
    private static final long REPETITION_NS = 10_000_000;
    private static final int REPETITIONS = 12;

    /** Measures, for some seconds. */
    public static MachineLimits measure(MachineProbe probe, int threads) {
        List<Supplier<LongSupplier>> loops = new ArrayList<>();
        loops.add(() -> {
            float[] out = new float[MachineProbe.BLOCK];
            return () -> probe.multiplyAdd(FMA_ROUNDS, out);
        });
        loops.add(() -> elementwise(probe::phi));
        loops.add(() -> elementwise(probe::quotientOfRoot));
        loops.add(() -> elementwise(probe::libraryTanh));
        for (long bytes : WORKING_SETS) {
            loops.add(() -> {
                float[] x = new float[(int) (bytes / Float.BYTES)];
                float[] out = new float[MachineProbe.BLOCK];
                Arrays.fill(x, 1f);
                return () -> {
                    probe.read(x, out);
                    return bytes;
                };
            });
        }
        double[] best = best(threads, loops);
        List<Bandwidth> reads = IntStream.range(0, WORKING_SETS.length)
                .mapToObj(i -> new Bandwidth(WORKING_SETS[i], best[4 + i])).toList();
        return new MachineLimits(threads, probe.lanes(), best[0], best[1], best[2], best[3], reads);
    }

    /**
     * The rate at which a working set of so many bytes a thread is read: that of the largest one measured that is not
     * larger, so that what is derived from it is a lower bound on time.
     */
    public double bytesPerSecond(double workingSet) {
        double rate = reads.getFirst().bytesPerSecond();
        for (Bandwidth read : reads) {
            if (read.workingSet() <= workingSet) {
                rate = read.bytesPerSecond();
            }
        }
        return rate;
    }

    private interface ElementLoop {
        void run(float[] x, float[] out);
    }

    private static LongSupplier elementwise(ElementLoop loop) {
        float[] x = new float[ELEMENTS];
        float[] out = new float[ELEMENTS];
        for (int i = 0; i < ELEMENTS; i++) {
            x[i] = 4f * i / ELEMENTS;
        }
        return () -> {
            loop.run(x, out);
            return ELEMENTS;
        };
    }

    /**
     * Highest rate seen of each loop, in units a second over all threads, which begin it together. The loops take turns, so
     * that a moment in which the machine does something else costs each of them one repetition and none of them all.
     *
     * @param loops of a thread: each does some work and returns how many units it was
     */
    private static double[] best(int threads, List<Supplier<LongSupplier>> loops) {
        double[][][] rates = new double[loops.size()][REPETITIONS][threads];
        CyclicBarrier together = new CyclicBarrier(threads);
        try (ExecutorService team = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                int thread = i;
                all.add(team.submit(() -> {
                    List<LongSupplier> own = loops.stream().map(Supplier::get).toList();
                    own.forEach(loop -> rate(loop, WARM_UP_NS));
                    for (int r = 0; r < REPETITIONS; r++) {
                        for (int l = 0; l < rates.length; l++) {
                            together.await();
                            rates[l][r][thread] = rate(own.get(l), REPETITION_NS);
                        }
                    }
                    return null;
                }));
            }
            finish(all, team);
        }
        return Arrays.stream(rates).mapToDouble(
                loop -> Arrays.stream(loop).mapToDouble(r -> Arrays.stream(r).sum()).max().orElseThrow()).toArray();
    }

    /** Units a second of processor time: what else the machine does meanwhile is not counted. */
    private static double rate(LongSupplier work, long durationNs) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long units = 0;
        long started = threads.getCurrentThreadCpuTime();
        long elapsed;
        do {
            units += work.getAsLong();
            elapsed = threads.getCurrentThreadCpuTime() - started;
        } while (elapsed < durationNs);
        return units * 1e9 / elapsed;
    }

    private static void finish(List<Future<?>> all, ExecutorService team) {
        try {
            for (Future<?> one : all) {
                one.get();
            }
        } catch (InterruptedException e) {
            team.shutdownNow();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while measuring the machine", e);
        } catch (ExecutionException e) {
            // The others wait for this one.
            team.shutdownNow();
            throw new IllegalStateException("measuring the machine failed", e.getCause());
        }
    }
}
