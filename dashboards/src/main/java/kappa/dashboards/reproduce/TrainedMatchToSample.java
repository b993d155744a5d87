package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import kappa.analysis.connectivity.DmsMechanism;
import kappa.analysis.connectivity.Saturation;
import kappa.analysis.connectivity.StateFates;
import kappa.dashboards.report.Scatters;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.task.Task;

/** Networks of rank 1 and 2 trained on delayed match-to-sample, and which solution they find. */
final class TrainedMatchToSample extends Item {

    /** Of the networks trained on the task with two stimuli. */
    static final int NEURONS = 128;
    private static final int SEEDS = 10;
    private static final int RANK_ONE_STEPS = 400;
    private static final double RANK_ONE_FAILS = 0.9;

    TrainedMatchToSample() {
        super("dms-trained",
                "Delayed match-to-sample, trained: rank 1, rank 2, and which solution",
                "Valente 2019, sections 5.1 to 5.3, figures 5.2 to 5.6");
    }

    @Override
    Result compute(Context context) {
        long[] seeds = context.seeds(SEEDS);
        Task task = Task.of(Task.Name.DMS);
        double[] rankOne = new double[seeds.length];
        double[] rankTwo = new double[seeds.length];
        List<double[]> slopes = new ArrayList<>();
        List<String> pictures = new ArrayList<>();
        String first = "";
        try (MatchToSampleTraining training = new MatchToSampleTraining(context)) {
            for (int i = 0; i < seeds.length; i++) {
                context.progress().accept("training on dms, full rank, rank 1 and rank 2, seed " + seeds[i]);
                rankOne[i] = training.accuracy(training.lowRank(task, 1, NEURONS, RANK_ONE_STEPS, seeds[i]), task,
                        seeds[i]);
                LowRankNetwork network = training.lowRank(task, 2, NEURONS, MatchToSampleTraining.MOST_STEPS,
                        seeds[i]);
                rankTwo[i] = training.accuracy(network, task, seeds[i]);
                carrying(network, task).ifPresent(channel -> slopes.add(slopes(network, channel)));
                if (i == 0) {
                    first = DmsMechanism.of(network).summary();
                    MatchToSampleFigures figures = new MatchToSampleFigures(network);
                    pictures.addAll(figures.epochs());
                    pictures.add(figures.time());
                    pictures.add(SvgPlot.pictures(List.of(saturation(network, "A", 0), saturation(network, "B", 1))));
                }
            }
        }
        long done = Arrays.stream(rankTwo).filter(value -> value >= MatchToSampleTests.DONE).count();
        long opposite = slopes.stream().filter(pair -> pair[0] * pair[1] < 0).count();
        return new Result(
                "N = " + NEURONS + ", each from the truncated connectivity of a full-rank network trained before. "
                        + "The pictures are of seed " + seeds[0]
                        + ": trials over the flow of each epoch, readout and two neurons, and n1 "
                        + "against m2 split by saturation under each stimulus.",
                pictures,
                List.of(new Result.Finding("accuracy at rank 1", "does not learn it (section 5.1)",
                        Numbers.range(rankOne),
                        Arrays.stream(rankOne).allMatch(value -> value < RANK_ONE_FAILS),
                        "After " + RANK_ONE_STEPS + " steps; one latent variable cannot be kept and be compared."),
                        new Result.Finding("accuracy at rank 2", "learns it", Numbers.range(rankTwo),
                                done * 5 >= 4L * seeds.length, done + " of " + seeds.length + " networks reach "
                                        + MatchToSampleTests.DONE + "."),
                        new Result.Finding("slope of n1 on m2 under the stimulus that carries the state across",
                                "positive among saturated neurons, negative among the others (figures 5.5, 5.6)",
                                slopes.isEmpty()
                                        ? "no stimulus carries it"
                                        : Numbers.range(slopes.stream().mapToDouble(pair -> pair[0]).toArray())
                                                + " and "
                                                + Numbers.range(slopes.stream().mapToDouble(pair -> pair[1]).toArray()),
                                2 * opposite > slopes.size(),
                                "Signs depend on the axes of kappa; they are opposite in " + opposite + " of "
                                        + slopes.size() + " networks. Seed " + seeds[0] + ": " + first + ".")),
                List.of("./kappa train --task dms --rank 2 --neurons " + NEURONS + " --out NET.npz",
                        "./kappa analyze NET.npz --task dms"));
    }

    /** The stimulus under which states change places, if only one does that. */
    private static Optional<Integer> carrying(LowRankNetwork network, Task task) {
        StateFates fates = StateFates.of(network, task.inputNames(), task.stimulus().longest());
        boolean a = fates.inputs().get(0).keepsAll();
        boolean b = fates.inputs().get(1).keepsAll();
        return a == b ? Optional.empty() : Optional.of(a ? 1 : 0);
    }

    private static double[] slopes(LowRankNetwork network, int channel) {
        Saturation split = Saturation.of(network, channel, Vectors.m(network, 1), Vectors.n(network, 0));
        return new double[]{split.saturated().slope(), split.linear().slope()};
    }

    /** n1 against m2, the neurons that a stimulus saturates apart from the others (figures 5.5 and 5.6). */
    private static SvgPlot saturation(LowRankNetwork network, String stimulus, int channel) {
        double[] m2 = Vectors.m(network, 1);
        double[] n1 = Vectors.n(network, 0);
        Saturation split = Saturation.of(network, channel, m2, n1);
        return Scatters.bySaturation("under " + stimulus, "m2", m2, "n1", n1, split);
    }
}
