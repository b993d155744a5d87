package kappa.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import kappa.ingest.Await;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class ParkedSessionTest {

    private static final TopicPartition PARTITION = new TopicPartition(Topics.ACTIVITY, 0);

    @TempDir
    private Path directory;

    private EmbeddedBroker broker;
    private KafkaConnection connection;
    private KafkaProducer<byte[], byte[]> producer;
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();

    @BeforeEach
    void startBroker() {
        broker = EmbeddedBroker.start(directory, 0);
        connection = KafkaConnection.to(broker.bootstrapServers());
        Topics.createAll(connection, 1);
        producer = new KafkaProducer<>(connection.producer());
    }

    @AfterEach
    void stopBroker() {
        producer.close();
        broker.close();
        assertThat(failures).isEmpty();
    }

    /** Takes the pipeline's place: it notes what comes, and checkpoints what it is told to. */
    private final class Member implements ActivityReader.Sink, AutoCloseable {
        final List<String> came = new CopyOnWriteArrayList<>();
        final List<String> released = new CopyOnWriteArrayList<>();
        private final Map<String, Long> checkpoints = new HashMap<>();
        private final Publisher publisher = new Publisher(connection, new SimpleMeterRegistry(), failures::add);
        private final ActivityReader reader;
        private volatile PartitionOwner owner;

        Member(Duration parkAfter) {
            reader = new ActivityReader(connection, "kappa", publisher, new SimpleMeterRegistry(), this, parkAfter,
                    failures::add);
            reader.start();
        }

        @Override
        public void assigned(int partition, Map<String, Checkpoint> checkpoints, PartitionOwner granted) {
            owner = granted;
        }

        @Override
        public void revoked(int partition) {
            owner = null;
        }

        @Override
        public void arrived(SessionHeader header, Arrival arrival) {
            came.add(header.getSession() + arrival.activity().getFirstBin());
            arrival.release();
        }

        @Override
        public synchronized void silent(int partition, String session, long floor, long reached) {
            // The reader may not have heard of the newest checkpoint yet, as in the pipeline, where one actor writes both.
            long accounted = Math.max(floor, checkpoints.getOrDefault(session, floor));
            owner.send(Topics.CHECKPOINTS, session,
                    Checkpoint.newBuilder().setSchemaVersion(1).setHeader(header(session)).setNextOffset(accounted)
                            .setParkedAt(reached).build(),
                    () -> reader.parked(partition, session, reached));
        }

        @Override
        public void released(int partition, String session) {
            released.add(session);
        }

        /** A checkpoint that accounts for everything before a record. */
        synchronized void checkpoint(String session, long offset) {
            checkpoints.put(session, offset);
            owner.send(Topics.CHECKPOINTS, session, Checkpoint.newBuilder().setSchemaVersion(1)
                    .setHeader(header(session)).setNextOffset(offset).build(),
                    () -> reader.checkpointed(0, session, offset));
        }

        @Override
        public void close() {
            reader.close();
            publisher.close();
        }
    }

    private static SessionHeader header(String session) {
        return SessionHeader.newBuilder().setSchemaVersion(1).setSession(session).addNeurons("n").setBinWidthS(0.02)
                .setObservation(Observation.COUNTS)
                .setFit(FitSettings.newBuilder().setRank(1)).build();
    }

    private void open(String session) {
        producer.send(new ProducerRecord<>(Topics.SESSIONS, session.getBytes(UTF_8), header(session).toByteArray()));
        producer.flush();
    }

    private void bin(String session, long index) {
        producer.send(new ProducerRecord<>(Topics.ACTIVITY, session.getBytes(UTF_8),
                Activity.newBuilder().setSchemaVersion(1).setSession(session).setFirstBin(index)
                        .addBins(Bin.newBuilder().setRigTimeNs(index + 1).addCounts(1)).build().toByteArray()));
        producer.flush();
    }

    private long committed() {
        try (Admin admin = Admin.create(connection.admin())) {
            Map<TopicPartition, OffsetAndMetadata> offsets = admin.listConsumerGroupOffsets("kappa")
                    .partitionsToOffsetAndMetadata().toCompletionStage().toCompletableFuture().join();
            return Optional.ofNullable(offsets.get(PARTITION)).map(OffsetAndMetadata::offset).orElse(-1L);
        }
    }

    private void await(String what, BooleanSupplier condition) {
        Await.until(what, () -> {
            assertThat(failures).isEmpty();
            return condition.getAsBoolean();
        });
    }

    @Test
    void shouldNotLetASessionThatNeverEndsHoldTheOffsetBackAndLoseNothingOfItWhenItGoesOn() {
        open("left");
        open("busy");
        // Records 0 to 2 are of the one that is left alone, the others of the one that goes on.
        bin("left", 0);
        bin("left", 1);
        bin("left", 2);
        bin("busy", 0);
        try (Member first = new Member(Duration.ofMillis(300))) {
            await("the first bins", () -> first.came.size() == 4);
            bin("busy", 1);
            await("all bins", () -> first.came.size() == 5);
            first.checkpoint("busy", 5);
            // Either may be parked by then; neither needs anything before record 5 but the one that was left, record 0.
            await("the offset to pass the session that was left", () -> committed() == 5);
            await("leave to forget it", () -> first.released.contains("left"));
            bin("left", 3);
            await("its next bin", () -> first.came.contains("left3"));
            assertThat(first.came.subList(5, first.came.size()))
                    .as("from where its checkpoint begins, and nothing else")
                    .containsExactly("left0", "left1", "left2", "left3");
            await("it to be left again", () -> committed() == 6);
        }
        try (Member second = new Member(Duration.ofHours(1))) {
            bin("busy", 2);
            await("what is new", () -> second.came.contains("busy2"));
            assertThat(second.came).as("nothing is read again for a session that is silent").containsExactly("busy2");
            bin("busy", 3);
            bin("left", 4);
            bin("busy", 4);
            await("all", () -> second.came.contains("left4") && second.came.contains("busy4"));
            assertThat(second.came.stream().filter(bin -> bin.startsWith("left")))
                    .as("from where its checkpoint begins")
                    .containsExactly("left0", "left1", "left2", "left3", "left4");
            assertThat(second.came.stream().filter(bin -> bin.startsWith("busy"))).as("no bin twice")
                    .containsExactly("busy2", "busy3", "busy4");
        }
    }
}
