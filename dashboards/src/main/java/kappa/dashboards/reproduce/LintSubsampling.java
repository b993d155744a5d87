package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.offline.FittingAlgorithms;
import kappa.ingest.recording.Observation;

/** Rank-1 fits to fewer and fewer of a full-rank network's neurons. */
final class LintSubsampling extends Item {

    private static final int[] PERCENT = {10, 5, 2, 1};
    private static final double[] PAPER = {0.908, 0.892, 0.855, 0.772};
    private static final int NEURONS = 1_024;
    private static final int QUICK_TRIALS = 100;
    private static final int TRIALS = 200;
    private static final int SEEDS = 3;
    private static final double BELOW = 0.1;

    LintSubsampling() {
        super("lint-subsampling",
                "LINT: fits to a tenth to a hundredth of the neurons",
                "Valente, Pillow and Ostojic 2022, supplementary figure on subsampling; poster on LINT");
    }

    @Override
    Result compute(Context context) {
        int neurons = context.quick() ? ContextTeachers.NEURONS : NEURONS;
        long[] seeds = context.seeds(SEEDS);
        double[][] r2 = new double[PERCENT.length][seeds.length];
        FullRankNetwork teacher = ContextTeachers.fullRank(neurons, context.seed(), context);
        for (int i = 0; i < seeds.length; i++) {
            for (int p = 0; p < PERCENT.length; p++) {
                context.progress().accept("fitting " + PERCENT[p] + " % of the neurons, seed " + seeds[i]);
                Lint.Settings settings = new Lint.Settings(Observation.RATES, context.quick() ? QUICK_TRIALS : TRIALS,
                        PERCENT[p] / 100.0, seeds[i], context.threads());
                LowRankNetwork fit = Lint.fit(teacher, ContextTeachers.task(), 1, FittingAlgorithms.BPTT, settings);
                r2[p][i] = Lint.score(fit, teacher, ContextTeachers.task(), settings).r2();
            }
        }
        double[] shares = Arrays.stream(PERCENT).asDoubleStream().toArray();
        double[] medians = Arrays.stream(r2).mapToDouble(Numbers::median).toArray();
        SvgPlot plot = new SvgPlot("R2 of rank 1 by share of neurons", "neurons observed, %", "R2", 0.8, 12, 0, 1.02)
                .logarithmic().ticksAt(1, 2, 5, 10);
        plot.line(shares, PAPER, SvgPlot.COLOURS.get(1), true, 1.5).entry("the paper", SvgPlot.COLOURS.get(1));
        plot.line(shares, medians, SvgPlot.COLOURS.get(0), false, 1.8).entry("here", SvgPlot.COLOURS.get(0));
        List<Result.Finding> findings = new ArrayList<>();
        for (int p = 0; p < PERCENT.length; p++) {
            findings.add(new Result.Finding("R2 with " + PERCENT[p] + " % of the neurons", Numbers.shown(PAPER[p])
                    + " of 1,024 units", Numbers.range(r2[p]), medians[p] >= PAPER[p] - BELOW,
                    Math.max(1, neurons * PERCENT[p] / 100) + " of " + neurons
                            + " neurons of one teacher trained here, drawn anew for each seed."));
        }
        return new Result(
                "Full-rank teachers trained here on cdm, fits to noise-free rates of neurons drawn at random; R2 in a "
                        + "free run on 50 fresh trials of the same neurons.",
                List.of(plot.svg()), findings,
                List.of("./kappa simulate NET.npz --task cdm --context 0.1 --observe rates"
                        + " --neurons-observed 0.1 --out SESSION.npz",
                        "./kappa fit SESSION.npz --rank 1 --out FIT.npz"));
    }
}
