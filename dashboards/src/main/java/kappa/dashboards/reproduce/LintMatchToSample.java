package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.offline.FittingAlgorithms;
import kappa.fitting.task.Task;
import kappa.ingest.recording.Observation;

/** Fits of rank 1 and 2 to full-rank networks that do delayed match-to-sample. */
final class LintMatchToSample extends Item {

    private static final double[] PAPER = {0.622, 0.982};
    private static final int QUICK_TRIALS = 100;
    private static final int TRIALS = 200;
    private static final int SEEDS = 5;
    private static final double TOLERANCE = 0.15;
    private static final double FAR = 0.1;

    LintMatchToSample() {
        super("lint-dms",
                "LINT: rank 1 and 2 fitted to full-rank networks of delayed match-to-sample",
                "Valente, Pillow and Ostojic 2022, figure 3; poster on LINT");
    }

    @Override
    Result compute(Context context) {
        Task task = Task.of(Task.Name.DMS);
        long[] seeds = context.seeds(SEEDS);
        double[][] r2 = new double[PAPER.length][seeds.length];
        List<List<String>> rows = new ArrayList<>();
        try (MatchToSampleTraining training = new MatchToSampleTraining(context)) {
            for (int i = 0; i < seeds.length; i++) {
                context.progress().accept("fitting full-rank networks of dms, seed " + seeds[i]);
                FullRankNetwork teacher = training.fullRank(task, TrainedMatchToSample.NEURONS, seeds[i]);
                Lint.Settings settings = new Lint.Settings(Observation.RATES, context.quick() ? QUICK_TRIALS : TRIALS,
                        1, seeds[i], context.threads());
                for (int rank = 1; rank <= PAPER.length; rank++) {
                    LowRankNetwork fit = Lint.fit(teacher, task, rank, FittingAlgorithms.BPTT, settings);
                    r2[rank - 1][i] = Lint.score(fit, teacher, task, settings).r2();
                }
                rows.add(List.of(Long.toString(seeds[i]), Numbers.shown(r2[0][i]), Numbers.shown(r2[1][i])));
            }
        }
        boolean gap = Numbers.median(r2[1]) - Numbers.median(r2[0]) > FAR;
        return new Result("Full-rank networks trained here, N = " + TrainedMatchToSample.NEURONS
                + ", fits to noise-free rates in one pass; R2 in a free run on 50 fresh trials.", List.of(),
                List.of(finding(1, r2[0], gap), finding(2, r2[1], gap)),
                List.of("./kappa train --task dms --rank full --neurons " + TrainedMatchToSample.NEURONS
                        + " --out NET.npz",
                        "./kappa simulate NET.npz --task dms --observe rates --out SESSION.npz",
                        "./kappa fit SESSION.npz --rank 1 --out FIT.npz"),
                List.of(new Result.Table(List.of("seed", "R2 of rank 1", "R2 of rank 2"), rows)));
    }

    private static Result.Finding finding(int rank, double[] r2, boolean gap) {
        double paper = PAPER[rank - 1];
        return new Result.Finding("R2 of rank " + rank, Numbers.shown(paper), Numbers.range(r2),
                gap && Math.abs(Numbers.median(r2) - paper) < TOLERANCE,
                "Agreement asks for a median within " + TOLERANCE + ", and rank 2 better by more than " + FAR
                        + "; of the seeds, " + Arrays.stream(r2).filter(value -> value >= paper).count() + " of "
                        + r2.length + " are at or above the paper's.");
    }
}
