package kappa.dashboards.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import kappa.ingest.Await;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.Pacing;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One thread to learn with, and a session that wants it for minutes. */
class FairnessTest {

    private static final String GREEDY = "greedy";
    private static final String LIVE = "live";
    private static final int TRIAL_BINS = 30;

    @TempDir
    private Path directory;

    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final Random random = new Random(1);

    private static void announce(KafkaProducer<byte[], byte[]> producer, String session, int neurons, FitSettings fit) {
        producer.send(new ProducerRecord<>(Topics.SESSIONS, session.getBytes(UTF_8),
                SessionHeader.newBuilder().setSchemaVersion(1).setSession(session).setBinWidthS(0.02).setTrials(true)
                        .setObservation(Observation.COUNTS).setFit(fit)
                        .addAllNeurons(IntStream.range(0, neurons).mapToObj(i -> "n" + i).toList()).build()
                        .toByteArray()));
    }

    private void trial(KafkaProducer<byte[], byte[]> producer, String session, int neurons, long trial) {
        Activity.Builder activity = Activity.newBuilder().setSchemaVersion(1).setSession(session)
                .setFirstBin(trial * TRIAL_BINS);
        for (int t = 0; t < TRIAL_BINS; t++) {
            Bin.Builder bin = Bin.newBuilder().setRigTimeNs(20_000_000L * (trial * TRIAL_BINS + t + 1)).setTrial(trial)
                    .setTrialEnd(t == TRIAL_BINS - 1);
            for (int i = 0; i < neurons; i++) {
                bin.addCounts(random.nextInt(2));
            }
            activity.addBins(bin);
        }
        producer.send(new ProducerRecord<>(Topics.ACTIVITY, session.getBytes(UTF_8), activity.build().toByteArray()));
        producer.flush();
    }

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
                announce(producer, GREEDY, 1_000, FitSettings.newBuilder().setRank(3).setSeed(1)
                        .setPacing(Pacing.LOCKSTEP).setStepsPerTrial(10_000).build());
                trial(producer, GREEDY, 1_000, 0);
                announce(producer, LIVE, 20,
                        FitSettings.newBuilder().setRank(1).setSeed(1).setStepsPerTrial(5).build());
                Map<String, Integer> models = new HashMap<>();
                for (int sent = 0; sent < 5; sent++) {
                    int before = models.getOrDefault(LIVE, 0);
                    trial(producer, LIVE, 20, sent);
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
