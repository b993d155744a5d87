package kappa.dashboards.reproduce;

import java.util.Arrays;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.task.Task;
import kappa.fitting.training.Performance;
import kappa.fitting.training.TrialRunner;

/** How well networks do delayed match-to-sample in fresh trials with noise. Stateless. */
final class MatchToSampleTests {

    static final double DONE = 0.98;
    private static final int TRIALS = 200;
    private static final double STATE_NOISE = 0.05;

    private MatchToSampleTests() {}

    /** Accuracy of a network by name for each seed. */
    static double[] accuracy(String name, long[] seeds, int threads) {
        double[] accuracy = new double[seeds.length];
        try (TrialRunner runner = new TrialRunner(threads)) {
            for (int i = 0; i < seeds.length; i++) {
                accuracy[i] = accuracy(HandBuiltNetworks.named(name, seeds[i]).withReadout(), Task.of(Task.Name.DMS),
                        seeds[i], runner);
            }
        }
        return accuracy;
    }

    static double accuracy(LowRankNetwork network, Task task, long seed, TrialRunner runner) {
        return Performance.of(network, task, TRIALS, STATE_NOISE, seed, runner).accuracy();
    }

    static Result.Finding finding(double[] accuracy, String paper) {
        boolean all = Arrays.stream(accuracy).allMatch(value -> value >= DONE);
        return new Result.Finding("accuracy in " + TRIALS + " fresh trials with noise", paper, Numbers.range(accuracy),
                all,
                "Delays are drawn from 500 to 3,000 ms; noise 0.03 on inputs and 0.05 on currents.");
    }
}
