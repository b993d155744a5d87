package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.TrialRandom;
import kappa.fitting.task.Task;
import kappa.fitting.training.DecisionFamily;
import kappa.fitting.training.Performance;
import kappa.fitting.training.TaskTrainer;
import kappa.fitting.training.TrainingPlan;
import kappa.fitting.training.TrialRunner;

/** Six numbers trained while the Gaussian vectors are drawn anew; then twenty networks with fresh vectors. */
final class ResampledDecision extends Item {

    private static final int NEURONS = 500;
    private static final int NETWORKS = 20;
    private static final int TRIALS = 400;
    private static final long FRESH = 0x66726573L;
    private static final double STATE_NOISE = 0.05;
    private static final double DONE = 0.95;
    private static final double LEARNING_RATE = 0.02;
    /** rho, alpha_n, alpha_m, omega, sigma_n, sigma_m: independent vectors, so that nothing is known of the task. */
    private static final double[] START = {0.5, 1, 1, 1, 0.3, 0};

    ResampledDecision() {
        super("figure-3.3",
                "Six numbers trained, twenty networks drawn",
                "Valente 2019, figure 3.3, equations 3.1 to 3.4");
    }

    @Override
    Result compute(Context context) {
        Task task = Task.of(Task.Name.DM);
        TaskTrainer.Settings usual = TrainingPlan.of(task, false, context.seed()).settings();
        TaskTrainer.Settings settings = new TaskTrainer.Settings(usual.batch(), LEARNING_RATE, usual.largestNorm(),
                usual.noise(), usual.maxSteps(), usual.checkEvery(), usual.validationTrials(), usual.accuracy(),
                usual.loss(),
                context.seed());
        DecisionFamily family = new DecisionFamily(START, NEURONS, Task.ALPHA, TrialRandom.of(context.seed(), -1));
        double[] accuracy = new double[NETWORKS];
        SvgPlot curves = DecisionFigures.psychometric(NETWORKS + " networks with fresh vectors");
        List<SvgPlot> plots = new ArrayList<>(List.of(curves));
        try (TrialRunner runner = new TrialRunner(context.threads())) {
            context.progress().accept("training six numbers on dm, seed " + context.seed());
            new TaskTrainer(runner).train(family, List.of(task), settings, (_, _) -> {});
            for (int i = 0; i < NETWORKS; i++) {
                LowRankNetwork network = family.sample(NEURONS, TrialRandom.of(context.seed() ^ FRESH, i));
                Performance performance = Performance.of(network, task, TRIALS, STATE_NOISE, context.seed() ^ FRESH,
                        runner);
                accuracy[i] = performance.accuracy();
                DecisionFigures.add(curves, performance, SvgPlot.COLOURS.get(i % SvgPlot.COLOURS.size()));
                if (i == 0) {
                    plots.add(DecisionFigures.readouts(network, context.seed(), runner));
                }
            }
        }
        double[] numbers = family.numbers();
        double rho = numbers[DecisionFamily.RHO];
        String found = IntStream.range(0, numbers.length)
                .mapToObj(i -> String.format(Locale.ROOT, "%s %.2f", DecisionFamily.NAMES.get(i), numbers[i]))
                .collect(Collectors.joining(", "));
        long doing = Arrays.stream(accuracy).filter(value -> value >= DONE).count();
        double[] sorted = Arrays.stream(accuracy).sorted().toArray();
        return new Result("Trained from " + Arrays.toString(START) + " through networks of N = " + NEURONS
                + " that are drawn anew before each step.", List.of(SvgPlot.pictures(plots)),
                List.of(new Result.Finding("networks with fresh Gaussian vectors that do the task",
                        "all 20 (figure 3.3)",
                        doing + " of " + NETWORKS + ", accuracy " + Numbers.shown(sorted[0]) + " to "
                                + Numbers.shown(sorted[NETWORKS - 1]),
                        doing == NETWORKS, "Doing it is an accuracy of at least " + DONE + " over all coherences."),
                        new Result.Finding("the six numbers", "rho slightly above 1 (section 3.2)", found,
                                rho > 1 && rho < 2, "The overlap of m and n is rho; bistability needs it above 1.")),
                List.of("./kappa train --task dm --rank 1 --populations 1 --out NET.npz"));
    }
}
