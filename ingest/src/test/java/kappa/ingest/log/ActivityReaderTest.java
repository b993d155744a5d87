package kappa.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import kappa.ingest.Await;
import kappa.ingest.Meters;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.Reason;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class ActivityReaderTest {

    private static final int BINS = 6_000;
    private static final SessionHeader HEADER = SessionHeader.newBuilder().setSchemaVersion(1).setSession("rig")
            .addNeurons("n").setBinWidthS(0.02).setObservation(Observation.COUNTS)
            .setFit(FitSettings.newBuilder().setRank(1)).build();

    /** A pipeline that takes what it is given and is done with nothing until it is told. */
    private static final class Stuck implements ActivityReader.Sink {
        final Queue<Arrival> held = new ConcurrentLinkedQueue<>();
        final List<Long> bins = new CopyOnWriteArrayList<>();
        final AtomicInteger most = new AtomicInteger();
        final Map<String, Checkpoint> assigned = new ConcurrentHashMap<>();
        volatile boolean stuck = true;

        @Override
        public void assigned(int partition, Map<String, Checkpoint> checkpoints, PartitionOwner owner) {
            assigned.putAll(checkpoints);
        }

        @Override
        public void revoked(int partition) {}

        @Override
        public void arrived(SessionHeader header, Arrival arrival) {
            bins.add(arrival.activity().getFirstBin());
            most.accumulateAndGet(arrival.underWay().get(), Math::max);
            if (stuck) {
                held.add(arrival);
            } else {
                arrival.release();
            }
        }

        @Override
        public void silent(int partition, String session, long floor, long reached) {}

        @Override
        public void released(int partition, String session) {}
    }

    @Test
    void shouldLeaveInTheLogWhatAPipelineThatIsSlowerThanTheRigCannotTakeAndLoseNothing(@TempDir Path directory) {
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            KafkaConnection connection = KafkaConnection.to(broker.bootstrapServers());
            Topics.createAll(connection, 1);
            publish(connection);
            SimpleMeterRegistry meters = new SimpleMeterRegistry();
            Stuck pipeline = new Stuck();
            try (Publisher publisher = new Publisher(connection, meters, failures::add);
                    ActivityReader reader = new ActivityReader(connection, "kappa", publisher, meters, pipeline,
                            Duration.ofHours(1), failures::add)) {
                reader.start();
                double before = Meters.READER_PAUSES.counter(meters).count();
                assertThat(before).isZero();
                Await.until("the partition to be paused", () -> Meters.READER_PAUSES.counter(meters).count() == 1);
                Await.until("the reader to know what it leaves", () -> reader.unreadRecords() > 0);
                // Of one bin each; a record counts, too.
                assertThat(pipeline.bins.size()).isBetween(ActivityReader.HIGH / 2,
                        ActivityReader.HIGH / 2 + ActivityReader.MOST_AT_ONCE + 1);
                pipeline.stuck = false;
                for (Arrival held = pipeline.held.poll(); held != null; held = pipeline.held.poll()) {
                    held.release();
                }
                Await.until("all bins", () -> pipeline.bins.size() == BINS);
                for (int t = 0; t < BINS; t++) {
                    assertThat(pipeline.bins.get(t)).isEqualTo(t);
                }
                assertThat(pipeline.most.get())
                        .isLessThanOrEqualTo(ActivityReader.HIGH + 2 * ActivityReader.MOST_AT_ONCE);
            }
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void shouldStartOverADeletedCheckpointAndReadOnAfterABinThatNoSessionReaches(@TempDir Path directory) {
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            KafkaConnection connection = KafkaConnection.to(broker.bootstrapServers());
            Topics.createAll(connection, 1);
            byte[] key = "rig".getBytes(UTF_8);
            try (var producer = new KafkaProducer<byte[], byte[]>(connection.producer())) {
                producer.send(new ProducerRecord<>(Topics.CHECKPOINTS, key, null));
                producer.send(new ProducerRecord<>(Topics.SESSIONS, "gone".getBytes(UTF_8), null));
                for (boolean end : new boolean[]{false, true}) {
                    Activity.Builder far = Activity.newBuilder().setSchemaVersion(1).setSession("rig")
                            .setFirstBin(Long.MAX_VALUE).setEndOfSession(end);
                    if (!end) {
                        far.addBins(Bin.newBuilder().setRigTimeNs(1).addCounts(1));
                    }
                    producer.send(new ProducerRecord<>(Topics.ACTIVITY, key, far.build().toByteArray()));
                }
                producer.flush();
            }
            publish(connection);
            SimpleMeterRegistry meters = new SimpleMeterRegistry();
            Stuck pipeline = new Stuck();
            pipeline.stuck = false;
            try (Publisher publisher = new Publisher(connection, meters, failures::add);
                    ActivityReader reader = new ActivityReader(connection, "kappa", publisher, meters, pipeline,
                            Duration.ofHours(1), failures::add)) {
                reader.start();
                Await.until("all bins", () -> pipeline.bins.size() == BINS);
                assertThat(Meters.RECORDS_REJECTED.counter(meters, Reason.MALFORMED.name()).count()).isEqualTo(2);
            }
            List<Long> again = new CopyOnWriteArrayList<>();
            ActivityArchive.read(connection, HEADER, 0, 0, Long.MAX_VALUE, (_, index, _) -> again.add(index));
            assertThat(again).hasSize(BINS).doesNotContain(Long.MAX_VALUE);
        }
        assertThat(failures).isEmpty();
    }

    /** Kafka cuts a log off where a crash of the machine, or a broken disk, has left nothing to read. */
    @Test
    void shouldReadRecordsWhoseOffsetsWereUsedBeforeKafkaLostTheEndOfItsLog(@TempDir Path directory) throws Exception {
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            KafkaConnection connection = KafkaConnection.to(broker.bootstrapServers());
            Topics.createAll(connection, 1);
            // What was there of a longer log: offsets that were committed, and a checkpoint.
            TopicPartition activity = new TopicPartition(Topics.ACTIVITY, 0);
            try (Admin admin = Admin.create(connection.admin())) {
                admin.alterConsumerGroupOffsets("kappa", Map.of(activity, new OffsetAndMetadata(9_000))).all().get();
            }
            try (var producer = new KafkaProducer<byte[], byte[]>(connection.producer())) {
                producer.send(new ProducerRecord<>(Topics.CHECKPOINTS, "rig".getBytes(UTF_8),
                        Checkpoint.newBuilder().setSchemaVersion(1).setHeader(HEADER).setNextBin(9_100)
                                .setNextOffset(8_500).setNextBinOffset(9_100).setInside(true).build().toByteArray()));
            }
            SimpleMeterRegistry meters = new SimpleMeterRegistry();
            Stuck pipeline = new Stuck();
            pipeline.stuck = false;
            try (Publisher publisher = new Publisher(connection, meters, failures::add);
                    ActivityReader reader = new ActivityReader(connection, "kappa", publisher, meters, pipeline,
                            Duration.ofHours(1), failures::add)) {
                reader.start();
                Await.until("the checkpoint", () -> pipeline.assigned.containsKey("rig"));
                Checkpoint checkpoint = pipeline.assigned.get("rig");
                assertThat(checkpoint.getNextBin()).isEqualTo(9_100);
                assertThat(checkpoint.getNextOffset()).isZero();
                assertThat(checkpoint.getNextBinOffset()).isZero();
                assertThat(checkpoint.getInside()).isFalse();
                publish(connection);
                Await.until("all bins", () -> pipeline.bins.size() == BINS);
            }
        }
        assertThat(failures).isEmpty();
    }

    private static void publish(KafkaConnection connection) {
        byte[] key = "rig".getBytes(UTF_8);
        try (var producer = new KafkaProducer<byte[], byte[]>(connection.producer())) {
            producer.send(new ProducerRecord<>(Topics.SESSIONS, key, HEADER.toByteArray()));
            for (long t = 0; t < BINS; t++) {
                producer.send(new ProducerRecord<>(Topics.ACTIVITY, key,
                        Activity.newBuilder().setSchemaVersion(1).setSession("rig").setFirstBin(t)
                                .addBins(Bin.newBuilder().setRigTimeNs(t + 1).addCounts(1)).build().toByteArray()));
            }
            producer.flush();
        }
    }
}
