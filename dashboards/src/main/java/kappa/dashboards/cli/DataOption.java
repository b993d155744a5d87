package kappa.dashboards.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The directory in which a broker of kappa's own keeps its log. */
final class DataOption {

    @Section.In(Section.BROKER)
    @Option(names = "--data", paramLabel = "DIR",
            description = "Directory of the log of the Kafka broker (default: .kappa/live beside the launcher; "
                    + ".kappa/broker for the command broker).")
    private Path directory;

    boolean given() {
        return directory != null;
    }

    /** @param name of the default directory */
    Path directory(String name) {
        return directory == null ? Home.directory(name) : directory;
    }
}
