package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import kappa.analysis.populations.ResampledNetwork;
import kappa.analysis.populations.TunedPopulations;
import kappa.dashboards.report.SvgPlot;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.task.Task;

/** How many populations describe networks that do delayed match-to-sample, as fitted and with trained statistics. */
final class MatchToSamplePopulations extends Item {

    private static final int SEEDS = 3;
    private static final List<Integer> NUMBERS = List.of(1, 2, 3, 4, 6, 8, 12, 16);
    private static final int MOST_TUNED = 4;
    private static final long TUNING_STEPS = 300;
    private static final int DRAWN_NEURONS = 2_048;
    private static final int DRAWS = 3;
    private static final int TRIALS = 100;
    private static final double STATE_NOISE = 0.05;
    private static final double CLOSE = 0.03;

    MatchToSamplePopulations() {
        super("dms-populations",
                "Delayed match-to-sample: how many populations are enough",
                "Valente 2019, chapter 5; Dubreuil and others 2022");
    }

    @Override
    Result compute(Context context) {
        List<Result.Finding> findings = new ArrayList<>();
        List<List<String>> rows = new ArrayList<>();
        SvgPlot plot = new SvgPlot("accuracy of drawn networks, two stimuli", "populations", "accuracy", 0.8, 17, 0.3,
                1.05).logarithmic().ticksAt(1, 2, 3, 4, 6, 8, 12, 16)
                .entry("as fitted", SvgPlot.COLOURS.get(0)).entry("trained statistics", SvgPlot.COLOURS.get(1));
        try (MatchToSampleTraining training = new MatchToSampleTraining(context)) {
            findings.add(of(Task.of(Task.Name.DMS), TrainedMatchToSample.NEURONS, context.seeds(SEEDS), training,
                    context, rows, plot));
            if (!context.quick()) {
                findings.add(of(Task.of(Task.Name.DMS).withStimuli(3), MatchToSampleStimuli.NEURONS,
                        new long[]{context.seed()}, training, context, rows, new SvgPlot("", "", "", 0, 17, 0, 1)));
            }
        }
        return new Result(
                "Mixtures are fitted to (m, n, W, readout) of each neuron of a trained network of rank 2, with full "
                        + "covariances, and with means or without, whichever has the higher evidence. " + DRAWN_NEURONS
                        + " neurons are drawn with exactly these means and covariances. Trained statistics begin with the "
                        + "fitted ones and have at most " + TUNING_STEPS
                        + " steps of training on the task, with neurons drawn anew at each step.",
                List.of(plot.svg()), findings,
                List.of("./kappa analyze NET.npz --task dms --tune " + TUNING_STEPS,
                        "./kappa train --task dms --rank 2 --populations 3 --from NET.npz --neurons 512 --out DRAWN.npz"),
                List.of(new Result.Table(
                        List.of("stimuli", "seed", "the network itself", "drawn, by populations as fitted",
                                "drawn, by populations with trained statistics"),
                        rows)));
    }

    private static Result.Finding of(Task task, int neurons, long[] seeds, MatchToSampleTraining training,
            Context context, List<List<String>> rows, SvgPlot plot) {
        List<Integer> fittedEnough = new ArrayList<>();
        List<Integer> tunedEnough = new ArrayList<>();
        for (long seed : seeds) {
            context.progress().accept("populations of dms with " + task.stimuli() + " stimuli, seed " + seed);
            LowRankNetwork network = training.lowRank(task, 2, neurons, MatchToSampleTraining.MOST_STEPS, seed);
            double own = training.accuracy(network, task, seed);
            ResampledNetwork.Settings settings = new ResampledNetwork.Settings(DRAWN_NEURONS, DRAWS, TRIALS,
                    STATE_NOISE, seed);
            List<ResampledNetwork> fitted = ResampledNetwork.untilEnough(
                    NUMBERS.stream().filter(number -> number <= neurons / 8).toList(), own - CLOSE, network, task,
                    settings, training.runner());
            List<TunedPopulations> tuned = TunedPopulations.untilEnough(MOST_TUNED, own - CLOSE, TUNING_STEPS, network,
                    task, settings, training.runner());
            fitted.forEach(one -> plot.dot(one.number(), one.exactAccuracy(), SvgPlot.COLOURS.get(0), 4, ""));
            tuned.forEach(one -> plot.dot(one.number() * 1.04, one.accuracy(), SvgPlot.COLOURS.get(1), 4, ""));
            enough(fitted.stream().filter(one -> one.exactAccuracy() >= own - CLOSE)
                    .mapToInt(ResampledNetwork::number).findFirst(), fittedEnough);
            enough(tuned.stream().filter(one -> one.accuracy() >= own - CLOSE).mapToInt(TunedPopulations::number)
                    .findFirst(), tunedEnough);
            rows.add(List.of(Integer.toString(task.stimuli()), Long.toString(seed), Numbers.shown(own),
                    fitted.stream().map(one -> one.number() + ": " + Numbers.shown(one.exactAccuracy()))
                            .collect(Collectors.joining(", ")),
                    tuned.stream().map(one -> one.number() + ": " + Numbers.shown(one.accuracy()))
                            .collect(Collectors.joining(", "))));
        }
        return new Result.Finding(task.stimuli() + " stimuli: the smallest number of populations that is enough",
                task.stimuli() == 2
                        ? "populations suffice (chapter 5)"
                        : "open: how must populations grow? (section 5.4)",
                "as fitted: " + shown(fittedEnough, seeds.length) + "; with trained statistics: "
                        + shown(tunedEnough, seeds.length),
                !tunedEnough.isEmpty() || !fittedEnough.isEmpty(),
                "Few populations as fitted keep the overlaps without input, and lose those under a stimulus, which depend on "
                        + "which neurons it saturates: more populations or trained statistics bring them back where a "
                        + "number is named.");
    }

    private static void enough(OptionalInt number, List<Integer> all) {
        number.ifPresent(all::add);
    }

    private static String shown(List<Integer> numbers, int seeds) {
        return numbers.isEmpty()
                ? "none of those tried"
                : Arrays.toString(numbers.stream().mapToInt(Integer::intValue).sorted().toArray()) + " ("
                        + numbers.size() + " of " + seeds + " seeds)";
    }
}
