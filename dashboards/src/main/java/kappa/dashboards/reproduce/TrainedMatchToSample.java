package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import kappa.analysis.connectivity.DmsMechanism;
import kappa.analysis.connectivity.Saturation;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.task.Task;
import kappa.fitting.training.TrainedNetworks;
import kappa.fitting.training.TrialRunner;

/** Networks of rank 1 and 2 trained on delayed match-to-sample, and which solution they find. */
final class TrainedMatchToSample implements Item {

    private static final int NEURONS = 128;
    private static final int SEEDS = 10;
    private static final int RANK_ONE_STEPS = 400;
    private static final long MOST_STEPS = 1_500;
    private static final double RANK_ONE_FAILS = 0.9;
    private static final long FRESH = 0x66726573L;

    @Override
    public String name() {
        return "dms-trained";
    }

    @Override
    public String title() {
        return "Delayed match-to-sample, trained: rank 1, rank 2, and which solution";
    }

    @Override
    public String source() {
        return "Valente 2019, sections 5.1 to 5.3, figures 5.2 to 5.6";
    }

    @Override
    public Result compute(Context context) {
        long[] seeds = context.seeds(SEEDS);
        Task task = Task.of(Task.Name.DMS);
        double[] rankOne = new double[seeds.length];
        double[] rankTwo = new double[seeds.length];
        Map<DmsMechanism.Solution, Integer> solutions = new TreeMap<>();
        List<String> pictures = new ArrayList<>();
        String first = "";
        try (TrialRunner runner = new TrialRunner(context.threads())) {
            TrainedNetworks training = new TrainedNetworks(runner, (_, _) -> {});
            for (int i = 0; i < seeds.length; i++) {
                context.progress().accept("training on dms, full rank, rank 1 and rank 2, seed " + seeds[i]);
                FullRankNetwork full = training.fullRank(task, NEURONS, seeds[i]);
                rankOne[i] = MatchToSampleTests.accuracy(training.truncated(full, task, 1, RANK_ONE_STEPS, seeds[i]),
                        seeds[i] ^ FRESH, runner);
                LowRankNetwork network = training.truncated(full, task, 2, MOST_STEPS, seeds[i]);
                rankTwo[i] = MatchToSampleTests.accuracy(network, seeds[i] ^ FRESH, runner);
                DmsMechanism mechanism = DmsMechanism.of(network);
                if (rankTwo[i] >= MatchToSampleTests.DONE) {
                    solutions.merge(mechanism.solution(), 1, Integer::sum);
                }
                if (i == 0) {
                    first = mechanism.summary();
                    MatchToSampleFigures figures = new MatchToSampleFigures(network);
                    pictures.addAll(figures.epochs());
                    pictures.add(figures.time());
                    pictures.add(SvgPlot.row(List.of(saturation(network, "A", 0), saturation(network, "B", 1))));
                }
            }
        }
        long done = Arrays.stream(rankTwo).filter(value -> value >= MatchToSampleTests.DONE).count();
        int firsts = solutions.getOrDefault(DmsMechanism.Solution.FIRST, 0);
        boolean most = solutions.values().stream().allMatch(count -> count <= firsts);
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
                        new Result.Finding("solutions of the networks that do the task",
                                "the first more often than the second (section 5.2)",
                                solutions.entrySet().stream()
                                        .map(entry -> entry.getKey().name().toLowerCase(Locale.ROOT) + ": "
                                                + entry.getValue())
                                        .collect(Collectors.joining(", ")),
                                most && firsts > 0,
                                "By the numbers of stable states; seed " + seeds[0] + ": " + first + ".")),
                List.of("./kappa train --task dms --rank 2 --neurons " + NEURONS + " --out NET.npz",
                        "./kappa analyze NET.npz --task dms"));
    }

    /** n1 against m2, the neurons that a stimulus saturates apart from the others (figures 5.5 and 5.6). */
    private static SvgPlot saturation(LowRankNetwork network, String stimulus, int channel) {
        double[] m2 = Vectors.m(network, 1);
        double[] n1 = Vectors.n(network, 0);
        Saturation split = Saturation.of(network, channel, m2, n1);
        return Scatters.byPart("under " + stimulus, "m2", m2, "n1", n1,
                List.of(new Scatters.Part("saturated", split.saturated().neurons()),
                        new Scatters.Part("not saturated", split.linear().neurons())));
    }
}
