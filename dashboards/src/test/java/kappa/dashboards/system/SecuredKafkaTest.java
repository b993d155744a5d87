package kappa.dashboards.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import kappa.ingest.kafka.SecuredBroker;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Kafka with TLS and passwords, as {@code --kafka-config} reaches it. */
@Tag("slow")
class SecuredKafkaTest {

    private static final int BINS = 120;

    @Test
    void shouldRunASessionThroughABrokerThatWantsTlsAndAPassword(@TempDir Path directory) {
        Path file = Recording.synthetic(directory.resolve("secured.npz"), BINS, 10, 20, 0.1);
        try (SecuredBroker broker = SecuredBroker.start(directory)) {
            String[] kafka = {"--bootstrap-servers", broker.bootstrapServers(), "--kafka-config",
                broker.clientProperties(true).toString()};
            try (KappaProcess serve = KappaProcess.start(directory, "serve", kafka[0], kafka[1], kafka[2], kafka[3],
                    "--port",
                    "0");
                    KappaProcess replay = KappaProcess.start(directory, "replay", file.toString(), kafka[0], kafka[1],
                            kafka[2], kafka[3], "--speed", "max", "--json")) {
                replay.awaitSuccess(Recording.LIMIT);
                assertThat(replay.figures().get("latents").asInt()).isEqualTo(BINS);
                assertThat(serve.err()).doesNotContain("correct-horse-battery");
            }
            try (KappaProcess stranger = KappaProcess.start(directory, "replay", file.toString(), kafka[0], kafka[1],
                    "--kafka-config", broker.clientProperties(false).toString())) {
                assertThat(stranger.awaitEnd(Recording.LIMIT)).isEqualTo(1);
                assertThat(stranger.err().lines().toList().getLast()).startsWith("kappa: ").contains("uthentication");
            }
        }
    }
}
