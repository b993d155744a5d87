package kappa.dashboards.reproduce;

import java.util.Arrays;
import kappa.analysis.connectivity.Scale;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.task.Task;
import kappa.fitting.training.TrainedNetworks;
import kappa.fitting.training.TrainingPlan;
import kappa.fitting.training.TrialRunner;

/**
 * Networks trained on delayed match-to-sample, which the items of one run share. Those of low rank begin with the truncated
 * connectivity of a full-rank network of their seed. Not thread-safe.
 */
final class MatchToSampleTraining implements AutoCloseable {

    /** Steps after which a network of low rank is given up. */
    static final long MOST_STEPS = 1_500;

    private static final long FRESH = 0x66726573L;

    private final Context context;
    private final TrialRunner runner;
    private final TrainedNetworks training;

    MatchToSampleTraining(Context context) {
        this.context = context;
        this.runner = new TrialRunner(context.threads());
        this.training = new TrainedNetworks(runner, (_, _) -> {});
    }

    FullRankNetwork fullRank(Task task, int neurons, long seed) {
        return context.network("full rank, " + key(task, neurons, seed), FullRankNetwork.class,
                () -> training.fullRank(task, neurons, seed));
    }

    /** A network of rank K; it may fail to learn the task. */
    LowRankNetwork lowRank(Task task, int rank, int neurons, long maxSteps, long seed) {
        FullRankNetwork full = fullRank(TrainingPlan.ofFullRank(task), neurons, seed);
        return context.network("rank " + rank + ", " + maxSteps + " steps, " + key(task, neurons, seed),
                LowRankNetwork.class, () -> training.truncated(full, task, rank, maxSteps, seed));
    }

    private static String key(Task task, int neurons, long seed) {
        return task + ", " + neurons + " neurons, seed " + seed;
    }

    /** Fraction of right choices in fresh trials with noise. */
    double accuracy(LowRankNetwork network, Task task, long seed) {
        return MatchToSampleTests.accuracy(network, task, seed ^ FRESH, runner);
    }

    /** The part of a network's connectivity with the K largest singular values. */
    static LowRankNetwork leading(LowRankNetwork network, int rank) {
        LowRankNetwork canonical = Scale.CANONICAL.of(network);
        int size = network.neurons();
        return LowRankNetwork.withoutBias(size, rank, network.inputs(), network.alpha(),
                Arrays.copyOf(canonical.m(), rank * size), Arrays.copyOf(canonical.n(), rank * size),
                network.w()).withReadout(network.readout());
    }

    TrialRunner runner() {
        return runner;
    }

    @Override
    public void close() {
        runner.close();
    }
}
