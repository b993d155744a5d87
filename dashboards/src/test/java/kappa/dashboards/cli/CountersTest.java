package kappa.dashboards.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kappa.dashboards.app.Processing;
import kappa.dashboards.app.SessionAccount;
import kappa.dashboards.web.LiveView;
import kappa.dashboards.web.PageFrames;
import kappa.ingest.Await;
import kappa.ingest.Meters;
import kappa.ingest.UnixTime;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.session.History;
import kappa.ingest.session.SessionState;
import kappa.ingest.session.TopicRecord;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.BinClock;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Masks;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.Pacing;
import kappa.ingest.wire.Reason;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One session with gaps, losses, rejected records and a restart of the pipeline: every reader tells the same of it, and the
 * meters of the two processes add up to it.
 */
class CountersTest {

    private static final String SESSION = "rough";
    private static final int NEURONS = 6;
    private static final int TRIALS = 20;
    private static final int TRIAL_BINS = 10;
    private static final int STEPS_PER_TRIAL = 5;
    private static final int BINS = TRIALS * TRIAL_BINS;
    /** Within the trial after the tenth, with which a checkpoint is stored. */
    private static final int RESTART = 10 * TRIAL_BINS + 7;
    /** Bins that never come: before the first, within a trial before and after the restart, and after the last. */
    private static final List<long[]> GAPS = List.of(new long[]{0, 3}, new long[]{46, 50}, new long[]{121, 122},
            new long[]{BINS, BINS + 2});
    /** Offset of the last record that is rejected before the restart: the 59th of the session's. */
    private static final long LAST_REJECTED = 58;
    private static final String GROUP = "counters";
    private static final Map<Integer, Integer> LOST = Map.of(30, 3, 31, 2, 130, 1);

    @TempDir
    private Path directory;

    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final SessionHeader header = header();
    /** To wait with: what is on the topics so far. */
    private final SessionState seen = new SessionState(header, History.NONE);

