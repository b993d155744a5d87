package kappa.dashboards.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.simulation.SimulatedSession;
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

    private static final String DEFAULT = "decision";

    @Option(names = "--network", paramLabel = "NAME|NET.npz",
            description = "Network to simulate: decision, figure-4.1a to figure-4.1d, bimodal, two-population, dms, "
                    + "poster-dms, dms-second, or a network file together with --task (default: decision).")
    String network;

    @Option(names = "--task", paramLabel = "dm|wm|cdm|msi|dms",
            description = "Task that the network of --network does (default for a name: the experiment that shows its "
                    + "dynamics).")
    String task;

    @Mixin
    private TaskOptions taskOptions;

    @Option(names = "--neurons", paramLabel = "N",
            description = "Number of simulated neurons (default: depends on the network).")
    Integer neurons;

    @Section.In(Section.RARE)
    @Option(names = "--state-noise", paramLabel = "SD", defaultValue = "0.05",
            description = "Standard deviation of the noise on the currents of the simulated network (default: "
                    + "${DEFAULT-VALUE}).")
    double stateNoise;

    private HandBuiltNetworks.HandBuilt built(long seed) {
        return neurons == null
                ? HandBuiltNetworks.named(name(), seed)
                : HandBuiltNetworks.named(name(), neurons, seed);
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
        if (task != null && network == null) {
            throw new InvalidInputException(
                    "--task " + task + " needs --network NET.npz, the file of a network or a name");
        }
        if (task != null) {
            return onTask(network, built(seed).withReadout(), observation, endless.gain(), trials, seed);
        }
        return new SimulatedSession(built(seed),
                new SimulatedSession.Settings(observation, endless.gain(), stateNoise,
                        trials, seed));
    }

    private String name() {
        return network == null ? DEFAULT : network;
    }

    /** A file of a network's name comes first, as everywhere. */
    private boolean isFile() {
        return network != null && (network.toLowerCase(Locale.ROOT).endsWith(".npz")
                || Files.isRegularFile(Path.of(network)));
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
        Path file = Path.of(network);
        String name = file.getFileName().toString().replaceFirst("(?i)\\.npz$", "").replaceAll("[^A-Za-z0-9._-]",
                "-");
        return onTask(name, NetworkArgument.read(file), observation, gain, trials, seed);
    }

    private BinSource onTask(String name, Network does, Observation observation, double gain, long trials, long seed) {
        if (trials < 0 || trials > Integer.MAX_VALUE) {
            throw new InvalidInputException("trials: " + trials + ", expected a number >= 0 (0 is endless)");
        }
        return new TaskRig(name, does, taskOptions.of(task),
                new TaskSimulator.Settings((int) Math.max(1, trials), observation, gain, stateNoise, 0, 1, 1, seed),
                trials == 0);
    }

    /** Of the network; 2 for one of full rank, which has no better guess. */
    int rank() {
        if (isFile()) {
            return NetworkArgument.read(Path.of(network)) instanceof LowRankNetwork low
                    ? low.rank()
                    : 2;
        }
        return built(NetworkArgument.SEED).network().rank();
    }
}
