package kappa.dashboards.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Counter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import kappa.ingest.Await;
import kappa.ingest.Meters;
import kappa.ingest.log.EmbeddedBroker;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A rig that is faster than learning, through a real broker: what gives way, and what does not. */
class OverloadTest {

    private static final String SESSION = "fast-rig";
    private static final int NEURONS = 200;
    private static final int TRIAL_BINS = 30;
    /** Trials that come at once: a backlog, and with it late kappa. */
    private static final int BURST = 100;
    /** A trial of 0.6 s every 20 ms, until something gives way. */
    private static final long TRIAL_NS = 20_000_000;
    /** As little as checkpoints need, which are made between trials. */
    private static final long CALM_TRIAL_NS = 200_000_000;
    private static final int STEPS = 200;
    /** What checkpoints may take, see the documentation of overload. */
    private static final double BYTES_PER_S = 32_768;

    private final Random random = new Random(1);
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final BitSet bins = new BitSet();
    private final List<Checkpoint> checkpoints = new ArrayList<>();
    private final List<Long> storedMs = new ArrayList<>();
    private ModelSnapshot newest = ModelSnapshot.getDefaultInstance();
    private int trials;

    @Test
    void shouldShedStepsAndRareCheckpointsButNoBinAndKnowAfterARestartHowManySteps(@TempDir Path directory)
            throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            KafkaConnection connection = KafkaConnection.to(broker.bootstrapServers());
            Topics.createAll(connection, 1);
            try (var producer = new KafkaProducer<byte[], byte[]>(connection.producer());
                    var consumer = new KafkaConsumer<byte[], byte[]>(connection.consumer());
                    var forgetful = new KafkaConsumer<byte[], byte[]>(connection.consumer())) {
                follow(forgetful);
                forgetful.poll(Duration.ZERO); // and never again: a viewer that does not keep up
                follow(consumer);
                producer.send(new ProducerRecord<>(Topics.SESSIONS, SESSION.getBytes(UTF_8), header().toByteArray()));
                try (Processing processing = new Processing(connection, "kappa", 1, failures::add)) {
                    trial(producer, false);
                    await("the first kappa", consumer, () -> !bins.isEmpty());
                    for (int t = 0; t < BURST; t++) {
                        trial(producer, false);
                    }
                    Counter shed = Meters.FIT_STEPS_SHED.counter(processing.meters());
                    AtomicLong nextNs = new AtomicLong(System.nanoTime());
                    await("two checkpoints, the second of which knows of steps that were shed", consumer, () -> {
                        while (System.nanoTime() - nextNs.get() >= 0) {
                            trial(producer, false);
                            nextNs.addAndGet(shed.count() == 0 ? TRIAL_NS : CALM_TRIAL_NS);
                        }
                        return checkpoints.size() >= 2 && checkpoints.getLast().getStepsShed() > 0;
                    });
                    assertThat(shed.count())
                            .isGreaterThanOrEqualTo((double) checkpoints.getLast().getStepsShed());
                    assertThat(Meters.TRIALS_LEFT_OUT.counter(processing.meters()).count()).isZero();
                }
                long shedBefore = checkpoints.getLast().getStepsShed();
                try (Processing again = new Processing(connection, "kappa", 1, failures::add)) {
                    trial(producer, true);
                    await("the last model", consumer, () -> newest.getFinal());
                    assertThat(newest.getStepsShed()).isGreaterThanOrEqualTo(shedBefore);
                    assertThat(newest.getSteps() + newest.getStepsShed()).as("every step was made, or counted")
                            .isEqualTo((long) STEPS * trials);
                    assertThat(newest.getVersion()).isEqualTo(trials);
                    assertThat(Meters.BINS_ACCEPTED.counter(again.meters()).count())
                            .as("bins since the checkpoint, of " + trials * TRIAL_BINS)
                            .isLessThan((trials - 1) * TRIAL_BINS);
                }
                readToEnd(consumer);
                assertThat(bins.cardinality()).as("bins with kappa").isEqualTo(trials * TRIAL_BINS);
                assertThat(bins.length()).isEqualTo(trials * TRIAL_BINS);
                checkpointsAreRare();
                System.err.printf("OverloadTest: %d trials, %d steps made, %d shed; %d checkpoints of %d bytes%n",
                        trials, newest.getSteps(), newest.getStepsShed(), checkpoints.size(),
                        checkpoints.getFirst().getSerializedSize());
            }
        }
        assertThat(failures).isEmpty();
    }

    /** A larger one is followed by a longer pause; the broker's clock says when each was stored. */
    private void checkpointsAreRare() {
        for (int c = 1; c < checkpoints.size() && !checkpoints.get(c).getEnded(); c++) {
            double needed = checkpoints.get(c - 1).getSerializedSize() / BYTES_PER_S;
            assertThat(needed).as("seconds that a checkpoint of %d neurons is worth", NEURONS).isGreaterThan(1);
            assertThat((storedMs.get(c) - storedMs.get(c - 1)) / 1e3).isGreaterThan(0.99 * needed);
        }
    }

    private static SessionHeader header() {
        SessionHeader.Builder header = SessionHeader.newBuilder().setSchemaVersion(1).setSession(SESSION)
                .setBinWidthS(0.02).setObservation(Observation.COUNTS).setTrials(true)
                .setFit(FitSettings.newBuilder().setRank(2).setSeed(3).setStepsPerTrial(STEPS));
        for (int i = 0; i < NEURONS; i++) {
            header.addNeurons("unit-" + i);
        }
        return header.build();
    }

    private void trial(KafkaProducer<byte[], byte[]> producer, boolean last) {
        for (int t = 0; t < TRIAL_BINS; t++) {
            int index = trials * TRIAL_BINS + t;
            Bin.Builder bin = Bin.newBuilder().setRigTimeNs(20_000_000L * (index + 1)).setTrial(trials)
                    .setTrialEnd(t == TRIAL_BINS - 1);
            for (int i = 0; i < NEURONS; i++) {
                bin.addCounts(random.nextInt(3));
            }
            producer.send(new ProducerRecord<>(Topics.ACTIVITY, SESSION.getBytes(UTF_8),
                    Activity.newBuilder().setSchemaVersion(1).setSession(SESSION).setFirstBin(index).addBins(bin)
                            .setEndOfSession(last && t == TRIAL_BINS - 1).build().toByteArray()));
        }
        producer.flush();
        trials++;
    }

    // ---------------------------------------------------------------------------------------------- what comes of it

    private static void follow(KafkaConsumer<byte[], byte[]> consumer) {
        consumer.assign(List.of(new TopicPartition(Topics.LATENTS, 0), new TopicPartition(Topics.MODELS, 0),
                new TopicPartition(Topics.CHECKPOINTS, 0)));
        consumer.seekToBeginning(consumer.assignment());
    }

    private void await(String what, KafkaConsumer<byte[], byte[]> consumer, BooleanSupplier condition) {
        Await.until(what, () -> {
            assertThat(failures).isEmpty();
            boolean holds = condition.getAsBoolean();
            if (!holds) {
                poll(consumer);
            }
            return holds;
        });
    }

    private void readToEnd(KafkaConsumer<byte[], byte[]> consumer) throws Exception {
        var ends = consumer.endOffsets(consumer.assignment());
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            poll(consumer);
        }
    }

    private void poll(KafkaConsumer<byte[], byte[]> consumer) throws Exception {
        for (var record : consumer.poll(Duration.ofMillis(20))) {
            switch (record.topic()) {
                case Topics.LATENTS -> {
                    Latents latents = Latents.parseFrom(record.value());
                    bins.set((int) latents.getFirstBin(), (int) latents.getFirstBin() + latents.getBinsCount());
                }
                case Topics.MODELS -> newest = ModelSnapshot.parseFrom(record.value());
                default -> {
                    checkpoints.add(Checkpoint.parseFrom(record.value()));
                    storedMs.add(record.timestamp());
                }
            }
        }
    }
}
