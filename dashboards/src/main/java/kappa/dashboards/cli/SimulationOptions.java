package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.Locale;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.simulation.SimulatedSession;
import kappa.fitting.task.Task;
import kappa.fitting.training.TaskRig;
import kappa.fitting.training.TaskSimulator;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Observation;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A simulated rig. */
@Section.In(Section.RIG)
final class SimulationOptions {
    @Option(names = "--network", defaultValue = "decision", paramLabel = "NAME|NET.npz",
            description = "Network to simulate: decision, figure-4.1a to figure-4.1d, bimodal, two-population, dms, or "
                    + "a network file together with --task (default: ${DEFAULT-VALUE}).")
    String network;

    @Option(names = "--task", paramLabel = "dm|wm|cdm|msi|dms",
            description = "Task that the network file of --network does.")
    String task;

    @Mixin
    private ContextOption context;

    @Option(names = "--neurons", paramLabel = "N",
            description = "Number of simulated neurons (default: depends on the network).")
    Integer neurons;

    @Section.In(Section.RARE)
    @Option(names = "--state-noise", paramLabel = "SD", defaultValue = "0.05",
            description = "Standard deviation of the noise on the currents of the simulated network (default: "
                    + "${DEFAULT-VALUE}).")
    double stateNoise;

    private HandBuiltNetworks.HandBuilt built(long seed) {
        int n = neurons == null ? HandBuiltNetworks.defaultNeurons(network) : neurons;
        return HandBuiltNetworks.named(network, n, seed);
    }

    /**
     * What a rig records.
     *
     * @param trials how many, 0 to go on until stopped
     */
    BinSource source(String observe, long trials, long seed) {
        Observation observation = observe == null ? Observation.COUNTS : RecordingFileOptions.observation(observe);
        SimulatedSession.Settings endless = SimulatedSession.Settings.endless(observation, seed);
        if (isFile()) {
            return trained(observation, endless.gain(), trials, seed);
        }
        if (task != null) {
            throw new InvalidInputException(
                    "--task " + task + " needs --network NET.npz, the file of a network");
        }
        return new SimulatedSession(built(seed),
                new SimulatedSession.Settings(observation, endless.gain(), stateNoise,
                        trials, seed));
    }

    private boolean isFile() {
        return network.toLowerCase(Locale.ROOT).endsWith(".npz");
    }

    private BinSource trained(Observation observation, double gain, long trials, long seed) {
        if (task == null) {
            throw new InvalidInputException(
                    "--network " + network + " is a file and needs --task: dm, wm, cdm, msi or dms");
        }
        if (neurons != null) {
            throw new InvalidInputException(
                    "--neurons " + neurons + " cannot be combined with a network file, which has its own neurons");
        }
        if (trials < 0 || trials > Integer.MAX_VALUE) {
            throw new InvalidInputException("trials: " + trials + ", expected a number >= 0 (0 is endless)");
        }
        Path file = Path.of(network);
        String name = file.getFileName().toString().replaceFirst("(?i)\\.npz$", "").replaceAll("[^A-Za-z0-9._-]",
                "-");
        return new TaskRig(name, NetworkFile.read(file), Task.named(task).withContext(context.strength),
                new TaskSimulator.Settings((int) Math.max(1, trials), observation, gain, stateNoise, 0, 1, 1, seed),
                trials == 0);
    }

    /** Of the network; 2 for one of full rank, which has no better guess. */
    int rank() {
        if (isFile()) {
            return NetworkFile.read(Path.of(network)) instanceof LowRankNetwork low
                    ? low.rank()
                    : 2;
        }
        return built(1).network().rank();
    }
}
