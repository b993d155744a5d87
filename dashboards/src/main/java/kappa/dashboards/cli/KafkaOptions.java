package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.Optional;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import picocli.CommandLine.Option;

/** How to reach a Kafka cluster. */
@Section.In(Section.BROKER)
final class KafkaOptions {

    private static final String DEFAULT = "localhost:9092";

    @Option(names = "--bootstrap-servers", paramLabel = "HOST:PORT",
            description = "Address of the Kafka cluster (default: " + DEFAULT
                    + "; for watch and export, the broker in --data).")
    private String bootstrapServers;

    @Option(names = "--kafka-config", paramLabel = "FILE",
            description = "Properties of the Kafka client, such as TLS and SASL settings (default: none).")
    private Path config;

    KafkaConnection connection() {
        return to(servers().orElse(DEFAULT));
    }

    /** A connection to a cluster that has kappa's topics: those that are missing are created. */
    KafkaConnection withTopics() {
        KafkaConnection connection = connection();
        Topics.createAll(connection, Topics.DEFAULT_PARTITIONS);
        return connection;
    }

    /** The address that was given, if any. */
    Optional<String> servers() {
        return Optional.ofNullable(bootstrapServers);
    }

    KafkaConnection to(String servers) {
        return config == null ? KafkaConnection.to(servers) : KafkaConnection.withConfig(servers, config);
    }
}