    @Test
    void shouldAgreeOnThePageInTheTerminalInReportsExportsAndMeters() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("data"), 0)) {
            KafkaConnection connection = KafkaConnection.to(broker.bootstrapServers());
            Topics.createAll(connection, 2);
            try (var producer = new KafkaProducer<byte[], byte[]>(connection.producer());
                    var consumer = new KafkaConsumer<byte[], byte[]>(connection.consumer());
                    LiveView live = LiveView.start(connection, new SimpleMeterRegistry())) {
                shouldAgree(broker.bootstrapServers(), connection, producer, consumer, live);
            }
        }
    }

    private void shouldAgree(String servers, KafkaConnection connection, KafkaProducer<byte[], byte[]> producer,
            KafkaConsumer<byte[], byte[]> consumer, LiveView live) throws Exception {
        List<TopicPartition> followed = Stream.of(Topics.LATENTS, Topics.MODELS, Topics.ANALYSES, Topics.REJECTED)
                .flatMap(topic -> IntStream.range(0, 2).mapToObj(p -> new TopicPartition(topic, p))).toList();
        consumer.assign(followed);
        consumer.seekToBeginning(followed);
        send(producer, Topics.SESSIONS, header.toByteArray());
        Processing first = new Processing(connection, GROUP, 1, failures::add);
        try (first; var group = new KafkaConsumer<byte[], byte[]>(connection.consumer(GROUP))) {
            publish(producer, 0, RESTART);
            // In lockstep the trials before the one that is open are learned from by then. The meters of the second process
            // count a rejected record again if that process reads it again.
            await(consumer, () -> seen.newest() == RESTART - 1 && seen.counters().modelVersion() == 10
                    && first.readinessProblem() == null && committed(group) > LAST_REJECTED);
        }
        publish(producer, RESTART, BINS);
        send(producer, Topics.ACTIVITY, Activity.newBuilder().setSchemaVersion(1).setSession(SESSION)
                .setFirstBin(BINS + 2).setEndOfSession(true).build().toByteArray());
        send(producer, Topics.ACTIVITY, activity(BINS + 2).build().toByteArray());
        Processing second = new Processing(connection, GROUP, 1, failures::add);
        try (second) {
            await(consumer, () -> seen.over() && seen.analysis().isPresent()
                    && seen.analysis().orElseThrow().modelVersion() >= seen.snapshot().orElseThrow().version()
                    && seen.counters().rejected() == 5 && second.readinessProblem() == null);
        }

        long missing = GAPS.stream().mapToLong(gap -> gap[1] - gap[0]).sum();
        long duplicates = seen.counters().duplicates();
        Map<String, Object> expected = new LinkedHashMap<>();
        expected.put("latents", BINS + 2 - missing);
        expected.put("duplicates", duplicates);
        expected.put("bins_missing", missing);
        expected.put("gaps", GAPS.size());
        expected.put("bins_with_losses", LOST.size());
        expected.put("messages_lost", LOST.values().stream().mapToInt(count -> count).sum());
        expected.put("bins_skipped", 0);
        expected.put("rejected", 5);
        expected.put("rejected_by_reason", Map.of("NEURON_COUNT", 1, "BIN_REPEATED", 1, "MALFORMED", 1,
                "BIN_JUMPED", 1, "AFTER_END", 1));
        expected.put("model_version", seen.snapshot().orElseThrow().version());
        expected.put("steps", seen.snapshot().orElseThrow().steps());
        expected.put("steps_shed", 0);
        assertThat(duplicates).as("bins published again after the restart").isPositive();

        JsonNode figures = json(expected);
        await(consumer, () -> page(live).equals(figures));
        try (LiveView late = LiveView.start(connection, new SimpleMeterRegistry())) {
            await(consumer, () -> page(late).equals(figures));
        }
        Ran watch = Ran.run("watch", "--session", SESSION, "--json", "--bootstrap-servers", servers);
        shouldTell(new ObjectMapper().readTree(watch.out().lines().toList().getLast()), figures);
        SessionAccount account = new SessionAccount(connection, new SessionState(header, History.NONE));
        assertThat(account.follow(() -> false)).isTrue();
        shouldTell(json(account.figures(BINS, 1)), figures);
        Ran export = Ran.run("export", "--session", SESSION, "--json", "--out",
                directory.resolve("rough.npz").toString(), "--bootstrap-servers", servers);
        assertThat(export.code()).as(export.err()).isZero();
        shouldTell(export.json(), figures);

        assertThat(sum(Meters.BINS_FILTERED, null, first, second))
                .isEqualTo((double) (BINS + 2 - missing + duplicates));
        assertThat(sum(Meters.BINS_MISSING, null, first, second)).isEqualTo((double) missing);
        assertThat(sum(Meters.RIG_LOST, null, first, second)).isEqualTo(LOST.size());
        assertThat(sum(Meters.FIT_STEPS, null, first, second)).isEqualTo((double) seen.counters().steps()).isPositive();
        assertThat(sum(Meters.FIT_STEPS_SHED, null, first, second)).isZero();
        for (Reason reason : Reason.values()) {
            if (reason != Reason.REASON_UNSPECIFIED && reason != Reason.UNRECOGNIZED) {
                assertThat(sum(Meters.RECORDS_REJECTED, reason.name(), first, second)).as(reason.name())
                        .isEqualTo(reason == Reason.GAP
                                ? (double) GAPS.size()
                                : figures.at("/rejected_by_reason/" + reason.name()).asDouble());
            }
        }
        assertThat(failures).isEmpty();
    }

    /** The offset on kappa.activity that a restart begins at; -1 before the first. */
    private static long committed(KafkaConsumer<byte[], byte[]> group) {
        return group.committed(Set.of(new TopicPartition(Topics.ACTIVITY, 0), new TopicPartition(Topics.ACTIVITY, 1)))
                .values().stream().filter(Objects::nonNull).mapToLong(OffsetAndMetadata::offset).max().orElse(-1);
    }

    /** As it is read from text, where a small number is one of its kind only. */
    private static JsonNode json(Map<String, Object> figures) throws IOException {
        return new ObjectMapper().readTree(new ObjectMapper().writeValueAsString(figures));
    }

    private static void shouldTell(JsonNode told, JsonNode figures) {
        figures.properties().forEach(figure -> assertThat(told.get(figure.getKey())).as(figure.getKey())
                .isEqualTo(figure.getValue()));
    }

    private static double sum(Meters meter, String tag, Processing... processes) {
        return Stream.of(processes).mapToDouble(process -> meter.counter(process.meters(), tag).count()).sum();
    }

    private static JsonNode page(LiveView view) {
        try {
            return PageFrames.first(view, SESSION).at("/status/counters");
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    // ------------------------------------------------------------------ the rig

    private static SessionHeader header() {
        SessionHeader.Builder header = SessionHeader.newBuilder().setSchemaVersion(1).setSession(SESSION)
                .setBinWidthS(0.02).setObservation(Observation.COUNTS).setTrials(true)
                .setCreatedUnixNs(UnixTime.nowNs()).setFit(FitSettings.newBuilder().setRank(2).setSeed(3)
                        .setPacing(Pacing.LOCKSTEP).setStepsPerTrial(STEPS_PER_TRIAL));
        IntStream.range(0, NEURONS).forEach(i -> header.addNeurons("unit " + i));
        return header.build();
    }

    private static Activity.Builder activity(long bin) {
        Random random = new Random(bin);
        Bin.Builder out = Bin.newBuilder().setRigTimeNs(20_000_000L * (bin + 1)).setTrial(bin / TRIAL_BINS);
        int lost = LOST.getOrDefault((int) bin, 0);
        for (int i = 0; i < NEURONS; i++) {
            out.addCounts(lost > 0 ? 0 : (int) (random.nextDouble() * (2 + Math.sin(bin / 4.0 + i))));
        }
        if (lost > 0) {
            out.setUnobserved(Masks.mask(NEURONS, List.of(0, 1, 2, 3, 4, 5)));
        }
        return Activity.newBuilder().setSchemaVersion(1).setSession(SESSION).setFirstBin(bin)
                .addBins(out.setClock(BinClock.newBuilder().setSample(600 * (bin + 1)).setLost(lost)));
    }

    /** Bins one by one, and among them four records that are rejected. */
    private static void publish(KafkaProducer<byte[], byte[]> producer, int from, int end) {
        for (int bin = from; bin < end; bin++) {
            int index = bin;
            if (GAPS.stream().anyMatch(gap -> index >= gap[0] && index < gap[1])) {
                continue;
            }
            send(producer, Topics.ACTIVITY, activity(bin).build().toByteArray());
            switch (bin) {
                case 20 -> send(producer, Topics.ACTIVITY, activity(bin).build().toByteArray());
                case 25 -> send(producer, Topics.ACTIVITY, new byte[]{-1, 0, 7});
                case 62 -> send(producer, Topics.ACTIVITY, activity(1_000_000).build().toByteArray());
                case 110 -> {
                    Activity.Builder spoilt = activity(bin + 1L);
                    spoilt.getBinsBuilder(0).clearCounts().addCounts(1);
                    send(producer, Topics.ACTIVITY, spoilt.build().toByteArray());
                }
                default -> {
                    // Nothing goes wrong here.
                }
            }
        }
        producer.flush();
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, String topic, byte[] value) {
        producer.send(new ProducerRecord<>(topic, SESSION.getBytes(UTF_8), value));
    }

    private void await(KafkaConsumer<byte[], byte[]> consumer, BooleanSupplier condition) {
        Await.until("what the topics are to hold", () -> {
            boolean holds = condition.getAsBoolean();
            if (!holds) {
                assertThat(failures).isEmpty();
                consumer.poll(Duration.ofMillis(50)).forEach(record -> assertThat(seen.fold(TopicRecord.of(record)))
                        .isEmpty());
            }
            return holds;
        });
    }
}
