package kappa.dashboards.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.micrometer.core.instrument.Counter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import kappa.fitting.model.FitPlan;
import kappa.ingest.Await;
import kappa.ingest.Meters;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.LatentBin;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.Reason;
import kappa.ingest.wire.Rejected;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Everything that a faulty rig can put on the topics, through a real broker and the whole pipeline. Each bad record is
 * told about on kappa.rejected once, whole, with its place and the right reason, and is counted; and the session lives on,
 * with one kappa for each of its well-formed bins.
 */
class HostileStreamTest {

    private static final int NEURONS = 5;
    private static final int TRIAL_BINS = 4;
    private static final int PARTITIONS = 2;

    @TempDir
    static Path directory;

    private static final Queue<Throwable> FAILURES = new ConcurrentLinkedQueue<>();
    private static final Map<String, List<Rejected>> REJECTED = new HashMap<>();
    private static final Map<String, TreeMap<Long, LatentBin>> LATENTS = new HashMap<>();
    private static final Map<String, Long> LEAST_LATENCY_MS = new HashMap<>();
    private static final Map<String, ModelSnapshot> FINAL = new HashMap<>();

    private static EmbeddedBroker broker;
    private static KafkaConnection connection;
    private static Processing processing;
    private static KafkaProducer<byte[], byte[]> producer;
    private static KafkaConsumer<byte[], byte[]> consumer;
    private static int sessions;

