package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.Optional;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import picocli.CommandLine.Option;

/** Which Kafka to read from: one that is named, or the broker of a live on this machine. */
final class LogOptions {
    @Option(names = "--bootstrap-servers", paramLabel = "HOST:PORT",
            description = "The Kafka cluster (default: the broker in --data).")
    private String bootstrapServers;

    @Option(names = "--kafka-config", paramLabel = "FILE",
            description = "Client properties for it, such as TLS and SASL settings.")
    private Path config;

    @Option(names = "--data", paramLabel = "DIR", description = {
        "Where live keeps its log, whether it runs or has run (default: .kappa/live beside the launcher)."})
    private Path data;

    Path directory() {
        return data == null ? Home.directory("live") : data;
    }

    /** The cluster that was named, or the broker that runs in the directory; empty if neither is there. */
    Optional<KafkaConnection> running() {
        if (bootstrapServers != null && data != null) {
            throw new InvalidInputException("--data " + data + " and --bootstrap-servers " + bootstrapServers
                    + ": expected one of them");
        }
        Optional<String> servers = bootstrapServers == null
                ? EmbeddedBroker.runningIn(directory())
                : Optional.of(bootstrapServers);
        return servers.map(at -> config == null
                ? KafkaConnection.to(at)
                : KafkaConnection.withConfig(at, config));
    }
}
