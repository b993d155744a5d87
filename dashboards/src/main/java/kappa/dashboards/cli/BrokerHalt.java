package kappa.dashboards.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import kappa.ingest.log.EmbeddedBroker;

/**
 * The last line of a process whose broker can do no more: Kafka then ends the process in the middle of whatever it does, without
 * a word to its user. Stateless.
 */
final class BrokerHalt {

    /** Kafka needs more to append a record and to roll a segment. */
    private static final long FULL_BYTES = 16L << 20;

    private BrokerHalt() {}

    /** To be called before a broker is started on a directory. */
    static void tellWhy(Path directory) {
        EmbeddedBroker.whenItHalts(() -> {
            System.err.println("kappa: " + line(directory));
            System.err.flush();
            Runtime.getRuntime().halt(Main.FAILED);
        });
    }

    static String line(Path directory) {
        if (!Files.exists(directory)) {
            return directory
                    + " was removed while Kafka kept its log there, so Kafka has stopped. What it held is lost;"
                    + " the same command starts a new log.";
        }
        long left = directory.toFile().getUsableSpace();
        return left < FULL_BYTES
                ? "the disk of " + directory + " is full (" + left
                        + " bytes are left), so Kafka has stopped. Make room on it."
                        + " The same command then continues where it was."
                : "Kafka has stopped, because it could not write to " + directory
                        + ". Look at the disk of that directory."
                        + " The same command then continues where it was.";
    }
}
