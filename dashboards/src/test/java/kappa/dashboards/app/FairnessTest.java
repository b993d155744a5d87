package kappa.dashboards.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import kappa.ingest.Await;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Pacing;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One thread to learn with, and a session that wants it for minutes. */
class FairnessTest {

    private static final String GREEDY = "greedy";
    private static final String LIVE = "live";

    @TempDir
    private Path directory;

    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    @Test
    void shouldLearnFromALiveSessionWhileAGreedyOneHasStepsToMake() {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            KafkaConnection connection = KafkaConnection.to(broker.bootstrapServers());
            Topics.createAll(connection, 1);
            try (var producer = new KafkaProducer<byte[], byte[]>(connection.producer());
                    var consumer = new KafkaConsumer<byte[], byte[]>(connection.consumer());
                    Processing processing = new Processing(connection, "fairness", 1, failures::add)) {
                consumer.assign(List.of(new TopicPartition(Topics.MODELS, 0)));
                consumer.seekToBeginning(consumer.assignment());
                // Its first trial takes a minute and more.
                new SyntheticRig(producer, GREEDY, 1_000, FitSettings.newBuilder().setRank(3).setSeed(1)
                        .setPacing(Pacing.LOCKSTEP).setStepsPerTrial(10_000).build()).trial();
                SyntheticRig live = new SyntheticRig(producer, LIVE, 20,
                        FitSettings.newBuilder().setRank(1).setSeed(1).setStepsPerTrial(5).build());
                Map<String, Integer> models = new HashMap<>();
                for (int sent = 0; sent < 5; sent++) {
                    int before = models.getOrDefault(LIVE, 0);
                    live.trial();
                    Await.until("a model of the live session", () -> {
                        assertThat(failures).isEmpty();
                        consumer.poll(Duration.ofMillis(50))
                                .forEach(record -> models.merge(new String(record.key(), UTF_8), 1, Integer::sum));
                        return models.getOrDefault(LIVE, 0) > before;
                    });
                }
                assertThat(processing.readinessProblem()).isNull();
                assertThat(models).as("models while the greedy session learns from its first trial")
                        .doesNotContainKey(GREEDY);
            }
        }
        assertThat(failures).isEmpty();
    }
}
