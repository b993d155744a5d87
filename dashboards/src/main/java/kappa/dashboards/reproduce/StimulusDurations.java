package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import kappa.analysis.dynamics.LatentTrajectory;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.task.Task;
import kappa.fitting.training.TrainedNetworks;
import kappa.fitting.training.TrialRunner;

/** Delayed match-to-sample with stimuli of other durations than the 500 ms that the networks are built or trained for. */
final class StimulusDurations implements Item {

    private static final String SECOND = "dms-second";
    private static final int NEURONS = 128;
    private static final long MOST_STEPS = 1_500;
    private static final int FIXATION = 5;
    private static final int DECISION = 50;
    private static final int[] DELAYS = {25, 75, 150};
    private static final int[] DURATIONS = {5, 10, 15, 20, 23, 25, 27, 30, 35, 40, 50, 60, 75};
    private static final int TRAINED_FOR = 25;
    private static final double BIN_MS = 20;
    private static final double CHANCE_OF_A_FEW = 0.8;

    @Override
    public String name() {
        return "dms-durations";
    }

    @Override
    public String title() {
        return "Delayed match-to-sample with stimuli of other durations";
    }

    @Override
    public String source() {
        return "Valente 2019, section 5.4";
    }

    @Override
    public Result compute(Context context) {
        context.progress().accept("training on dms, full rank and rank 2, seed " + context.seed());
        List<String> names = List.of("poster-dms", SECOND, "trained, rank 2");
        List<LowRankNetwork> networks = List.of(HandBuiltNetworks.named("poster-dms", context.seed()).withReadout(),
                HandBuiltNetworks.named(SECOND, context.seed()).withReadout(), trained(context));
        SvgPlot plot = new SvgPlot("right trials by the duration of both stimuli", "duration, ms", "accuracy", 0, 1_550,
                0,
                1.05);
        List<Result.Finding> findings = new ArrayList<>();
        for (int i = 0; i < networks.size(); i++) {
            double[] x = new double[DURATIONS.length];
            double[] accuracy = new double[DURATIONS.length];
            int fails = 0;
            double atTrained = 0;
            for (int d = 0; d < DURATIONS.length; d++) {
                x[d] = DURATIONS[d] * BIN_MS;
                accuracy[d] = accuracy(networks.get(i), DURATIONS[d]);
                fails += accuracy[d] < CHANCE_OF_A_FEW ? 1 : 0;
                atTrained = DURATIONS[d] == TRAINED_FOR ? accuracy[d] : atTrained;
            }
            plot.line(x, accuracy, SvgPlot.COLOURS.get(i), false, 1.8).entry(names.get(i), SvgPlot.COLOURS.get(i));
            String found = String.format(Locale.ROOT,
                    "accuracy %.2f at 500 ms; below %.1f at %d of %d durations from 100 to 1,500 ms", atTrained,
                    CHANCE_OF_A_FEW, fails, DURATIONS.length);
            findings.add(names.get(i).equals(SECOND)
                    ? new Result.Finding(SECOND,
                            "open: is there a solution that needs no fixed duration? (section 5.4)", found,
                            fails == 0,
                            "The state of a sample creeps through a bottleneck of the flow near the origin, where that of a test "
                                    + "does not come: so rank 2 is enough for durations of this range.")
                    : new Result.Finding(names.get(i), "needs stimuli of a fixed duration (section 5.4)", found,
                            atTrained == 1 && fails > 0,
                            "Twelve trials without noise for each duration: four pairs, three delays."));
        }
        return new Result(
                "Sample and test of equal duration; the choice is the sign of the readout's mean over the second after "
                        + "the test.",
                List.of(plot.svg()), findings,
                List.of("./kappa train --task dms --rank 2 --neurons " + NEURONS + " --out NET.npz"));
    }

    private static LowRankNetwork trained(Context context) {
        Task task = Task.of(Task.Name.DMS);
        try (TrialRunner runner = new TrialRunner(context.threads())) {
            TrainedNetworks training = new TrainedNetworks(runner, (_, _) -> {});
            FullRankNetwork full = training.fullRank(task, NEURONS, context.seed());
            return training.truncated(full, task, 2, MOST_STEPS, context.seed());
        }
    }

    private static double accuracy(LowRankNetwork network, int duration) {
        int right = 0;
        int trials = 0;
        for (int delay : DELAYS) {
            for (int pair = 0; pair < 4; pair++) {
                int sample = pair / 2;
                int test = pair % 2;
                int from = FIXATION + 2 * duration + delay;
                float[] u = new float[2 * (from + DECISION)];
                for (int t = 0; t < duration; t++) {
                    u[2 * (FIXATION + t) + sample] = 1;
                    u[2 * (FIXATION + duration + delay + t) + test] = 1;
                }
                double[] z = LatentTrajectory.of(network, u, new double[2], new double[2]).readout();
                double mean = 0;
                for (int t = from + 1; t < z.length; t++) {
                    mean += z[t];
                }
                right += mean > 0 == (sample == test) ? 1 : 0;
                trials++;
            }
        }
        return (double) right / trials;
    }
}
