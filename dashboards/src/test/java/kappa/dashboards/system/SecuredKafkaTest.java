package kappa.dashboards.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import kappa.ingest.log.SecuredBroker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Kafka with TLS and passwords, as {@code --kafka-config} reaches it. */
@ProcessTest
class SecuredKafkaTest {

    private static final int BINS = 120;

    @TempDir
    private Path directory;

    /** Each line one object, and what it is about a field of its own. */
    private void shouldLogJsonWithoutSecrets(String log) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : log.lines().filter(line -> !line.startsWith("WARNING: Using incubator")).toList()) {
            lines.add(new ObjectMapper().readTree(line));
        }
        assertThat(lines).isNotEmpty().allSatisfy(line -> {
            assertThat(line.path("time").asText()).matches("20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
            assertThat(line.path("level").asText()).isIn("INFO", "WARN", "ERROR");
            assertThat(line.path("message").asText()).isNotEmpty();
        });
        assertThat(lines).anySatisfy(line -> {
            assertThat(line.path("session").asText()).isEqualTo("secured");
            assertThat(line.path("partition").asText()).matches("[0-7]");
            assertThat(line.path("message").asText()).contains("10 neurons");
        });
        String token = Files.readString(directory.resolve(".kappa/control-token")).strip();
        assertThat(token).hasSize(32);
        assertThat(log).doesNotContain("correct-horse-battery").doesNotContain(token).contains("dashboard http://");
    }

    @Test
    void shouldRunASessionThroughABrokerThatWantsTlsAndAPassword() throws IOException {
        Path file = Recording.synthetic(directory.resolve("secured.npz"), BINS, 10, 20, 0.1);
        try (SecuredBroker broker = SecuredBroker.start(directory)) {
            String[] kafka = {"--bootstrap-servers", broker.bootstrapServers(), "--kafka-config",
                broker.clientProperties(true).toString()};
            try (KappaProcess serve = KappaProcess.startForMachines(directory, "serve", kafka[0], kafka[1], kafka[2],
                    kafka[3], "--port", "0");
                    KappaProcess replay = KappaProcess.startWith(KappaProcess.CLIENT, directory, "replay",
                            file.toString(), kafka[0], kafka[1],
                            kafka[2], kafka[3], "--speed", "max", "--json")) {
                replay.awaitSuccess(Recording.LIMIT);
                assertThat(replay.figures().get("latents").asInt()).isEqualTo(BINS);
                shouldLogJsonWithoutSecrets(serve.err());
            }
            try (KappaProcess stranger = KappaProcess.startWith(KappaProcess.CLIENT, directory, "replay",
                    file.toString(), kafka[0], kafka[1],
                    "--kafka-config", broker.clientProperties(false).toString())) {
                assertThat(stranger.awaitEnd(Recording.LIMIT)).isEqualTo(1);
                assertThat(stranger.err().lines().toList().getLast()).startsWith("kappa: ").contains("uthentication");
            }
        }
    }
}
