package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kappa.analysis.connectivity.StateFates;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.task.Task;

/** What networks of rank 3 and 4 find for delayed match-to-sample with two stimuli. */
final class MatchToSampleRanks extends Item {

    private static final int SEEDS = 10;
    private static final List<Integer> RANKS = List.of(2, 3, 4);
    private static final double CHANCE_TO_DONE = 0.9;

    MatchToSampleRanks() {
        super("dms-ranks",
                "Delayed match-to-sample: what networks of rank 3 and 4 find",
                "Valente 2019, section 5.4");
    }

    @Override
    Result compute(Context context) {
        Task task = Task.of(Task.Name.DMS);
        long[] seeds = context.seeds(SEEDS);
        double[][] accuracy = new double[RANKS.size()][seeds.length];
        double[][] truncated = new double[RANKS.size()][seeds.length];
        double[][] states = new double[RANKS.size()][seeds.length];
        List<List<String>> rows = new ArrayList<>();
        try (MatchToSampleTraining training = new MatchToSampleTraining(context)) {
            for (int i = 0; i < seeds.length; i++) {
                for (int r = 0; r < RANKS.size(); r++) {
                    int rank = RANKS.get(r);
                    context.progress().accept("training on dms, rank " + rank + ", seed " + seeds[i]);
                    LowRankNetwork network = training.lowRank(task, rank, TrainedMatchToSample.NEURONS,
                            MatchToSampleTraining.MOST_STEPS, seeds[i]);
                    accuracy[r][i] = training.accuracy(network, task, seeds[i]);
                    truncated[r][i] = rank == 2
                            ? accuracy[r][i]
                            : training.accuracy(MatchToSampleTraining.leading(network, 2), task, seeds[i]);
                    StateFates fates = StateFates.of(network, task.inputNames(), task.stimulus().longest());
                    states[r][i] = fates.states().size();
                    rows.add(List.of(Integer.toString(rank), Long.toString(seeds[i]), Numbers.shown(accuracy[r][i]),
                            Numbers.shown(truncated[r][i]), Integer.toString(fates.states().size()), fates.summary()));
                }
            }
        }
        List<Result.Finding> findings = new ArrayList<>();
        for (int r = 0; r < RANKS.size(); r++) {
            long done = Arrays.stream(accuracy[r]).filter(value -> value >= MatchToSampleTests.DONE).count();
            long plane = Arrays.stream(truncated[r]).filter(value -> value >= CHANCE_TO_DONE).count();
            findings.add(new Result.Finding("rank " + RANKS.get(r),
                    RANKS.get(r) == 2 ? "learns it" : "open: what do networks of this rank do? (section 5.4)",
                    "accuracy " + Numbers.range(accuracy[r]) + "; stable states " + Numbers.range(states[r])
                            + (RANKS.get(r) == 2
                                    ? ""
                                    : "; with its two leading dimensions alone "
                                            + Numbers.range(truncated[r])),
                    done * 5 >= 4L * seeds.length,
                    RANKS.get(r) == 2
                            ? done + " of " + seeds.length + " networks reach " + MatchToSampleTests.DONE + "."
                            : plane + " of " + seeds.length + " networks still have " + CHANCE_TO_DONE
                                    + " with two dimensions: the others use more than a plane."));
        }
        return new Result(
                "Each network begins with the truncated connectivity of the full-rank network of its seed, N = "
                        + TrainedMatchToSample.NEURONS + ". States are stable fixed points without input.",
                List.of(), findings,
                List.of("./kappa train --task dms --rank 3 --neurons " + TrainedMatchToSample.NEURONS
                        + " --seed SEED --out NET.npz", "./kappa analyze NET.npz --task dms --json"),
                List.of(new Result.Table(List.of("rank", "seed", "accuracy", "two leading dimensions alone",
                        "stable states", "what becomes of the states"), rows)));
    }
}
