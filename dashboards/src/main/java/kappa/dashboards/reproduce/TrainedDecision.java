package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.task.Task;
import kappa.fitting.training.Performance;
import kappa.fitting.training.TrainedNetworks;
import kappa.fitting.training.TrialRunner;

/** A rank-1 network trained on the random-dots task. */
final class TrainedDecision extends Item {

    private static final int NEURONS = 512;
    private static final int TRIALS = 1_000;
    private static final int SEEDS = 5;
    private static final long FRESH = 0x66726573L;
    private static final double STATE_NOISE = 0.05;
    private static final double DONE = 0.99;
    private static final double LOWEST = 1.1;
    private static final double HIGHEST = 1.5;
    private static final int POWER_STEPS = 50;

    TrainedDecision() {
        super("figure-3.2",
                "A rank-1 network trained on random dots",
                "Valente 2019, figure 3.2, section 3.1");
    }

    @Override
    Result compute(Context context) {
        long[] seeds = context.seeds(SEEDS);
        double[] accuracy = new double[seeds.length];
        double[] overlap = new double[seeds.length];
        double[] off = new double[seeds.length];
        int bistable = 0;
        List<SvgPlot> plots = new ArrayList<>();
        try (TrialRunner runner = new TrialRunner(context.threads())) {
            for (int i = 0; i < seeds.length; i++) {
                context.progress().accept("training a rank-1 network on dm, seed " + seeds[i]);
                LowRankNetwork network = new TrainedNetworks(runner, (_, _) -> {}).lowRank(Task.of(Task.Name.DM), 1,
                        NEURONS, seeds[i]);
                Performance performance = Performance.of(network, Task.of(Task.Name.DM), TRIALS, STATE_NOISE,
                        seeds[i] ^ FRESH, runner);
                accuracy[i] = performance.accuracy();
                overlap[i] = network.overlaps()[0];
                off[i] = Math.abs(eigenvalue(network, seeds[i]) - overlap[i]);
                bistable += Dynamics.stable(Dynamics.free(network)).size() == 2 ? 1 : 0;
                if (i == 0) {
                    SvgPlot plot = DecisionFigures.psychometric("psychometric curve, " + TRIALS + " trials");
                    DecisionFigures.add(plot, performance, SvgPlot.COLOURS.get(0));
                    plots.add(plot);
                    plots.add(DecisionFigures.readouts(network, seeds[i], runner));
                }
            }
        }
        double median = Numbers.median(overlap);
        return new Result("N = " + NEURONS + ", all of m, n, W and the readout trained.",
                List.of(SvgPlot.pictures(plots)),
                List.of(new Result.Finding("accuracy", "does the task (figure 3.2)", Numbers.range(accuracy),
                        Arrays.stream(accuracy).allMatch(value -> value >= DONE),
                        "In " + TRIALS + " fresh trials with noise."),
                        new Result.Finding("overlap n'm/N", "between 1.1 and 1.5 (section 3.1)", Numbers.range(overlap),
                                median >= LOWEST && median <= HIGHEST,
                                "It depends on when training stops: here at 99.5 % and a loss of 0.05."),
                        new Result.Finding("largest difference of the only eigenvalue of J from it", "0",
                                Numbers.shown(Arrays.stream(off).max().orElse(0)),
                                Arrays.stream(off).allMatch(value -> value < 1e-3),
                                "By power iteration on the N x N matrix."),
                        new Result.Finding("without input", "bistable",
                                bistable + " of " + seeds.length + " networks have two "
                                        + "stable states",
                                bistable == seeds.length, "The overlap is above 1.")),
                List.of("./kappa train --task dm --rank 1 --out NET.npz", "./kappa analyze NET.npz --task dm"));
    }

    /** Of the matrix J itself, entry by entry. */
    private static double eigenvalue(LowRankNetwork network, long seed) {
        int neurons = network.neurons();
        SplittableRandom random = new SplittableRandom(seed);
        double[] vector = random.doubles(neurons).toArray();
        double value = 0;
        for (int step = 0; step < POWER_STEPS; step++) {
            double[] next = new double[neurons];
            for (int i = 0; i < neurons; i++) {
                for (int j = 0; j < neurons; j++) {
                    next[i] += LowRankNetwork.connectivityScale(neurons) * network.m()[i] * network.n()[j] * vector[j];
                }
            }
            double along = 0;
            double square = 0;
            for (int i = 0; i < neurons; i++) {
                along += vector[i] * next[i];
                square += vector[i] * vector[i];
            }
            value = along / square;
            double norm = Math.sqrt(Arrays.stream(next).map(x -> x * x).sum());
            vector = Arrays.stream(next).map(x -> x / norm).toArray();
        }
        return value;
    }
}
