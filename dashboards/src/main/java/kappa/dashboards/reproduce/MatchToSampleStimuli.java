package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import kappa.analysis.connectivity.StateFates;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.task.Task;

/** Delayed match-to-sample with three and four stimuli: which rank learns it. */
final class MatchToSampleStimuli extends Item {

    /** Of the networks. */
    static final int NEURONS = 64;
    private static final int SEEDS = 3;
    private static final List<Integer> STIMULI = List.of(3, 4);
    private static final List<Integer> QUICK_RANKS = List.of(2);
    private static final List<Integer> RANKS = List.of(1, 2, 3, 4);

    MatchToSampleStimuli() {
        super("dms-stimuli",
                "Delayed match-to-sample with three and four stimuli",
                "Valente 2019, section 5.4");
    }

    @Override
    Result compute(Context context) {
        long[] seeds = context.seeds(SEEDS);
        List<Integer> ranks = context.quick() ? QUICK_RANKS : RANKS;
        List<Result.Finding> findings = new ArrayList<>();
        List<List<String>> rows = new ArrayList<>();
        try (MatchToSampleTraining training = new MatchToSampleTraining(context)) {
            for (int stimuli : STIMULI) {
                Task task = Task.of(Task.Name.DMS).withStimuli(stimuli);
                double[][] accuracy = new double[ranks.size()][seeds.length];
                for (int r = 0; r < ranks.size(); r++) {
                    for (int i = 0; i < seeds.length; i++) {
                        context.progress().accept("training on dms with " + stimuli + " stimuli, rank " + ranks.get(r)
                                + ", seed " + seeds[i]);
                        LowRankNetwork network = training.lowRank(task, ranks.get(r), NEURONS,
                                MatchToSampleTraining.MOST_STEPS, seeds[i]);
                        accuracy[r][i] = training.accuracy(network, task, seeds[i]);
                        StateFates fates = StateFates.of(network, task.inputNames(), task.stimulus().longest());
                        rows.add(List.of(Integer.toString(stimuli), Integer.toString(ranks.get(r)),
                                Long.toString(seeds[i]), Numbers.shown(accuracy[r][i]),
                                Integer.toString(fates.states().size()), fates.summary()));
                    }
                }
                findings.add(finding(stimuli, ranks, accuracy));
            }
        }
        return new Result("Half of the trials are matches, so that chance is 0.5. N = " + NEURONS + ", at most "
                + MatchToSampleTraining.MOST_STEPS
                + " steps from the truncated connectivity of a full-rank network of the "
                + "same task. States are stable fixed points without input.", List.of(), findings,
                List.of("./kappa train --task dms --stimuli 3 --rank 2 --neurons " + NEURONS + " --out NET.npz",
                        "./kappa analyze NET.npz --task dms --stimuli 3"),
                List.of(new Result.Table(List.of("stimuli", "rank", "seed", "accuracy", "stable states",
                        "what becomes of the states"), rows)));
    }

    private static Result.Finding finding(int stimuli, List<Integer> ranks, double[][] accuracy) {
        StringBuilder found = new StringBuilder();
        int enough = 0;
        for (int r = 0; r < ranks.size(); r++) {
            found.append(found.isEmpty() ? "" : "; ").append("rank ").append(ranks.get(r)).append(": ")
                    .append(Numbers.range(accuracy[r]));
            boolean most = 2 * done(accuracy[r]) > accuracy[r].length;
            enough = enough == 0 && most ? ranks.get(r) : enough;
        }
        return new Result.Finding(stimuli + " stimuli", "open: how do mechanisms extend, which rank? (section 5.4)",
                found.toString(), enough > 0,
                enough == 0
                        ? "None of the ranks learns it with most seeds in the steps allowed."
                        : "Rank " + enough + " is the lowest that learns it with most seeds ("
                                + IntStream.range(0, ranks.size())
                                        .mapToObj(r -> done(accuracy[r]) + " of " + accuracy[r].length).toList()
                                + " reach " + MatchToSampleTests.DONE + " by rank).");
    }

    private static long done(double[] accuracy) {
        return Arrays.stream(accuracy).filter(value -> value >= MatchToSampleTests.DONE).count();
    }
}
