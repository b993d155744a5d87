package kappa.dashboards.cli;

import java.nio.file.Path;
import kappa.ingest.log.EmbeddedBroker;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Who may be a client of a broker of kappa's own. */
final class DoorOption {

    @ArgGroup(exclusive = true)
    private Choice choice = new Choice();

    static final class Choice {

        @Section.In(Section.BROKER)
        @Option(names = "--closed-broker",
                description = "The Kafka broker asks its clients for a password (SASL/SCRAM), which lies in "
                        + "client.properties in --data for this account alone. Use it on a machine with accounts that you "
                        + "do not trust.")
        private boolean closed;

        @Section.In(Section.BROKER)
        @Option(names = "--open-broker",
                description = "The Kafka broker serves every account of this machine without a password (the default).")
        private boolean open;
    }

    EmbeddedBroker.Door door() {
        return choice.closed && !choice.open ? EmbeddedBroker.Door.CLOSED : EmbeddedBroker.Door.OPEN;
    }

    /** What to say about where the broker is and what its clients need. */
    static String address(EmbeddedBroker broker, Path directory) {
        return "Kafka " + broker.bootstrapServers() + EmbeddedBroker.clientProperties(directory)
                .map(file -> "   clients need --kafka-config " + file).orElse("");
    }
}
