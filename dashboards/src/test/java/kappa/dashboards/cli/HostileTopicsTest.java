package kappa.dashboards.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.Message;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kappa.dashboards.app.Processing;
import kappa.dashboards.web.LiveView;
import kappa.dashboards.web.PageFrames;
import kappa.ingest.Await;
import kappa.ingest.UnixTime;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.session.History;
import kappa.ingest.session.SessionState;
import kappa.ingest.session.TopicRecord;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Inactivations;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.Pacing;
import kappa.ingest.wire.PlaybackControl;
import kappa.ingest.wire.PlaybackState;
import kappa.ingest.wire.Reason;
import kappa.ingest.wire.Rejected;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random records on every topic that a running process reads, while a session goes on. Nobody ends, the session is not harmed,
 * and page, terminal, export and topics agree on what was refused. (What is on kappa.checkpoints is read at a start only.)
 */
class HostileTopicsTest {

    private static final String VICTIM = "victim";
    private static final String STRANGER = "stranger";
    private static final int NEURONS = 6;
    private static final int TRIALS = 12;
    private static final int TRIAL_BINS = 10;
    private static final int BINS = TRIALS * TRIAL_BINS;
    private static final int RECORDS_PER_TOPIC = 300;
    /** The bin that no session reaches. */
    private static final long FAR = Long.MAX_VALUE;

    @TempDir
    private Path directory;

    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final SessionState seen = new SessionState(header(VICTIM), History.NONE);
    private final Random random = new Random(Long.getLong("kappa.seed", 5));
    /** Records under the victim's name that the pipeline refuses. */
    private int refused;

    private static SessionHeader header(String session) {
        SessionHeader.Builder header = SessionHeader.newBuilder().setSchemaVersion(1).setSession(session)
                .setBinWidthS(0.02).setObservation(Observation.COUNTS).setTrials(true)
                .setCreatedUnixNs(UnixTime.nowNs()).setFit(FitSettings.newBuilder().setRank(2).setSeed(3)
                        .setPacing(Pacing.LOCKSTEP).setStepsPerTrial(2));
        IntStream.range(0, NEURONS).forEach(i -> header.addNeurons("unit " + i));
        return header.build();
    }

    private static Activity.Builder activity(String session, long bin) {
        Random counts = new Random(bin);
        Bin.Builder out = Bin.newBuilder().setRigTimeNs(20_000_000L * (bin + 1)).setTrial(bin / TRIAL_BINS);
        for (int i = 0; i < NEURONS; i++) {
            out.addCounts((int) (counts.nextDouble() * (2 + Math.sin(bin / 4.0 + i))));
        }
        return Activity.newBuilder().setSchemaVersion(1).setSession(session).setFirstBin(bin).addBins(out);
    }

    /** Valid messages of another session, from which the hostile ones are made. */
    private static final Map<String, List<Message>> SAMPLES = Map.of(Topics.SESSIONS, List.of(header(STRANGER)),
            Topics.ACTIVITY,
            List.of(activity(STRANGER, 0).build(), activity(STRANGER, FAR).build(),
                    activity(STRANGER, 3).setEndOfSession(true).build()),
            Topics.LATENTS,
            List.of(latents(1), latents(FAR)), Topics.MODELS,
            List.of(model(NEURONS, 2), model(Integer.MAX_VALUE, Integer.MAX_VALUE), model(0, 0)), Topics.ANALYSES,
            List.of(Analysis.newBuilder().setSchemaVersion(1).setSession(STRANGER).setModelVersion(3)
                    .addAllOverlaps(List.of(1.0, 0.0, 0.0, 1.0)).addAllJacobianAtOrigin(List.of(0.0)).build()),
            Topics.INACTIVATIONS,
            List.of(Inactivations.newBuilder().setSchemaVersion(1).setSession(STRANGER).setModelVersion(3).build()),
            Topics.INTERVENTIONS,
            List.of(Intervention.newBuilder().setSchemaVersion(1).setSession(STRANGER).setId("i").setName("odd")
                    .addNeurons(1).setTrials(2).build()),
            Topics.CONTROLS,
            List.of(PlaybackControl.newBuilder().setSchemaVersion(1).setSession(STRANGER).setPause(true).build()),
            Topics.PLAYBACKS,
            List.of(PlaybackState.newBuilder().setSchemaVersion(1).setSession(STRANGER).setBins(FAR).setSpeed(1)
                    .build()),
            Topics.REJECTED, List.of(Rejected.newBuilder().setSchemaVersion(1).setSession(STRANGER)
                    .setReason(Reason.GAP).setMissingFrom(1).setMissingBins(FAR).build()));

    private static Message latents(long bin) {
        return Latents.newBuilder().setSchemaVersion(1).setSession(STRANGER).setFirstBin(bin).setModelVersion(FAR)
                .addBins(LatentBin.newBuilder().addAllKappa(List.of(1f, Float.NaN))
                        .addAllCovariance(List.of(1f, 0f, -1f)))
                .setActivityUnixNs(FAR).build();
    }

    private static Message model(int neurons, int rank) {
        return ModelSnapshot.newBuilder().setSchemaVersion(1).setSession(STRANGER).setVersion(3).setNeurons(neurons)
                .setRank(rank).addM(1).addN(1).setAlpha(0.2).build();
    }

