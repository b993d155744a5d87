package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import kappa.dashboards.report.Verdict;
import kappa.fitting.evaluation.Evaluation;
import kappa.fitting.evaluation.PsthFit;
import kappa.fitting.evaluation.Truncation;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.offline.CoSmoothing;
import kappa.fitting.training.Performance;
import kappa.fitting.training.TrialRunner;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.Warning;
import kappa.ingest.session.Quality;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Scores a network against a session, and against the network that made it. */
@Command(name = "evaluate", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Score a network on a session.",
    "",
    "The network runs freely from the start of each trial, given only the inputs. R2 compares "
            + "its activity with the session."})
final class EvaluateCommand implements Runnable {

    @Parameters(index = "0", paramLabel = "NET.npz", description = "Network to score, a file or a name.")
    private Path network;

    @Parameters(index = "1", paramLabel = "SESSION", description = "Session to score it on, a file or a folder.")
    private Path session;

    @Option(names = "--teacher", paramLabel = "NET.npz",
            description = "Network that produced the session: also report the correlation of connectivity (CC, ECC) "
                    + "and the accuracy of its readout.")
    private Path teacher;

    @Option(names = "--truncate", paramLabel = "K",
            description = "Truncate a full-rank network to its K leading singular values first.")
    private Integer truncate;

    @Mixin
    private ThreadsOption threads;

    @Mixin
    private RecordingFileOptions recordingOptions;

    @Option(names = "--held-out-neurons", paramLabel = "SHARE|COUNT",
            description = "Also score co-smoothing: predict this share or number of neurons, drawn at random, from the "
                    + "spikes of the others up to each bin. The unit is the Neural Latents Benchmark's bits per "
                    + "spike, by filtering in place of smoothing.")
    private Double heldOutNeurons;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "Seed of the draw of --held-out-neurons (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Mixin
    private FiguresOption output;

    @Override
    public void run() {
        Network fit = fit();
        try (Recording recording = recordingOptions.open(session)) {
            score(fit, recording);
        }
    }

    private void score(Network fit, Recording recording) {
        Evaluation evaluation = Evaluation.of(fit, recording);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("bins", evaluation.bins());
        figures.put("r2", evaluation.r2());
        if (teacher != null) {
            if (!(fit instanceof LowRankNetwork lowRank)) {
                throw new InvalidInputException(
                        network + ": is a full-rank network, but --teacher needs a low-rank one; add --truncate K");
            }
            Network original = NetworkArgument.read(teacher);
            Evaluation.Connectivity connectivity = Evaluation.connectivity(lowRank.recorded(), original);
            figures.put("cc", connectivity.cc());
            figures.put("ecc", connectivity.ecc());
            try (TrialRunner runner = new TrialRunner(threads.count())) {
                Performance.inSession(fit, original, recording, runner).ifPresent(own -> {
                    figures.put("accuracy", own.accuracy());
                    Performance.inSession(original, original, recording, runner)
                            .ifPresent(performance -> figures.put("teacher_accuracy", performance.accuracy()));
                });
            }
        }
        evaluation.bitsPerSpike().ifPresent(bits -> figures.put("bits_per_spike", bits));
        PsthFit.r2(fit, Evaluation.withInputsOf(fit, recording)).ifPresent(psth -> figures.put("psth_r2", psth));
        if (heldOutNeurons != null) {
            addCoSmoothing(fit, recording, figures);
        }
        List<String> doubts = doubts(evaluation, fit);
        doubts.forEach(line -> Output.note("warning: " + line));
        if (output.json()) {
            figures.put("warnings",
                    Stream.concat(recording.warnings().stream().map(Warning::line), doubts.stream()).toList());
            figures.put("r2_per_neuron", Arrays.stream(evaluation.r2PerNeuron()).boxed().toList());
        }
        String verdict = Verdict.evaluation(evaluation.r2(),
                evaluation.bitsPerSpike().isPresent()
                        ? Optional.of(evaluation.bitsPerSpike().getAsDouble())
                        : Optional.empty(),
                Optional.ofNullable((Double) figures.get("psth_r2")),
                Optional.ofNullable((Double) figures.get("co_smoothing_bits_per_spike")));
        if (output.json()) {
            figures.put("verdict", verdict);
        }
        output.print(figures);
        if (!output.json()) {
            System.out.println(verdict);
        }
    }

    /** What keeps the scores from meaning anything. */
    private static List<String> doubts(Evaluation evaluation, Network fit) {
        return Quality.doubtsOfFreeRun(evaluation.bitsPerSpike().orElse(evaluation.r2()), fit.inputs(),
                evaluation.bitsPerSpike().isPresent());
    }

    private Network fit() {
        Network contents = NetworkArgument.read(network);
        if (truncate == null) {
            return contents;
        }
        if (!(contents instanceof FullRankNetwork full)) {
            throw new InvalidInputException(
                    "--truncate " + truncate + " needs a full-rank network, but " + network
                            + " has low rank");
        }
        Checks.require(truncate >= 1 && truncate <= full.neurons(), "--truncate", truncate, "1 to " + full.neurons());
        return new Truncation(full).toRank(truncate);
    }

    private void addCoSmoothing(Network fit, Recording recording, Map<String, Object> figures) {
        if (!(fit instanceof LowRankNetwork lowRank)) {
            throw new InvalidInputException(
                    network + ": is a full-rank network, but --held-out-neurons needs a low-rank one; add --truncate K");
        }
        boolean[] heldOut = CoSmoothing.draw(fit.neurons() - fit.hidden(), heldOutNeurons, seed);
        Recording seen = Evaluation.withInputsOf(fit, recording);
        // A truncated network is no fit any more, and has no noise of its own.
        double bits = truncate == null && NetworkArgument.holdsModel(network)
                ? CoSmoothing.bitsPerSpike(NetworkArgument.model(network), seen, heldOut)
                : CoSmoothing.bitsPerSpike(lowRank, seen, heldOut);
        figures.put("co_smoothing_bits_per_spike", bits);
    }
}
