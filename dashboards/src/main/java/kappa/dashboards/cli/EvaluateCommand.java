package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import kappa.fitting.network.Evaluation;
import kappa.fitting.network.NetworkFile;
import kappa.ingest.session.InvalidInputException;
import kappa.ingest.session.NpzSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Scores a network against a session, and against the network that made it. */
@Command(name = "evaluate", mixinStandardHelpOptions = true, description = {
    "R2 of a network's free run from each trial's start, given only the inputs; with --teacher also the",
    "correlation of raw (CC) and effective (ECC) connectivity."})
final class EvaluateCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "NET.npz", description = "The network.")
    private Path network;

    @Parameters(index = "1", paramLabel = "SESSION", description = "The session (.npz).")
    private Path session;

    @Option(names = "--teacher", paramLabel = "NET.npz", description = "The network the session comes from.")
    private Path teacher;

    @Option(names = "--observe", paramLabel = "rates|currents|counts",
            description = "What the session holds (default: the file decides).")
    private String observe;

    @Option(names = "--json", description = "Print the figures as one JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        NetworkFile.Contents fit = NetworkFile.read(network);
        NpzSession recording = NpzSession.open(session, Options.observation(observe));
        Evaluation evaluation = Evaluation.of(fit, recording);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("bins", evaluation.bins());
        figures.put("r2", evaluation.r2());
        if (teacher != null) {
            if (!(fit instanceof NetworkFile.LowRank lowRank)) {
                throw new InvalidInputException(
                        network + ": is a full-rank network, expected a low-rank one to compare with --teacher");
            }
            Evaluation.Connectivity connectivity = Evaluation.connectivity(lowRank.recorded(),
                    NetworkFile.read(teacher));
            figures.put("cc", connectivity.cc());
            figures.put("ecc", connectivity.ecc());
        }
        evaluation.bitsPerSpike().ifPresent(bits -> figures.put("bits_per_spike", bits));
        if (json) {
            figures.put("r2_per_neuron", Arrays.stream(evaluation.r2PerNeuron()).boxed().toList());
            Output.json(figures);
        } else {
            System.err.println(recording.observationChoice());
            figures.forEach((name, value) -> System.out.println(name + " " + value));
        }
        return 0;
    }
}
