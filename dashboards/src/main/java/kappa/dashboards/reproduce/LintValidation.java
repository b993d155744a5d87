package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.evaluation.Evaluation;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.offline.FittingAlgorithms;
import kappa.fitting.task.Task;
import kappa.fitting.training.TrainedNetworks;
import kappa.fitting.training.TrialRunner;
import kappa.ingest.recording.Observation;

/** Low-rank networks trained on four tasks are recovered from what is recorded of them, by three algorithms. */
final class LintValidation extends Item {

    /** A task with the rank of its networks and the authors' scores, recomputed against noise-free teachers. */
    private record Row(Task.Name task, int rank, double r2, double ecc) {}

    private static final List<Row> ROWS = List.of(new Row(Task.Name.DM, 1, 0.9986, 0.988),
            new Row(Task.Name.WM, 2, 0.978, 0.929), new Row(Task.Name.CDM, 1, 0.953, 0.991),
            new Row(Task.Name.DMS, 2, 0.987, 0.874));
    /** An algorithm with a number of passes over the session. */
    private record Way(FittingAlgorithms algorithm, int passes, String name) {}

    private static final int OFFLINE_PASSES = 4;
    private static final List<Way> WAYS = List.of(new Way(FittingAlgorithms.BPTT, 1, "bptt online"),
            new Way(FittingAlgorithms.BPTT, OFFLINE_PASSES, "bptt offline, " + OFFLINE_PASSES + " passes"),
            new Way(FittingAlgorithms.RRR, 1, "rrr"), new Way(FittingAlgorithms.EM, 1, "em"));
    private static final int QUICK_NEURONS = 128;
    private static final int NEURONS = 256;
    private static final int QUICK_TRIALS = 100;
    private static final int TRIALS = 200;
    private static final long MOST_STEPS = 1_500;
    private static final double BELOW = 0.03;

    LintValidation() {
        super("lint-validation",
                "LINT: activity and connectivity recovered on four tasks, by three algorithms",
                "Poster on LINT; Valente, Pillow and Ostojic 2022, figure 2");
    }

    @Override
    Result compute(Context context) {
        int neurons = context.quick() ? QUICK_NEURONS : NEURONS;
        int trials = context.quick() ? QUICK_TRIALS : TRIALS;
        List<Result.Finding> findings = new ArrayList<>();
        SvgPlot plot = new SvgPlot("R2 on fresh trials, bptt from counts and from rates", "task: dm, wm, cdm, dms",
                "R2", 0.5,
                4.5, 0, 1.02).entry("from counts", SvgPlot.COLOURS.get(0)).entry("from rates", SvgPlot.COLOURS.get(1));
        for (Row row : ROWS) {
            context.progress().accept("training the teacher of " + row.task);
            LowRankNetwork teacher = teacher(row, neurons, context);
            for (Way way : WAYS) {
                double[] r2 = new double[2];
                double[] ecc = new double[2];
                for (Observation observation : List.of(Observation.COUNTS, Observation.RATES)) {
                    int at = observation == Observation.COUNTS ? 0 : 1;
                    context.progress().accept("fitting " + row.task + " by " + way.name + " from "
                            + observation.name().toLowerCase(Locale.ROOT));
                    Lint.Settings settings = new Lint.Settings(observation, trials, 1, context.seed(),
                            context.threads());
                    LowRankNetwork fit = Lint.fit(teacher, Task.of(row.task), row.rank, way.algorithm, settings,
                            way.passes);
                    r2[at] = Lint.score(fit, teacher, Task.of(row.task), settings).r2();
                    ecc[at] = Evaluation.connectivity(fit, teacher).ecc();
                    if (way.equals(WAYS.getFirst())) {
                        plot.dot(ROWS.indexOf(row) + 1 + 0.1 * at, r2[at], SvgPlot.COLOURS.get(at), 5, "");
                    }
                }
                findings.add(finding(row, way, r2, ecc));
            }
        }
        return new Result("Teachers trained here, N = " + neurons + ", " + trials
                + " trials, spike counts with 0.4 per "
                + "bin at rest; scores in a free run on 50 fresh trials against noise-free rates. The paper's numbers are of its "
                + "offline fits to rates.", List.of(plot.svg()), findings,
                List.of("./kappa train --task dm --rank 1 --out NET.npz",
                        "./kappa simulate NET.npz --task dm --trials " + trials + " --out SESSION.npz",
                        "./kappa fit SESSION.npz --rank 1 --algorithm bptt --out FIT.npz",
                        "./kappa evaluate FIT.npz SESSION.npz --teacher NET.npz"));
    }

    private static Result.Finding finding(Row row, Way way, double[] r2, double[] ecc) {
        String found = String.format(Locale.ROOT, "R2 %.4f, ECC %.3f from counts; R2 %.4f, ECC %.3f from rates", r2[0],
                ecc[0],
                r2[1], ecc[1]);
        // Regression knows nothing of the noise of spikes; it is exact on rates.
        double judged = way.algorithm == FittingAlgorithms.RRR ? r2[1] : Math.min(r2[0], r2[1]);
        String reason = switch (way.algorithm) {
            case BPTT ->
                way.passes == 1 ? "One pass, as in the live pipeline." : "The session is seen again and again.";
            case RRR, LINEAR_RRR -> "Regression takes counts for rates: it is judged by its fit to rates.";
            case EM -> "Refines the fit of the first pass.";
        };
        return new Result.Finding(row.task + " by " + way.name, String.format(Locale.ROOT,
                "R2 %.3f, ECC %.3f", row.r2, row.ecc), found, judged >= row.r2 - BELOW, reason);
    }

    private static LowRankNetwork teacher(Row row, int neurons, Context context) {
        Task task = Task.of(row.task);
        try (TrialRunner runner = new TrialRunner(context.threads())) {
            TrainedNetworks training = new TrainedNetworks(runner, (_, _) -> {});
            if (!task.hasVariableDelay()) {
                return training.lowRank(task, row.rank, neurons, context.seed());
            }
            FullRankNetwork full = training.fullRank(task, neurons, context.seed());
            return training.truncated(full, task, row.rank, MOST_STEPS, context.seed());
        }
    }
}
