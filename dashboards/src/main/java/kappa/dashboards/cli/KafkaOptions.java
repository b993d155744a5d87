package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.Optional;
import kappa.ingest.log.KafkaConnection;
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

    /** The address that was given, if any. */
    Optional<String> servers() {
        return Optional.ofNullable(bootstrapServers);
    }

    KafkaConnection to(String servers) {
        return config == null ? KafkaConnection.to(servers) : KafkaConnection.withConfig(servers, config);
    }
}
