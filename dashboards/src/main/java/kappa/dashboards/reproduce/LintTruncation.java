package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.evaluation.Truncation;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.offline.FittingAlgorithms;
import kappa.fitting.task.Task;
import kappa.ingest.recording.Observation;

/** Full-rank networks trained on context-dependent decisions: fits of rank 1 to 5 beside truncation. */
final class LintTruncation extends Item {

    private static final double[] FITTED = {0.923, 0.946, 0.962, 0.967, 0.968};
    private static final double TRUNCATED = 0.078;
    private static final int TRIALS = 100;
    private static final int MORE_TRIALS = 400;
    private static final double LOOSE_LOSS = 0.05;
    private static final double STRICT_LOSS = 0.003;
    private static final int SEEDS = 10;
    private static final double BELOW = 0.05;

    LintTruncation() {
        super("lint-truncation",
                "LINT: fitting against truncating full-rank networks",
                "Valente, Pillow and Ostojic 2022, figure 3; poster on LINT");
    }

    @Override
    Result compute(Context context) {
        int neurons = ContextTeachers.NEURONS;
        long[] seeds = context.seeds(SEEDS);
        Task task = ContextTeachers.task();
        double[][] fitted = new double[FITTED.length][seeds.length];
        double[] truncated = new double[seeds.length];
        for (int i = 0; i < seeds.length; i++) {
            FullRankNetwork teacher = ContextTeachers.fullRank(neurons, seeds[i], context);
            Lint.Settings settings = settings(TRIALS, seeds[i], context);
            truncated[i] = Lint.score(new Truncation(teacher).toRank(1), teacher, task, settings).r2();
            for (int rank = 1; rank <= FITTED.length; rank++) {
                context.progress().accept("fitting rank " + rank + ", seed " + seeds[i]);
                LowRankNetwork fit = Lint.fit(teacher, task, rank, FittingAlgorithms.BPTT, settings);
                fitted[rank - 1][i] = Lint.score(fit, teacher, task, settings).r2();
            }
        }
        List<Varied> varied = context.quick() ? List.of() : varied(neurons, context);
        return new Result(
                "Teachers trained here on cdm with cues of 0.1, N = " + neurons + "; fits to noise-free rates in one "
                        + "pass over " + TRIALS + " trials; R2 in a free run on 50 fresh trials.",
                List.of(plot(fitted, truncated).svg()),
                findings(fitted, truncated, varied),
                List.of("./kappa train --task cdm --context 0.1 --rank full --loss 0.01 --out NET.npz",
                        "./kappa evaluate NET.npz SESSION.npz --truncate 1"),
                List.of(new Result.Table(List.of("what differs", "R2 of rank 1"),
                        varied.stream().map(one -> List.of(one.what, Numbers.shown(one.r2))).toList())));
    }

    /** A fit of rank 1 with other settings than the rest. */
    private record Varied(String what, double r2) {}

    /** What the score of rank 1 depends on, with the teacher of the first seed. */
    private static List<Varied> varied(int neurons, Context context) {
        List<Varied> all = new ArrayList<>();
        FullRankNetwork usual = ContextTeachers.fullRank(neurons, context.seed(), context);
        all.add(varied("as above, seed " + context.seed(), usual, TRIALS, 1, context));
        all.add(varied(MORE_TRIALS + " trials", usual, MORE_TRIALS, 1, context));
        all.add(varied(TRIALS + " trials, seen four times", usual, TRIALS, 4, context));
        for (double loss : new double[]{LOOSE_LOSS, STRICT_LOSS}) {
            all.add(varied("teacher trained to a loss of " + loss,
                    ContextTeachers.fullRank(neurons, loss, context.seed(), context), TRIALS, 1, context));
        }
        all.add(varied("teacher of " + 2 * neurons + " neurons",
                ContextTeachers.fullRank(2 * neurons, context.seed(), context), TRIALS, 1, context));
        return all;
    }

    private static Varied varied(String what, FullRankNetwork teacher, int trials, int passes, Context context) {
        context.progress().accept("rank 1: " + what);
        Lint.Settings settings = settings(trials, context.seed(), context);
        Task task = ContextTeachers.task();
        LowRankNetwork fit = Lint.fit(teacher, task, 1, FittingAlgorithms.BPTT, settings, passes);
        return new Varied(what, Lint.score(fit, teacher, task, settings).r2());
    }

    private static Lint.Settings settings(int trials, long seed, Context context) {
        return new Lint.Settings(Observation.RATES, trials, 1, seed, context.threads());
    }

    private static SvgPlot plot(double[][] fitted, double[] truncated) {
        double[] ranks = {1, 2, 3, 4, 5};
        SvgPlot plot = new SvgPlot("R2 by rank, median", "rank", "R2", 0.8, 5.2, -0.1, 1.02);
        plot.line(ranks, FITTED, SvgPlot.COLOURS.get(1), true, 1.5).entry("the paper", SvgPlot.COLOURS.get(1));
        plot.line(ranks, Arrays.stream(fitted).mapToDouble(Numbers::median).toArray(), SvgPlot.COLOURS.get(0), false,
                1.8)
                .entry("here", SvgPlot.COLOURS.get(0));
        plot.dot(1, Math.max(-0.1, Numbers.median(truncated)), SvgPlot.COLOURS.get(2), 5, "truncated");
        return plot.entry("truncated to rank 1", SvgPlot.COLOURS.get(2));
    }

    private static List<Result.Finding> findings(double[][] fitted, double[] truncated, List<Varied> varied) {
        List<Result.Finding> findings = new ArrayList<>();
        findings.add(new Result.Finding("R2 of truncation to rank 1", Numbers.shown(TRUNCATED) + " (median of ten)",
                Numbers.range(truncated), Numbers.median(truncated) < Numbers.median(fitted[0]) - 0.2,
                "The leading singular vector of J is mostly of its random part; the agreement asked for is that it lies far "
                        + "below fitting."));
        for (int rank = 1; rank <= FITTED.length; rank++) {
            double median = Numbers.median(fitted[rank - 1]);
            findings.add(new Result.Finding("R2 of fits of rank " + rank,
                    Numbers.shown(FITTED[rank - 1]) + " (median of ten)",
                    Numbers.range(fitted[rank - 1]), median >= FITTED[rank - 1] - BELOW,
                    rank == 1 && !varied.isEmpty()
                            ? "What rank 1 gains and loses by trials, passes and teachers: " + varied.stream()
                                    .map(one -> one.what + ": " + Numbers.shown(one.r2))
                                    .collect(Collectors.joining("; ")) + "."
                            : "Teachers trained here until their loss is " + ContextTeachers.LOSS + "."));
        }
        return findings;
    }
}
