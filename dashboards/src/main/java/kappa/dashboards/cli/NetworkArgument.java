package kappa.dashboards.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.model.SavedModel;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.task.Task;
import kappa.ingest.InvalidInputException;

/**
 * Opens what commands take as a network: a network file, or the name of one of the {@link HandBuiltNetworks}, which is then
 * built with its default number of neurons and seed {@value #SEED}. Where there is a file of that name, it is the file.
 * Stateless.
 */
final class NetworkArgument {

    /** Of networks by name. */
    static final long SEED = 1;

    private NetworkArgument() {}

    /** @throws InvalidInputException if it is no network file and no name; the names are listed where it is no file at all */
    static Network read(Path fileOrName) {
        return isName(fileOrName) ? named(fileOrName.toString()) : NetworkFile.read(existing(fileOrName));
    }

    /** Reads a network of low rank. */
    static LowRankNetwork readLowRank(Path fileOrName) {
        if (read(fileOrName) instanceof LowRankNetwork lowRank) {
            return lowRank;
        }
        throw new InvalidInputException(fileOrName + ": is a full-rank network, expected m and n");
    }

    /** Whether it holds all that a session can start from. */
    static boolean holdsModel(Path fileOrName) {
        return !isName(fileOrName) && NetworkFile.holdsModel(fileOrName);
    }

    /** The model that a session can start from; a network by name is no fit, and has none. */
    static SavedModel model(Path fileOrName) {
        if (isName(fileOrName)) {
            throw new InvalidInputException(
                    fileOrName + ": is a network by name, expected the file of a fit, as written by "
                            + "live or fit with --out");
        }
        return NetworkFile.model(existing(fileOrName));
    }

    /**
     * Names of a network's S inputs: those of the session that it was fitted to, of the network that was built by hand, or of the
     * task that it does; numbers where nobody has names.
     */
    static List<String> inputs(Path fileOrName, LowRankNetwork network, Optional<Task> task) {
        Optional<List<String>> own = isName(fileOrName)
                ? Optional.of(HandBuiltNetworks.named(fileOrName.toString(), SEED).inputChannels())
                : NetworkFile.inputNames(fileOrName);
        return own.or(() -> task.map(Task::inputNames))
                .filter(names -> names.size() == network.inputs() && names.stream().distinct().count() == names.size())
                .orElseGet(() -> IntStream.range(0, network.inputs()).mapToObj(s -> "input " + s).toList());
    }

    /** Whether it is a network's name, and no file. */
    static boolean isName(Path fileOrName) {
        return HandBuiltNetworks.names().contains(fileOrName.toString()) && !Files.exists(fileOrName);
    }

    private static LowRankNetwork named(String name) {
        return HandBuiltNetworks.named(name, SEED).withReadout();
    }

    private static Path existing(Path file) {
        if (!Files.exists(file)) {
            throw new InvalidInputException(
                    file + ": no such file, and no network of that name: expected a network file or "
                            + "one of " + String.join(", ", HandBuiltNetworks.names()));
        }
        return file;
    }
}
