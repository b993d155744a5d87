package kappa.fitting.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.model.Network;
import kappa.fitting.simulation.TrialRandom;
import kappa.fitting.task.Condition;
import kappa.fitting.task.TaskTrial;

/**
 * Runs many trials on one network, in batches of {@value TrialBatch#ROWS} shared among threads. Results do not depend
 * on the number of threads or their timing. Not thread-safe.
 */
public final class TrialRunner implements AutoCloseable {

    /** Noise of the network is drawn from other numbers than the trials' own. */
    private static final long NOISE = 0x6e6f697365L;

    private final ExecutorService executor;
    private final PackedNetwork packed = new PackedNetwork(KernelProvider.matrices());
    private final List<TrialBatch> idle = new ArrayList<>();

    public TrialRunner(int threads) {
        executor = Executors.newFixedThreadPool(threads,
                Thread.ofPlatform().name("kappa-trials-", 0).daemon().factory());
    }

    /** Observes nothing. */
    static final ObserverOf UNSEEN = (_, _) -> (_, _, _, _) -> {};

    /** Looks at a batch after it has run; called by the thread that ran it. */
    @FunctionalInterface
    interface Result<T> {
        T of(TrialBatch batch, List<TaskTrial> trials, long first);
    }

    /** Sees every bin of a batch that begins with trial {@code first}; called by the thread that runs it. */
    @FunctionalInterface
    interface ObserverOf {
        TrialBatch.Observer batch(List<TaskTrial> trials, long first);
    }

    /**
     * Runs {@code count} trials from number {@code first} on.
     *
     * @param trials makes each trial from its index, 0 to count - 1
     * @param seed of the noise, with the trial's number
     * @return one result a batch, in order
     */
    <T> List<T> run(Network network, int count, long first, IntFunction<TaskTrial> trials, double sigma,
            long seed, ObserverOf observers, Result<T> result) {
        packed.pack(network);
        return run(_ -> packed, count, first, trials, sigma, seed, observers, result);
    }

    /**
     * The readout of a network in every bin, without noise, while some of its neurons are silent for a while.
     *
     * @param silenced the network with those neurons silent
     * @param from the first bin of each trial in which they are
     * @param to the bin after the last
     * @param bins T of each trial
     * @param inputs [T,S] of each trial
     * @return [T,O] of each trial
     */
    public List<float[]> readouts(Network network, Network silenced, int from, int to,
            int[] bins, List<float[]> inputs) {
        PackedNetwork intact = new PackedNetwork(KernelProvider.matrices()).pack(network);
        PackedNetwork silent = new PackedNetwork(KernelProvider.matrices()).pack(silenced);
        List<List<float[]>> batches = run(t -> t >= from && t < to ? silent : intact, inputs.size(), 0,
                i -> asked(bins[i], inputs.get(i)), 0, 0, UNSEEN,
                (batch, trials, _) -> IntStream.range(0, trials.size())
                        .mapToObj(b -> batch.readouts(b, network.outputs())).toList());
        return batches.stream().flatMap(List::stream).toList();
    }

    /** A trial that asks for the readout in every bin. */
    private static TaskTrial asked(int bins, float[] inputs) {
        float[] everywhere = new float[bins];
        Arrays.fill(everywhere, 1);
        return new TaskTrial(new Condition(0, 0, 0), bins, inputs, new float[bins], everywhere, new int[]{bins});
    }

    private <T> List<T> run(IntFunction<PackedNetwork> at, int count, long first, IntFunction<TaskTrial> trials,
            double sigma, long seed, ObserverOf observers, Result<T> result) {
        List<Future<T>> running = new ArrayList<>();
        for (int start = 0; start < count; start += TrialBatch.ROWS) {
            int from = start;
            int rows = Math.min(TrialBatch.ROWS, count - start);
            running.add(executor.submit(() -> {
                List<TaskTrial> batch = new ArrayList<>(rows);
                List<SplittableRandom> random = new ArrayList<>(rows);
                for (int b = 0; b < rows; b++) {
                    batch.add(trials.apply(from + b));
                    random.add(noise(seed, first + from + b));
                }
                TrialBatch work = take();
                work.forward(at, batch, sigma, random, observers.batch(batch, first + from));
                T value = result.of(work, batch, first + from);
                give(work);
                return value;
            }));
        }
        List<T> results = new ArrayList<>(running.size());
        for (Future<T> future : running) {
            results.add(get(future));
        }
        return results;
    }

    /** The generator of the noise on a trial's currents. */
    static SplittableRandom noise(long seed, long trial) {
        return TrialRandom.of(seed ^ NOISE, trial);
    }

    /** Backpropagates a batch that has just run. */
    void backward(TrialBatch batch, double scale, NetworkGradient gradient) {
        batch.backward(packed, scale, gradient);
    }

    private TrialBatch take() {
        synchronized (idle) {
            return idle.isEmpty() ? new TrialBatch(KernelProvider.matrices()) : idle.removeLast();
        }
    }

    private void give(TrialBatch batch) {
        synchronized (idle) {
            idle.add(batch);
        }
    }

    private static <T> T get(Future<T> future) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