    /** One in three is rubbish under the victim's name; the others speak of the stranger, in whatever way. */
    private ProducerRecord<byte[], byte[]> hostile(String topic) {
        List<Message> samples = SAMPLES.get(topic);
        byte[] value = samples.get(random.nextInt(samples.size())).toByteArray();
        byte[] stranger = STRANGER.getBytes(UTF_8);
        return switch (random.nextInt(6)) {
            case 0, 1 -> {
                byte[] rubbish = new byte[1 + random.nextInt(64)];
                random.nextBytes(rubbish);
                rubbish[0] = -1; // no field begins so
                refused += List.of(Topics.SESSIONS, Topics.ACTIVITY).contains(topic) ? 1 : 0;
                yield new ProducerRecord<>(topic, VICTIM.getBytes(UTF_8), rubbish);
            }
            case 2 -> {
                for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                    value[random.nextInt(value.length)] ^= (byte) (1 << random.nextInt(8));
                }
                yield new ProducerRecord<>(topic, stranger, value);
            }
            case 3 -> new ProducerRecord<>(topic, random.nextBoolean() ? stranger : new byte[]{-1, 0, 27}, null);
            // The broker itself refuses a record without a key on a compacted topic, with all that comes with it.
            case 4 -> new ProducerRecord<>(topic, random.nextInt(2),
                    Topics.COMPACTED.contains(topic) || random.nextBoolean() ? new byte[0] : null, value);
            default -> new ProducerRecord<>(topic, random.nextInt(2), stranger, value);
        };
    }

    @Test
    void shouldEndNoReaderAndHarmNoSession() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("data"), 0)) {
            KafkaConnection connection = KafkaConnection.to(broker.bootstrapServers());
            Topics.createAll(connection, 2);
            SimpleMeterRegistry pageMeters = new SimpleMeterRegistry();
            try (var producer = new KafkaProducer<byte[], byte[]>(connection.producer());
                    var consumer = new KafkaConsumer<byte[], byte[]>(connection.consumer());
                    LiveView live = LiveView.start(connection, pageMeters);
                    Processing processing = new Processing(connection, "hostile", 1, failures::add)) {
                consumer.assign(Stream.of(Topics.LATENTS, Topics.MODELS, Topics.ANALYSES, Topics.REJECTED)
                        .flatMap(topic -> IntStream.range(0, 2).mapToObj(p -> new TopicPartition(topic, p)))
                        .toList());
                consumer.seekToBeginning(consumer.assignment());
                send(producer, Topics.SESSIONS, header(VICTIM));
                publish(producer, 0, BINS / 2);
                await(consumer, () -> seen.newest() >= BINS / 2 - 1 && page(live).path("latents").asInt() > 0);
                List<String> topics = new ArrayList<>(SAMPLES.keySet());
                for (int i = 0; i < RECORDS_PER_TOPIC * topics.size(); i++) {
                    producer.send(hostile(topics.get(random.nextInt(topics.size()))));
                }
                publish(producer, BINS / 2, BINS);
                send(producer, Topics.ACTIVITY, activity(VICTIM, BINS).clearBins().setEndOfSession(true).build());
                producer.flush();
                await(consumer, () -> seen.over() && seen.analysis().isPresent()
                        && seen.analysis().orElseThrow().modelVersion() >= seen.snapshot().orElseThrow().version());
                await(consumer, () -> processing.readinessProblem() == null && seen.counters().rejected() == refused
                        && page(live).path("rejected").asLong() == refused);
                shouldAgree(broker.bootstrapServers(), page(live));
            }
        }
        assertThat(failures).isEmpty();
    }

    private void shouldAgree(String servers, JsonNode page) throws IOException {
        assertThat(seen.counters().rejected()).as("the victim's rubbish on two topics").isEqualTo(refused).isPositive();
        assertThat(page.get("latents").asInt()).isEqualTo(BINS);
        Ran watch = Ran.run("watch", "--session", VICTIM, "--json", "--bootstrap-servers", servers);
        JsonNode watched = new ObjectMapper().readTree(watch.out().lines().toList().getLast());
        Ran export = Ran.run("export", "--session", VICTIM, "--json", "--out",
                directory.resolve("victim.npz").toString(), "--bootstrap-servers", servers);
        assertThat(export.code()).as(export.err()).isZero();
        assertThat(export.json().get("complete").asBoolean()).isTrue();
        for (JsonNode told : List.of(watched, export.json())) {
            for (String figure : List.of("latents", "bins_missing", "gaps", "rejected", "model_version")) {
                assertThat(told.get(figure)).as(figure).isEqualTo(page.get(figure));
            }
        }
    }

    private static JsonNode page(LiveView view) {
        try {
            return PageFrames.first(view, VICTIM).at("/status/counters");
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void publish(KafkaProducer<byte[], byte[]> producer, int from, int end) {
        for (int bin = from; bin < end; bin++) {
            send(producer, Topics.ACTIVITY, activity(VICTIM, bin).build());
        }
        producer.flush();
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, String topic, Message value) {
        producer.send(new ProducerRecord<>(topic, VICTIM.getBytes(UTF_8), value.toByteArray()));
    }

    private void await(KafkaConsumer<byte[], byte[]> consumer, BooleanSupplier condition) {
        Await.until("what the topics are to hold", () -> {
            boolean holds = condition.getAsBoolean();
            if (!holds) {
                assertThat(failures).isEmpty();
                // What another reader cannot use, this one cannot either.
                consumer.poll(Duration.ofMillis(50)).forEach(record -> {
                    if (record.key() != null && VICTIM.equals(new String(record.key(), UTF_8))) {
                        seen.fold(TopicRecord.of(record));
                    }
                });
            }
            return holds;
        });
    }
}
