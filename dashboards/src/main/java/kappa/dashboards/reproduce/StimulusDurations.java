package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import kappa.analysis.connectivity.StateFates;
import kappa.analysis.dynamics.LatentTrajectory;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.task.Task;

/** Delayed match-to-sample with stimuli of other durations than the 500 ms that the networks are built or trained for. */
final class StimulusDurations extends Item {

    private static final String SECOND = "dms-second";
    private static final int NEURONS = 64;
    private static final int SEEDS = 5;
    private static final List<Integer> RANKS = List.of(2, 3, 4);
    private static final int FROM_MS = 200;
    private static final int TO_MS = 1_500;
    private static final int FIXATION = 5;
    private static final int DECISION = 50;
    private static final int[] DELAYS = {25, 75, 150};
    private static final int[] DURATIONS = {5, 10, 15, 20, 23, 25, 27, 30, 35, 40, 50, 60, 75};
    private static final int TRAINED_FOR = 25;
    private static final double BIN_MS = 20;
    private static final double CHANCE_OF_A_FEW = 0.8;

    StimulusDurations() {
        super("dms-durations",
                "Delayed match-to-sample with stimuli of other durations",
                "Valente 2019, section 5.4");
    }

    @Override
    Result compute(Context context) {
        List<Result.Finding> findings = new ArrayList<>();
        List<List<String>> rows = new ArrayList<>();
        SvgPlot plot = new SvgPlot("right trials by the duration of both stimuli", "duration, ms", "accuracy", 0, 1_550,
                0, 1.25);
        try (MatchToSampleTraining training = new MatchToSampleTraining(context)) {
            context.progress().accept("training on dms, full rank and rank 2, seed " + context.seed());
            List<String> names = List.of("poster-dms", SECOND, "trained for 500 ms, rank 2");
            List<LowRankNetwork> networks = List.of(HandBuiltNetworks.named("poster-dms", context.seed()).withReadout(),
                    HandBuiltNetworks.named(SECOND, context.seed()).withReadout(),
                    training.lowRank(Task.of(Task.Name.DMS), 2, TrainedMatchToSample.NEURONS,
                            MatchToSampleTraining.MOST_STEPS, context.seed()));
            for (int i = 0; i < networks.size(); i++) {
                double[] accuracy = accuracy(networks.get(i));
                draw(plot, names.get(i), accuracy, SvgPlot.COLOURS.get(i));
                findings.add(fixed(names.get(i), accuracy));
            }
            for (int r = 0; r < RANKS.size(); r++) {
                findings.add(varied(RANKS.get(r), training, context, rows, plot, SvgPlot.COLOURS.get(3 + r)));
            }
        }
        return new Result(
                "Sample and test of equal duration; the choice is the sign of the readout's mean over the second after "
                        + "the test. The last three networks were trained with durations drawn from "
                        + FROM_MS + " to " + TO_MS + " ms for sample and test of each trial, N = " + NEURONS + ".",
                List.of(plot.svg()), findings,
                List.of("./kappa train --task dms --rank 2 --neurons " + TrainedMatchToSample.NEURONS
                        + " --out NET.npz",
                        "./kappa train --task dms --stimulus-ms " + FROM_MS + ":" + TO_MS + " --rank 3 --neurons "
                                + NEURONS + " --out NET.npz"),
                List.of(new Result.Table(List.of("rank", "seed", "accuracy, durations drawn", "stable states",
                        "what becomes of the states in the longest stimulus"), rows)));
    }

    /** A network built or trained for one duration. */
    private static Result.Finding fixed(String name, double[] accuracy) {
        long fails = Arrays.stream(accuracy).filter(value -> value < CHANCE_OF_A_FEW).count();
        double atTrained = accuracy[Arrays.binarySearch(DURATIONS, TRAINED_FOR)];
        String found = String.format(Locale.ROOT,
                "accuracy %.2f at 500 ms; below %.1f at %d of %d durations from 100 to 1,500 ms", atTrained,
                CHANCE_OF_A_FEW, fails, DURATIONS.length);
        return name.equals(SECOND)
                ? new Result.Finding(SECOND,
                        "open: is there a solution that needs no fixed duration? (section 5.4)", found,
                        fails == 0,
                        "The state of a sample creeps through a bottleneck of the flow near the origin, where that of a test "
                                + "does not come: so rank 2 is enough for durations of this range.")
                : new Result.Finding(name, "needs stimuli of a fixed duration (section 5.4)", found,
                        atTrained == 1 && fails > 0,
                        "Twelve trials without noise for each duration: four pairs, three delays.");
    }

    /** Networks of one rank trained with varied durations, over seeds. */
    private static Result.Finding varied(int rank, MatchToSampleTraining training, Context context,
            List<List<String>> rows, SvgPlot plot, String colour) {
        Task task = Task.of(Task.Name.DMS).withStimulus(new Task.Span(Task.bins(FROM_MS), Task.bins(TO_MS)));
        long[] seeds = context.seeds(SEEDS);
        double[] accuracy = new double[seeds.length];
        for (int i = 0; i < seeds.length; i++) {
            context.progress().accept("training on dms with varied durations, rank " + rank + ", seed " + seeds[i]);
            LowRankNetwork network = training.lowRank(task, rank, NEURONS, MatchToSampleTraining.MOST_STEPS, seeds[i]);
            accuracy[i] = training.accuracy(network, task, seeds[i]);
            StateFates fates = StateFates.of(network, task.inputNames(), task.stimulus().longest());
            rows.add(List.of(Integer.toString(rank), Long.toString(seeds[i]), Numbers.shown(accuracy[i]),
                    Integer.toString(fates.states().size()), fates.summary()));
            if (i == 0) {
                draw(plot, "durations varied, rank " + rank, accuracy(network), colour);
            }
        }
        long done = Arrays.stream(accuracy).filter(value -> value >= MatchToSampleTests.DONE).count();
        return new Result.Finding("trained with durations of " + FROM_MS + " to " + TO_MS + " ms, rank " + rank,
                "open: is there a solution that needs no fixed duration, perhaps at rank 3? (section 5.4)",
                "accuracy " + Numbers.range(accuracy), 2 * done > seeds.length,
                done + " of " + seeds.length + " networks reach " + MatchToSampleTests.DONE + " within "
                        + MatchToSampleTraining.MOST_STEPS + " steps. They begin with networks trained for 500 ms.");
    }

    private static void draw(SvgPlot plot, String name, double[] accuracy, String colour) {
        plot.line(Arrays.stream(DURATIONS).mapToDouble(bins -> bins * BIN_MS).toArray(), accuracy, colour, false, 1.8)
                .entry(name, colour);
    }

    /** One for each duration. */
    private static double[] accuracy(LowRankNetwork network) {
        return Arrays.stream(DURATIONS).mapToDouble(bins -> accuracy(network, bins)).toArray();
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
                double[] z = LatentTrajectory.of(network, u, new double[network.rank()], new double[2]).readout();
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
