package kappa.dashboards.cli;

import java.nio.file.Path;
import kappa.ingest.log.KafkaConnection;
import picocli.CommandLine.Option;

/** How to reach Kafka. */
final class KafkaOptions {
    @Option(names = "--bootstrap-servers", paramLabel = "HOST:PORT", defaultValue = "localhost:9092",
            description = "The Kafka cluster (default: ${DEFAULT-VALUE}).")
    String bootstrapServers;

    @Option(names = "--kafka-config", paramLabel = "FILE",
            description = "Client properties for it, such as TLS and SASL settings.")
    Path config;

    KafkaConnection connection() {
        return config == null
                ? KafkaConnection.to(bootstrapServers)
                : KafkaConnection.withConfig(bootstrapServers, config);
    }
}
