package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import kappa.analysis.PhasePortrait;
import kappa.analysis.connectivity.DmsMechanism;
import kappa.analysis.connectivity.StateFates;
import kappa.dashboards.report.Density;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.task.Task;

/** Which solution of delayed match-to-sample networks of rank 2 find, over training seeds. */
final class MatchToSampleSurvey extends Item {

    private static final int SEEDS = 20;

    MatchToSampleSurvey() {
        super("dms-survey",
                "Delayed match-to-sample: which solution comes how often",
                "Valente 2019, sections 5.2 and 5.3");
    }

    @Override
    Result compute(Context context) {
        Task task = Task.of(Task.Name.DMS);
        Map<DmsMechanism.Solution, Integer> solutions = new TreeMap<>();
        List<List<String>> rows = new ArrayList<>();
        int done = 0;
        int spirals = 0;
        int cycles = 0;
        List<String> pictures = new ArrayList<>();
        String shown = "";
        long[] seeds = context.seeds(SEEDS);
        try (MatchToSampleTraining training = new MatchToSampleTraining(context)) {
            for (long seed : seeds) {
                context.progress().accept("training on dms, full rank and rank 2, seed " + seed);
                LowRankNetwork network = training.lowRank(task, 2, TrainedMatchToSample.NEURONS,
                        MatchToSampleTraining.MOST_STEPS, seed);
                double accuracy = training.accuracy(network, task, seed);
                List<PhasePortrait> portraits = Dynamics.matchToSample(network);
                StateFates fates = StateFates.of(network, task.inputNames(), task.stimulus().longest());
                DmsMechanism.Solution solution = DmsMechanism.of(network).solution();
                rows.add(List.of(Long.toString(seed), Numbers.shown(accuracy),
                        solution.toString(), Dynamics.attractors(portraits.get(0)),
                        Dynamics.attractors(portraits.get(1)), Dynamics.attractors(portraits.get(2)),
                        fates.summary(), fates.turnsOpposite() ? "opposite ways" : "the same way"));
                if (accuracy >= MatchToSampleTests.DONE) {
                    done++;
                    solutions.merge(solution, 1, Integer::sum);
                    if (pictures.isEmpty() && solution == DmsMechanism.Solution.SECOND) {
                        pictures.addAll(pictures(network));
                        shown = "The pictures (as figures 5.7 to 5.9) are of the first network with the second solution: "
                                + "seed " + seed + ". ";
                    }
                    if (solution == DmsMechanism.Solution.FIRST) {
                        boolean cycle = Dynamics.cycles(portraits.get(1)) + Dynamics.cycles(portraits.get(2)) > 0;
                        cycles += cycle ? 1 : 0;
                        spirals += cycle ? 0 : 1;
                    }
                }
            }
        }
        int withoutStates = solutions.getOrDefault(DmsMechanism.Solution.FIRST_ON_A_SLOW_CYCLE, 0);
        int first = solutions.getOrDefault(DmsMechanism.Solution.FIRST, 0) + withoutStates;
        boolean most = first > solutions.getOrDefault(DmsMechanism.Solution.SECOND, 0);
        return new Result(shown + "One row for each seed, N = " + TrainedMatchToSample.NEURONS
                + ". Attractors are those of the phase portrait without input and with each stimulus held. The fates say where "
                + "each stable state is after the stimulus was shown for 500 ms, and how it ends if the stimulus is held.",
                pictures,
                List.of(new Result.Finding("solutions of the " + done + " networks that do the task",
                        "the first more often than the second (section 5.2)",
                        solutions.entrySet().stream()
                                .map(entry -> entry.getKey() + ": " + entry.getValue())
                                .collect(Collectors.joining(", ")),
                        most,
                        "Told apart by what becomes of the stable states: " + withoutStates
                                + " of these networks have no stable "
                                + "state but a slow cycle that passes where two states would be."),
                        new Result.Finding("what takes the place of two states in the first solution",
                                "a limit cycle (figure 5.4)",
                                "a cycle in " + cycles + ", one state that is reached on a spiral or straight in "
                                        + spirals,
                                cycles > 0,
                                "A stimulus of 500 ms ends before the state has come to rest, so that either carries it "
                                        + "across and training has no reason to prefer the cycle.")),
                List.of("./kappa train --task dms --rank 2 --neurons " + TrainedMatchToSample.NEURONS
                        + " --seed SEED --out NET.npz", "./kappa analyze NET.npz --task dms"),
                List.of(new Result.Table(List.of("seed", "accuracy", "solution", "without input", "under A", "under B",
                        "what becomes of the states", "A and B turn the flow"), rows)));
    }

    /** Trials over the flow of each epoch (5.7, 5.8), and m1 and n1 over neurons with their density (5.9). */
    private static List<String> pictures(LowRankNetwork network) {
        List<String> pictures = new ArrayList<>(new MatchToSampleFigures(network).epochs());
        pictures.add(Density.withScatter("m1", Vectors.m(network, 0), "n1", Vectors.n(network, 0)));
        return pictures;
    }
}