    @BeforeAll
    static void startBrokerAndPipeline() {
        broker = EmbeddedBroker.start(directory, 0);
        connection = KafkaConnection.to(broker.bootstrapServers());
        Topics.createAll(connection, PARTITIONS);
        processing = new Processing(connection, "hostile-stream", 1, FAILURES::add);
        producer = new KafkaProducer<>(connection.producer());
        Map<String, Object> settings = connection.consumer();
        // The question where topics end does not wait behind a fetch.
        settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, "5");
        consumer = new KafkaConsumer<>(settings);
        List<TopicPartition> followed = new ArrayList<>();
        for (String topic : List.of(Topics.REJECTED, Topics.LATENTS, Topics.MODELS)) {
            for (int p = 0; p < PARTITIONS; p++) {
                followed.add(new TopicPartition(topic, p));
            }
        }
        consumer.assign(followed);
        consumer.seekToBeginning(followed);
    }

    @AfterAll
    static void stop() {
        processing.close();
        producer.close();
        consumer.close();
        broker.close();
    }

    @AfterEach
    void thePipelineShouldNotHaveFailed() {
        assertThat(FAILURES).isEmpty();
        await("readiness", () -> processing.readinessProblem() == null);
    }

    // ------------------------------------------------------------------ the stand

    private static void follow(Duration wait) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(wait)) {
            String session = new String(record.key(), UTF_8);
            try {
                switch (record.topic()) {
                    case Topics.REJECTED -> REJECTED.computeIfAbsent(session, id -> new ArrayList<>())
                            .add(Rejected.parseFrom(record.value()));
                    case Topics.LATENTS -> {
                        Latents latents = Latents.parseFrom(record.value());
                        LEAST_LATENCY_MS.merge(session,
                                record.timestamp() - latents.getActivityUnixNs() / 1_000_000, Math::min);
                        for (int t = 0; t < latents.getBinsCount(); t++) {
                            LATENTS.computeIfAbsent(session, id -> new TreeMap<>()).put(latents.getFirstBin() + t,
                                    latents.getBins(t));
                        }
                    }
                    default -> {
                        ModelSnapshot model = ModelSnapshot.parseFrom(record.value());
                        if (model.getFinal()) {
                            FINAL.put(session, model);
                        }
                    }
                }
            } catch (InvalidProtocolBufferException e) {
                throw new AssertionError(record.topic() + "@" + record.offset(), e);
            }
        }
    }

    private static void await(String what, BooleanSupplier condition) {
        Await.until(what, () -> {
            assertThat(FAILURES).as("failures while waiting for %s", what).isEmpty();
            boolean holds = condition.getAsBoolean();
            if (!holds) {
                follow(Duration.ofMillis(20));
            }
            return holds;
        });
    }

    /** Reads up to the end that the topics have now. */
    private static void followToEnd() {
        Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
        await("the ends of the topics",
                () -> ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue()));
    }

    private static RecordMetadata send(String topic, byte[] key, byte[] value) {
        return join(producer.send(new ProducerRecord<>(topic, key, value)));
    }

    private static RecordMetadata join(Future<RecordMetadata> sent) {
        try {
            return sent.get();
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static double rejections(Reason reason) {
        return counter(reason).count();
    }

    private static Counter counter(Reason reason) {
        return Meters.RECORDS_REJECTED.counter(processing.meters(), reason.name());
    }

    private static double allRejections() {
        return Arrays.stream(Reason.values())
                .filter(reason -> reason != Reason.REASON_UNSPECIFIED && reason != Reason.UNRECOGNIZED)
                .mapToDouble(HostileStreamTest::rejections).sum();
    }

    private static List<Rejected> rejected(String session) {
        return REJECTED.getOrDefault(session, List.of());
    }

    /** A rig that knows which of its bins were well formed. Trials have four bins. */
    private static final class Rig {
        final String session;
        final SessionHeader header;
        final Set<Long> wellFormed = new TreeSet<>();
        long next;

        Rig(Observation observation, boolean trials) {
            session = "hostile-" + sessions++;
            SessionHeader.Builder builder = SessionHeader.newBuilder().setSchemaVersion(1).setSession(session)
                    .setBinWidthS(0.02).addInputChannels("coherence").addBehaviorChannels("x")
                    .addBehaviorChannels("y").setObservation(observation).setTrials(trials)
                    .setFit(FitSettings.newBuilder().setRank(1).setSeed(7).setStepsPerTrial(1));
            for (int i = 0; i < NEURONS; i++) {
                builder.addNeurons("unit-" + i);
            }
            header = builder.build();
        }

        /** A rig whose session is announced and under way. */
        static Rig recording(Observation observation) {
            Rig rig = new Rig(observation, true);
            rig.announce();
            rig.record(TRIAL_BINS + 2);
            rig.awaitKappa();
            return rig;
        }

        byte[] key() {
            return session.getBytes(UTF_8);
        }

        RecordMetadata announce() {
            return send(Topics.SESSIONS, key(), header.toByteArray());
        }

        Bin.Builder bin(long index) {
            Bin.Builder bin = Bin.newBuilder().setRigTimeNs(20_000_000 * (index + 1)).setTrial(index / TRIAL_BINS)
                    .setTrialEnd(index % TRIAL_BINS == TRIAL_BINS - 1).addInputs(0.1f * (index % 3));
            for (int i = 0; i < NEURONS; i++) {
                if (header.getObservation() == Observation.COUNTS) {
                    bin.addCounts((int) ((index + i) % 3));
                } else {
                    bin.addValues((float) Math.sin(0.7 * index + i));
                }
            }
            return bin;
        }

        Activity.Builder activity(long first, Bin.Builder... bins) {
            Activity.Builder activity = Activity.newBuilder().setSchemaVersion(1).setSession(session)
                    .setFirstBin(first).setSentUnixNs(1_700_000_000_000_000_000L);
            for (Bin.Builder bin : bins) {
                activity.addBins(bin);
            }
            return activity;
        }

        /** The record of the bin that comes next, to be spoilt. */
        Activity.Builder upcoming() {
            return activity(next, bin(next));
        }

        RecordMetadata put(Activity.Builder activity) {
            return put(activity.build().toByteArray());
        }

        RecordMetadata put(byte[] value) {
            return send(Topics.ACTIVITY, key(), value);
        }

        /** Well-formed bins, one a record. */
        void record(int bins) {
            for (int t = 0; t < bins; t++) {
                put(upcoming());
                wellFormed.add(next++);
            }
        }

        TreeMap<Long, LatentBin> latents() {
            return LATENTS.getOrDefault(session, new TreeMap<>());
        }

        void awaitKappa() {
            await("kappa of " + session, () -> latents().keySet().containsAll(wellFormed));
        }

        void awaitRejected(int count) {
            await(count + " rejected of " + session, () -> rejected(session).size() >= count);
        }

        /** Goes on recording over the end of the trial and ends the session: each bin has its kappa, and nothing else has. */
        void shouldLiveOn() {
            record(1);
            awaitKappa();
            record(TRIAL_BINS);
            end();
            assertThat(latents().keySet()).as("bins with a kappa").isEqualTo(wellFormed);
            assertThat(latents().values()).allSatisfy(bin -> {
                assertThat(bin.getKappaList()).hasSize(1).allMatch(Float::isFinite);
                assertThat(bin.getCovarianceList()).hasSize(1).allMatch(Float::isFinite);
                assertThat(bin.getV(0)).isFinite();
            });
        }

        void end() {
            put(activity(next).setEndOfSession(true));
            await("the end of " + session, () -> FINAL.containsKey(session));
            followToEnd();
        }
    }

    /** What is to be found on kappa.rejected of one record, and nothing else of its session. */
    private static void shouldBeRejectedOnce(String session, RecordMetadata place, byte[] key, byte[] value,
            Reason reason, boolean used) {
        assertThat(rejected(session)).as("rejected of %s", session).hasSize(1);
        Rejected rejected = rejected(session).getFirst();
        assertThat(rejected.getReason()).as(rejected.getDetail()).isEqualTo(reason);
        assertThat(rejected.getSession()).isEqualTo(session);
        assertThat(rejected.getTopic()).isEqualTo(place.topic());
        assertThat(rejected.getPartition()).isEqualTo(place.partition());
        assertThat(rejected.getOffset()).isEqualTo(place.offset());
        assertThat(rejected.getDetail()).isNotBlank().doesNotContain("\n");
        assertThat(rejected.getKey().equals(ByteString.copyFrom(key))).as("the key").isTrue();
        // Not isEqualTo: a difference would print megabytes.
        assertThat(rejected.getValue().equals(ByteString.copyFrom(value))).as("the whole value").isTrue();
        assertThat(rejected.getRecordUsed()).isEqualTo(used);
        assertThat(rejected.getSchemaVersion()).isEqualTo(WireChecks.SCHEMA_VERSION);
        assertThat(rejected.getRejectedUnixNs()).isPositive();
    }

    // ------------------------------------------------------------------ one record that is not well formed

    /** A record in place of the next one that should never have been sent. */
    private record Spoilt(String name, Observation observation, Reason reason, Function<Rig, byte[]> value) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Spoilt activity(String name, Observation observation, Reason reason,
            Consumer<Activity.Builder> spoil) {
        return new Spoilt(name, observation, reason, rig -> {
            Activity.Builder activity = rig.upcoming();
            spoil.accept(activity);
            return activity.build().toByteArray();
        });
    }

    private static Spoilt bin(String name, Observation observation, Reason reason, Consumer<Bin.Builder> spoil) {
        return activity(name, observation, reason, activity -> spoil.accept(activity.getBinsBuilder(0)));
    }

    private static byte[] noise(int bytes) {
        byte[] noise = new byte[bytes];
        new SplittableRandom(3).nextBytes(noise);
        return noise;
    }

    static Stream<Spoilt> spoiltRecords() {
        Observation currents = Observation.CURRENTS;
        Observation rates = Observation.RATES;
        Observation counts = Observation.COUNTS;
        return Stream.of(
                bin("too few neurons", currents, Reason.NEURON_COUNT, bin -> bin.clearValues().addValues(1)),
                bin("too many neurons", rates, Reason.NEURON_COUNT, bin -> bin.addValues(0)),
                bin("too few counts", counts, Reason.NEURON_COUNT, bin -> bin.clearCounts().addCounts(1)),
                bin("no activity at all", counts, Reason.NEURON_COUNT, Bin.Builder::clearCounts),
                bin("unobserved of the wrong length", counts, Reason.NEURON_COUNT,
                        bin -> bin.setUnobserved(ByteString.copyFrom(new byte[2]))),
                bin("a value that is NaN", currents, Reason.NOT_FINITE, bin -> bin.setValues(2, Float.NaN)),
                bin("a rate that is infinite", rates, Reason.NOT_FINITE,
                        bin -> bin.setValues(4, Float.POSITIVE_INFINITY)),
                bin("a value that is minus infinite", currents, Reason.NOT_FINITE,
                        bin -> bin.setValues(0, Float.NEGATIVE_INFINITY)),
                bin("an input that is NaN", counts, Reason.NOT_FINITE, bin -> bin.setInputs(0, Float.NaN)),
                bin("an input that is infinite", currents, Reason.NOT_FINITE,
                        bin -> bin.setInputs(0, Float.NEGATIVE_INFINITY)),
                bin("behaviour that is infinite", counts, Reason.NOT_FINITE,
                        bin -> bin.addBehavior(0).addBehavior(Float.POSITIVE_INFINITY)),
                bin("a value beyond anything measured", currents, Reason.NOT_FINITE,
                        bin -> bin.setValues(1, Float.MAX_VALUE)),
                bin("an input beyond anything measured", counts, Reason.NOT_FINITE,
                        bin -> bin.setInputs(0, -Float.MAX_VALUE)),
                bin("a count beyond anything measured", counts, Reason.NOT_FINITE,
                        bin -> bin.setCounts(1, Integer.MAX_VALUE)),
                bin("a negative count", counts, Reason.NEGATIVE_COUNT, bin -> bin.setCounts(3, -1)),
                bin("values where counts were announced", counts, Reason.WRONG_OBSERVATION, bin -> {
                    bin.clearCounts();
                    for (int i = 0; i < NEURONS; i++) {
                        bin.addValues(1);
                    }
                }),
                bin("counts beside values", currents, Reason.WRONG_OBSERVATION, bin -> bin.addCounts(1)),
                bin("no input", currents, Reason.INPUT_COUNT, Bin.Builder::clearInputs),
                bin("too many inputs", counts, Reason.INPUT_COUNT, bin -> bin.addInputs(0)),
                bin("too little behaviour", counts, Reason.BEHAVIOR_COUNT, bin -> bin.addBehavior(0)),
                activity("a schema version above ours", counts, Reason.MALFORMED,
                        activity -> activity.setSchemaVersion(2)),
                activity("no schema version", counts, Reason.MALFORMED, Activity.Builder::clearSchemaVersion),
                activity("no bins", currents, Reason.MALFORMED, Activity.Builder::clearBins),
                activity("a bin index beyond 2^63", currents, Reason.MALFORMED, activity -> activity.setFirstBin(-1)),
                activity("one bad bin among good ones", counts, Reason.NEGATIVE_COUNT,
                        activity -> activity.addBins(activity.getBinsBuilder(0).clone().setCounts(0, -7))),
                activity("a trial that goes back", counts, Reason.TRIAL_WENT_BACK,
                        activity -> activity.getBinsBuilder(0).setTrial(0)),
                activity("a trial that goes back within the record", counts, Reason.TRIAL_WENT_BACK,
                        activity -> activity.addBins(activity.getBinsBuilder(0).clone().setTrial(0))),
                new Spoilt("bytes that are no Protocol Buffer", counts, Reason.MALFORMED, rig -> noise(300)),
                new Spoilt("text", currents, Reason.MALFORMED, rig -> "1.5, 2.5\n3.5".getBytes(UTF_8)),
                new Spoilt("a header in place of activity", counts, Reason.MALFORMED,
                        rig -> rig.header.toByteArray()),
                new Spoilt("a truncated message", currents, Reason.MALFORMED, rig -> {
                    byte[] whole = rig.upcoming().build().toByteArray();
                    return Arrays.copyOf(whole, whole.length - 1);
                }),
                new Spoilt("a message cut in the middle of a bin", counts, Reason.MALFORMED, rig -> {
                    byte[] whole = rig.upcoming().build().toByteArray();
                    return Arrays.copyOf(whole, whole.length / 2);
                }),
                new Spoilt("a well-formed record that is too large", currents, Reason.TOO_LARGE, rig -> {
                    Activity.Builder activity = rig.upcoming();
                    Bin.Builder bin = activity.getBinsBuilder(0).clone();
                    int binBytes = bin.build().getSerializedSize();
                    while (activity.getBinsCount() <= Topics.MAX_RECORD_BYTES / binBytes) {
                        activity.addBins(bin);
                    }
                    return activity.build().toByteArray();
                }),
                new Spoilt("one byte too many", counts, Reason.TOO_LARGE, rig -> noise(Topics.MAX_RECORD_BYTES + 1)),
                new Spoilt("as much as the topic takes", counts, Reason.TOO_LARGE,
                        // A record batch has some 100 bytes of its own.
                        rig -> noise(Topics.MAX_INPUT_BYTES - 120)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("spoiltRecords")
    void shouldRejectOneBadRecordAndLiveOn(Spoilt spoilt) {
        Rig rig = Rig.recording(spoilt.observation());
        byte[] value = spoilt.value().apply(rig);
        double before = rejections(spoilt.reason());
        double allBefore = allRejections();

        RecordMetadata place = rig.put(value);
        rig.awaitRejected(1);
        rig.shouldLiveOn();

        shouldBeRejectedOnce(rig.session, place, rig.key(), value, spoilt.reason(), false);
        assertThat(rejections(spoilt.reason()) - before).as("counted").isEqualTo(1);
        assertThat(allRejections() - allBefore).as("counted under any reason").isEqualTo(1);
    }

    // ------------------------------------------------------------------ the order of bins

    @Test
    void shouldRejectABinThatRepeats() {
        Rig rig = Rig.recording(Observation.COUNTS);
        byte[] again = rig.activity(rig.next - 1, rig.bin(rig.next - 1)).build().toByteArray();
        double before = rejections(Reason.BIN_REPEATED);
        RecordMetadata place = rig.put(again);
        rig.shouldLiveOn();
        shouldBeRejectedOnce(rig.session, place, rig.key(), again, Reason.BIN_REPEATED, false);
        assertThat(rejections(Reason.BIN_REPEATED) - before).isEqualTo(1);
    }

    @Test
    void shouldRejectABinThatGoesBack() {
        Rig rig = Rig.recording(Observation.CURRENTS);
        byte[] old = rig.activity(1, rig.bin(1)).build().toByteArray();
        double before = rejections(Reason.BIN_WENT_BACK);
        RecordMetadata place = rig.put(old);
        rig.shouldLiveOn();
        shouldBeRejectedOnce(rig.session, place, rig.key(), old, Reason.BIN_WENT_BACK, false);
        assertThat(rejections(Reason.BIN_WENT_BACK) - before).isEqualTo(1);
    }

    @Test
    void shouldUseTheNewBinsOfARecordThatOverlaps() {
        Rig rig = Rig.recording(Observation.COUNTS);
        byte[] overlapping = rig.activity(rig.next - 1, rig.bin(rig.next - 1), rig.bin(rig.next)).build()
                .toByteArray();
        RecordMetadata place = rig.put(overlapping);
        rig.wellFormed.add(rig.next++);
        rig.shouldLiveOn();
        shouldBeRejectedOnce(rig.session, place, rig.key(), overlapping, Reason.BIN_REPEATED, true);
    }

    @Test
    void shouldRejectAJumpThatTheNextRecordDoesNotConfirm() {
        Rig rig = Rig.recording(Observation.COUNTS);
        byte[] jump = rig.activity(1_000_000_000_000L, rig.bin(rig.next)).build().toByteArray();
        double before = rejections(Reason.BIN_JUMPED);
        double missingBefore = Meters.BINS_MISSING.counter(processing.meters()).count();
        RecordMetadata place = rig.put(jump);
        rig.shouldLiveOn();
        shouldBeRejectedOnce(rig.session, place, rig.key(), jump, Reason.BIN_JUMPED, false);
        assertThat(rejections(Reason.BIN_JUMPED) - before).isEqualTo(1);
        assertThat(Meters.BINS_MISSING.counter(processing.meters()).count()).isEqualTo(missingBefore);
    }

    @Test
    void shouldTellOfAGapOnceAndUseTheBinsBehindIt() {
        Rig rig = Rig.recording(Observation.CURRENTS);
        double before = rejections(Reason.GAP);
        double missingBefore = Meters.BINS_MISSING.counter(processing.meters()).count();
        rig.next += 3;
        byte[] value = rig.upcoming().build().toByteArray();
        RecordMetadata place = rig.put(value);
        rig.wellFormed.add(rig.next++);
        rig.shouldLiveOn();
        shouldBeRejectedOnce(rig.session, place, rig.key(), value, Reason.GAP, true);
        assertThat(rejections(Reason.GAP) - before).isEqualTo(1);
        assertThat(Meters.BINS_MISSING.counter(processing.meters()).count() - missingBefore).isEqualTo(3);
    }

    @Test
    void shouldGoOnAfterAGapOfAnyLength() {
        Rig rig = Rig.recording(Observation.COUNTS);
        rig.next += 4_000_000_000_000L;
        rig.record(1);
        rig.shouldLiveOn();
        assertThat(rejected(rig.session)).singleElement().extracting(Rejected::getReason).isEqualTo(Reason.GAP);
    }

    @Test
    void shouldCountARigClockThatStandsStillAndUseTheBin() {
        Rig rig = Rig.recording(Observation.COUNTS);
        double before = Meters.RIG_CLOCK_JUMPS.counter(processing.meters()).count();
        rig.put(rig.activity(rig.next, rig.bin(rig.next).setRigTimeNs(Long.MIN_VALUE)));
        rig.wellFormed.add(rig.next++);
        rig.shouldLiveOn();
        assertThat(Meters.RIG_CLOCK_JUMPS.counter(processing.meters()).count() - before).isEqualTo(1);
        assertThat(rejected(rig.session)).isEmpty();
    }

    @Test
    void shouldRejectWhateverFollowsTheEndOfASessionForEver() {
        Rig rig = Rig.recording(Observation.COUNTS);
        Rig neighbour = Rig.recording(Observation.COUNTS);
        rig.end();
        byte[] late = rig.upcoming().build().toByteArray();
        double before = rejections(Reason.AFTER_END);
        RecordMetadata place = rig.put(late);
        rig.awaitRejected(1);
        neighbour.shouldLiveOn();
        shouldBeRejectedOnce(rig.session, place, rig.key(), late, Reason.AFTER_END, false);
        assertThat(rejections(Reason.AFTER_END) - before).isEqualTo(1);
        assertThat(rig.latents().keySet()).isEqualTo(rig.wellFormed);
    }

    @Test
    void shouldRejectEveryRecordAfterTheEndHoweverSoonItComes() {
        Rig rig = Rig.recording(Observation.COUNTS);
        rig.put(rig.activity(rig.next).setEndOfSession(true));
        // So many that some arrive while the session is being wound up.
        List<Future<RecordMetadata>> late = new ArrayList<>();
        while (!FINAL.containsKey(rig.session) || late.size() < 2_000) {
            late.add(producer.send(new ProducerRecord<>(Topics.ACTIVITY, rig.key(),
                    rig.upcoming().build().toByteArray())));
            if (late.size() % 100 == 0) {
                follow(Duration.ZERO);
            }
        }
        late.forEach(HostileStreamTest::join);
        rig.awaitRejected(late.size());
        assertThat(rejected(rig.session)).hasSize(late.size())
                .allMatch(record -> record.getReason() == Reason.AFTER_END);
        assertThat(rig.latents().keySet()).isEqualTo(rig.wellFormed);
    }

    // ------------------------------------------------------------------ sessions, keys and headers

    @Test
    void shouldRejectBinsOfAnUnknownSessionAndTakeThemOnceItIsAnnounced() {
        Rig rig = new Rig(Observation.COUNTS, true);
        double before = rejections(Reason.UNKNOWN_SESSION);
        byte[] value = rig.upcoming().build().toByteArray();
        RecordMetadata place = rig.put(value);
        rig.awaitRejected(1);
        rig.announce();
        rig.record(TRIAL_BINS);
        rig.shouldLiveOn();
        shouldBeRejectedOnce(rig.session, place, rig.key(), value, Reason.UNKNOWN_SESSION, false);
        assertThat(rejections(Reason.UNKNOWN_SESSION) - before).isEqualTo(1);
    }

    @Test
    void shouldRejectARecordUnderAnotherKey() {
        Rig rig = Rig.recording(Observation.COUNTS);
        String other = "another-" + rig.session;
        byte[] value = rig.upcoming().build().toByteArray();
        double before = rejections(Reason.KEY_MISMATCH);
        RecordMetadata place = send(Topics.ACTIVITY, other.getBytes(UTF_8), value);
        await("the rejection", () -> rejected(other).size() == 1);
        rig.shouldLiveOn();
        shouldBeRejectedOnce(other, place, other.getBytes(UTF_8), value, Reason.KEY_MISMATCH, false);
        assertThat(rejections(Reason.KEY_MISMATCH) - before).isEqualTo(1);
        assertThat(rejected(rig.session)).isEmpty();
    }

    @Test
    void shouldRejectARecordWithoutAKeyOrAValue() {
        Rig rig = Rig.recording(Observation.COUNTS);
        int before = rejected("").size();
        send(Topics.ACTIVITY, null, rig.upcoming().build().toByteArray());
        await("the rejection", () -> rejected("").size() == before + 1);
        assertThat(rejected("").get(before).getReason()).isEqualTo(Reason.KEY_MISMATCH);
        send(Topics.ACTIVITY, rig.key(), null);
        rig.awaitRejected(1);
        rig.shouldLiveOn();
        assertThat(rejected(rig.session)).singleElement().extracting(Rejected::getReason)
                .isEqualTo(Reason.MALFORMED);
    }

    @Test
    void shouldTellOfAMonstrousKeyInOneShortLine() {
        Rig rig = Rig.recording(Observation.COUNTS);
        byte[] key = ("no\nsession\r\n" + "x".repeat(100_000)).getBytes(UTF_8);
        RecordMetadata place = send(Topics.ACTIVITY, key, rig.upcoming().build().toByteArray());
        await("the rejection", () -> REJECTED.values().stream().flatMap(List::stream)
                .anyMatch(rejected -> rejected.getOffset() == place.offset()
                        && rejected.getPartition() == place.partition() && rejected.getTopic().equals(place.topic())));
        Rejected rejected = REJECTED.values().stream().flatMap(List::stream)
                .filter(each -> each.getKey().equals(ByteString.copyFrom(key))).findFirst().orElseThrow();
        assertThat(rejected.getReason()).isEqualTo(Reason.KEY_MISMATCH);
        assertThat(rejected.getDetail().length()).isLessThan(1_000);
        assertThat(rejected.getDetail()).doesNotContain("\n").doesNotContain("\r");
        assertThat(rejected.getSession().length()).isLessThan(1_000);
        rig.shouldLiveOn();
    }

    /** A header in which one thing is wrong. */
    private enum BadHeader {
        RANK_ZERO(header -> header.getFitBuilder().setRank(0)), //
        RANK_ABOVE_THE_NUMBER_OF_NEURONS(header -> header.getFitBuilder().setRank(NEURONS + 1)), //
        NO_NEURONS(SessionHeader.Builder::clearNeurons), //
        TWO_NEURONS_OF_ONE_NAME(header -> header.setNeurons(1, "unit-0")), //
        NO_OBSERVATION(SessionHeader.Builder::clearObservation), //
        AN_OBSERVATION_NOBODY_KNOWS(header -> header.setObservationValue(77)), //
        NO_BIN_WIDTH(SessionHeader.Builder::clearBinWidthS), //
        A_BIN_WIDTH_THAT_IS_NAN(header -> header.setBinWidthS(Double.NaN)), //
        A_NEGATIVE_TIME_CONSTANT(header -> header.getFitBuilder().setTimeConstantS(-1)), //
        HIDDEN_NEURONS_WITHOUT_END(header -> header.getFitBuilder().setHiddenNeurons(-1)), //
        A_FIT_WHOSE_CHECKPOINT_NO_TOPIC_TAKES(header -> {
            header.getFitBuilder().setHiddenNeurons(WireChecks.MAX_HIDDEN_NEURONS);
            for (int s = 1; s < 200; s++) {
                header.addInputChannels("light " + s);
            }
        }), //
        PRIOR_OF_NAN(header -> header.getFitBuilder().setPrior(Double.NaN)), //
        NEGATIVE_HALF_LIFE(header -> header.getFitBuilder().setHalfLifeTrials(-1)), //
        ENDLESS_TRACKER(header -> header.getFitBuilder().setTrackerBins(Double.POSITIVE_INFINITY)), //
        UNKNOWN_LOSS(header -> header.getFitBuilder().setLossValue(7)), //
        BASIS_OF_ONE_BUMP(header -> header.getInputBasisBuilder().setBumps(1).setBins(10)), //
        A_SCHEMA_VERSION_ABOVE_OURS(header -> header.setSchemaVersion(2)), //
        STEPS_WITHOUT_END(header -> header.getFitBuilder().setStepsPerTrial(-1));

        private final Consumer<SessionHeader.Builder> spoil;

        BadHeader(Consumer<SessionHeader.Builder> spoil) {
            this.spoil = spoil;
        }
    }

    @ParameterizedTest
    @EnumSource(BadHeader.class)
    void shouldRejectABadHeaderAndTakeAGoodOneAfterIt(BadHeader bad) {
        Rig rig = new Rig(Observation.COUNTS, true);
        SessionHeader.Builder header = rig.header.toBuilder();
        bad.spoil.accept(header);
        byte[] value = header.build().toByteArray();
        double before = rejections(Reason.BAD_HEADER);
        RecordMetadata place = send(Topics.SESSIONS, rig.key(), value);
        rig.awaitRejected(1);
        rig.announce();
        rig.record(TRIAL_BINS);
        rig.shouldLiveOn();
        shouldBeRejectedOnce(rig.session, place, rig.key(), value, Reason.BAD_HEADER, false);
        assertThat(rejections(Reason.BAD_HEADER) - before).isEqualTo(1);
    }

    @Test
    void shouldRejectEachOfThousandsOfBadHeaders() {
        Rig rig = new Rig(Observation.COUNTS, true);
        byte[] value = rig.header.toBuilder().clearNeurons().build().toByteArray();
        double before = rejections(Reason.BAD_HEADER);
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            sent.add(producer.send(new ProducerRecord<>(Topics.SESSIONS, rig.key(), value)));
        }
        sent.forEach(HostileStreamTest::join);
        rig.awaitRejected(3_000);
        rig.announce();
        rig.record(TRIAL_BINS);
        rig.shouldLiveOn();
        assertThat(rejections(Reason.BAD_HEADER) - before).isEqualTo(3_000);
    }

    @Test
    void shouldNotLetACompressedRecordUnfoldBeyondTheTopicsLimit() {
        Rig rig = Rig.recording(Observation.COUNTS);
        Map<String, Object> settings = connection.producer();
        settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "gzip");
        try (KafkaProducer<byte[], byte[]> compressing = new KafkaProducer<>(settings)) {
            Future<RecordMetadata> bomb = compressing.send(
                    new ProducerRecord<>(Topics.ACTIVITY, rig.key(), new byte[Topics.MAX_INPUT_BYTES + 1]));
            assertThatThrownBy(bomb::get).hasCauseInstanceOf(RecordTooLargeException.class);
            // What unfolds to less is taken as ever.
            join(compressing.send(
                    new ProducerRecord<>(Topics.ACTIVITY, rig.key(), rig.upcoming().build().toByteArray())));
            rig.wellFormed.add(rig.next++);
        }
        rig.shouldLiveOn();
        assertThat(rejected(rig.session)).isEmpty();
    }

    @Test
    void shouldRejectARecordOfMoreBinsThanMemoryIsFor() {
        Rig rig = Rig.recording(Observation.COUNTS);
        byte[] value = new byte[Topics.MAX_RECORD_BYTES / 2 * 2];
        for (int at = 0; at < value.length; at += 2) {
            value[at] = Activity.BINS_FIELD_NUMBER << 3 | 2; // an empty bin
        }
        RecordMetadata place = rig.put(value);
        rig.awaitRejected(1);
        rig.shouldLiveOn();
        shouldBeRejectedOnce(rig.session, place, rig.key(), value, Reason.TOO_LARGE, false);
    }

    @Test
    void shouldRejectAHeaderThatIsNoProtocolBuffer() {
        Rig rig = new Rig(Observation.COUNTS, true);
        byte[] value = noise(100);
        RecordMetadata place = send(Topics.SESSIONS, rig.key(), value);
        rig.awaitRejected(1);
        rig.announce();
        rig.record(TRIAL_BINS);
        rig.shouldLiveOn();
        shouldBeRejectedOnce(rig.session, place, rig.key(), value, Reason.MALFORMED, false);
    }

    @Test
    void shouldKeepTheFirstHeaderWhenAnotherOneComes() {
        Rig rig = Rig.recording(Observation.COUNTS);
        byte[] changed = rig.header.toBuilder().addNeurons("one more").build().toByteArray();
        double before = rejections(Reason.HEADER_CHANGED);
        rig.announce();
        RecordMetadata place = send(Topics.SESSIONS, rig.key(), changed);
        rig.awaitRejected(1);
        rig.shouldLiveOn();
        shouldBeRejectedOnce(rig.session, place, rig.key(), changed, Reason.HEADER_CHANGED, false);
        assertThat(rejections(Reason.HEADER_CHANGED) - before).isEqualTo(1);
    }

    @Test
    void shouldRejectAHeaderUnderAnotherKey() {
        Rig rig = new Rig(Observation.COUNTS, true);
        String other = "another-" + rig.session;
        RecordMetadata place = send(Topics.SESSIONS, other.getBytes(UTF_8), rig.header.toByteArray());
        await("the rejection", () -> rejected(other).size() == 1);
        rig.announce();
        rig.record(TRIAL_BINS);
        rig.shouldLiveOn();
        shouldBeRejectedOnce(other, place, other.getBytes(UTF_8), rig.header.toByteArray(), Reason.KEY_MISMATCH,
                false);
    }

    @Test
    void shouldLiveOnInASessionWithoutTrials() {
        Rig rig = new Rig(Observation.CURRENTS, false);
        rig.announce();
        rig.record(120);
        byte[] bad = rig.activity(rig.next, rig.bin(rig.next).setValues(0, Float.NaN)).build().toByteArray();
        RecordMetadata place = rig.put(bad);
        rig.record(120);
        rig.shouldLiveOn();
        shouldBeRejectedOnce(rig.session, place, rig.key(), bad, Reason.NOT_FINITE, false);
    }

    @Test
    void shouldStayFiniteOnTheLargestNumbersThatAreTaken() {
        Rig rig = new Rig(Observation.CURRENTS, false);
        rig.announce();
        rig.record(110);
        for (int t = 0; t < 10; t++) {
            Bin.Builder bin = rig.bin(rig.next).setInputs(0, RecordedBin.MAX_MAGNITUDE);
            for (int i = 0; i < NEURONS; i++) {
                bin.setValues(i, i % 2 == 0 ? RecordedBin.MAX_MAGNITUDE : -RecordedBin.MAX_MAGNITUDE);
            }
            rig.put(rig.activity(rig.next, bin));
            rig.wellFormed.add(rig.next++);
        }
        rig.record(300);
        rig.shouldLiveOn();
        assertThat(rejected(rig.session)).isEmpty();
        ModelSnapshot model = FINAL.get(rig.session);
        for (List<Float> part : List.of(model.getMList(), model.getNList(), model.getWList(), model.getOffsetList(),
                model.getNoiseList())) {
            assertThat(part).allMatch(Float::isFinite);
        }
        for (List<Double> part : List.of(model.getProcessNoiseList(), model.getKappaStdList(),
                model.getQuality().getOneStepList(), model.getQuality().getFreeRunList())) {
            assertThat(part).allMatch(Double::isFinite);
        }
    }

    /** What one session has at most: past trials, and those that wait for the fitter. */
    private static final long MOST = FitPlan.DEFAULT_BUFFER_BYTES + (64L << 20);

    @Test
    void shouldShareTheRoomForPastTrialsAmongLiveSessions() {
        List<Rig> rigs = Stream.generate(() -> Rig.recording(Observation.COUNTS)).limit(16).toList();
        long room = Runtime.getRuntime().maxMemory() / 2;
        double live = gauge(Meters.SESSIONS_ACTIVE);
        assertThat(live).isGreaterThanOrEqualTo(rigs.size());
        assertThat(gauge(Meters.FIT_ACTIVITY_SHARE)).isCloseTo(Math.min(MOST, room / live),
                within(1.0));
        rigs.forEach(Rig::end);
        double left = live - rigs.size();
        await("the sessions to be over", () -> gauge(Meters.SESSIONS_ACTIVE) == left);
        assertThat(gauge(Meters.FIT_ACTIVITY_SHARE)).as("more for those that are left")
                .isCloseTo(Math.min(MOST, room / Math.max(1, left)), within(1.0));
    }

    private static double gauge(Meters meter) {
        return processing.meters().get(meter.meterName()).gauge().value();
    }

    @Test
    void shouldNotLetAnUnannouncedSessionDelayTheOthers() {
        Rig rig = Rig.recording(Observation.COUNTS);
        LEAST_LATENCY_MS.remove(rig.session);
        Rig stranger = new Rig(Observation.COUNTS, true);
        for (int t = 0; t < 20; t++) {
            stranger.put(stranger.upcoming());
            rig.record(1);
            rig.awaitKappa();
        }
        // Each bin waited half a second while the reader asked for the end of kappa.sessions behind a fetch.
        assertThat(LEAST_LATENCY_MS.get(rig.session)).as("ms, the quickest of 20 bins").isLessThan(200);
        stranger.awaitRejected(20);
        rig.shouldLiveOn();
    }
}
