package kappa.ingest.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import kappa.ingest.Await;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.Checkpoint;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.UnknownServerException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class PartitionOwnerTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    private static Path directory;

    private static EmbeddedBroker broker;
    private static KafkaConnection connection;

    private final List<Throwable> failures = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void startBroker() {
        broker = EmbeddedBroker.start(directory, 0);
        connection = KafkaConnection.to(broker.bootstrapServers());
        Topics.createAll(connection, 2);
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    private PartitionOwner claim(int partition) {
        PartitionOwner owner = PartitionOwner.claim(connection, "kappa", partition, failures::add);
        owner.awaitClaimed();
        return owner;
    }

    private static CompletableFuture<Void> store(PartitionOwner owner, String session, long nextBin) {
        CompletableFuture<Void> durable = new CompletableFuture<>();
        owner.send(Topics.CHECKPOINTS, session,
                Checkpoint.newBuilder().setSchemaVersion(1).setNextBin(nextBin).build(), () -> durable.complete(null));
        return durable;
    }

    /** The next bins of all checkpoints of a session, in the topic's order. */
    private static List<Long> stored(int partition, String session) {
        List<Long> bins = new ArrayList<>();
        try (TopicFollower table = TopicFollower.ofTable(connection, record -> {
            if (CheckedRecord.session(record.key()).equals(session)) {
                bins.add(checkpoint(record.value()).getNextBin());
            }
        })) {
            table.fromBeginning(List.of(new TopicPartition(Topics.CHECKPOINTS, partition)));
            table.readToEnd();
        }
        return bins;
    }

    private static Checkpoint checkpoint(byte[] value) {
        try {
            return Checkpoint.parseFrom(value);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void shouldNotLetAProcessThatWasTakenForDeadReplaceTheCheckpointOfItsSuccessor() throws Exception {
        PartitionOwner first = claim(0);
        store(first, "moved", 10).get(LIMIT.toSeconds(), TimeUnit.SECONDS);

        PartitionOwner second = claim(0);
        assertThat(stored(0, "moved")).containsExactly(10L);
        store(second, "moved", 30).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        CompletableFuture<Void> late = store(first, "moved", 20);
        first.release();
        first.join(LIMIT);
        second.release();
        second.join(LIMIT);

        assertThat(late).isNotDone();
        assertThat(stored(0, "moved")).containsExactly(10L, 30L);
        assertThat(failures).as("being replaced is no failure").isEmpty();
    }

    @Test
    void shouldSettleWhatADeadProcessHadBegunBeforeItsSuccessorReads() throws Exception {
        PartitionOwner first = claim(1);
        List<CompletableFuture<Void>> stores = new ArrayList<>();
        for (long bin = 1; bin <= 200; bin++) {
            stores.add(store(first, "busy", bin));
        }
        stores.get(20).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        claim(1).release();
        List<Long> seen = stored(1, "busy");
        first.release();
        first.join(LIMIT);

        assertThat(stored(1, "busy")).as("nothing comes after what the successor read").isEqualTo(seen);
        assertThat(seen).hasSizeGreaterThan(20).isSorted();
        // What was reported durable is there; the last transaction may have been cut off before the report.
        long durable = stores.stream().filter(CompletableFuture::isDone).count();
        assertThat((long) seen.size()).isGreaterThanOrEqualTo(durable);
        assertThat(failures).isEmpty();
    }

    @Test
    void shouldWriteWhatWasSentBeforeItWasReleased() throws Exception {
        PartitionOwner owner = claim(0);
        for (long bin = 1; bin <= 100; bin++) {
            store(owner, "released", bin);
        }
        owner.release();
        owner.join(LIMIT);
        assertThat(stored(0, "released")).hasSize(100);
        assertThat(failures).isEmpty();
    }

    /** A broker whose transactions take until it is told. */
    private static final class Slow extends MockProducer<byte[], byte[]> {
        final CountDownLatch goOn = new CountDownLatch(1);

        Slow() {
            super(true, null, new ByteArraySerializer(), new ByteArraySerializer());
        }

        @Override
        public void commitTransaction() {
            try {
                assertThat(goOn.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            super.commitTransaction();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldLetACallerWaitWhileTooMuchWaitsForItsTransactionUnlessItIsTooLateAnyway(boolean lost) throws Exception {
        Slow producer = new Slow();
        AtomicInteger durable = new AtomicInteger();
        AtomicInteger sent = new AtomicInteger();
        int bytes = Checkpoint.newBuilder().setNextOffset(1).build().getSerializedSize();
        PartitionOwner owner = new PartitionOwner(0, () -> producer, 10 * bytes, LIMIT, failures::add);
        owner.awaitClaimed();
        Thread caller = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < 100; i++) {
                owner.send(Topics.CHECKPOINTS, "slow", Checkpoint.newBuilder().setNextOffset(1).build(),
                        durable::incrementAndGet);
                sent.incrementAndGet();
            }
        });
        Await.until("the caller to wait", () -> caller.getState() == Thread.State.WAITING);
        assertThat(sent).hasValue(10);
        if (lost) {
            producer.fenceProducer();
        }
        producer.goOn.countDown();
        caller.join(LIMIT);
        assertThat(caller.isAlive()).isFalse();
        owner.release();
        owner.join(LIMIT);
        assertThat(durable).hasValue(lost ? 0 : 100);
        assertThat(failures).isEmpty();
    }

    /** What Kafka's producer does when the broker finds a transaction ended before it was asked to. */
    private static final class EndedTooEarly extends MockProducer<byte[], byte[]> {
        EndedTooEarly() {
            super(true, null, new ByteArraySerializer(), new ByteArraySerializer());
        }

        @Override
        public void commitTransaction() {
            throw new InvalidTxnStateException("the transaction is complete");
        }

        @Override
        public void abortTransaction() {
            throw new KafkaException("the producer is in an error state", new InvalidTxnStateException("as before"));
        }
    }

    @Test
    void shouldWriteWithANewProducerWhatAProducerCannotEnd() throws Exception {
        var second = new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
        Iterator<Producer<byte[], byte[]>> producers = List.<Producer<byte[], byte[]>>of(new EndedTooEarly(), second)
                .iterator();
        PartitionOwner owner = new PartitionOwner(0, producers::next, 1_000, LIMIT, failures::add);
        owner.awaitClaimed();
        AtomicInteger durable = new AtomicInteger();
        owner.send(Topics.CHECKPOINTS, "a", Checkpoint.newBuilder().setNextOffset(1).build(), durable::incrementAndGet);
        owner.release();
        owner.join(LIMIT);
        assertThat(second.history()).hasSize(1);
        assertThat(durable).hasValue(1);
        assertThat(failures).isEmpty();
    }

    /** What Kafka's producer does when the broker fails by itself. */
    private static final class Broken extends MockProducer<byte[], byte[]> {
        final CountDownLatch failed = new CountDownLatch(1);

        Broken() {
            super(true, null, new ByteArraySerializer(), new ByteArraySerializer());
        }

        @Override
        public void commitTransaction() {
            throw new UnknownServerException("an unexpected error");
        }

        @Override
        public void abortTransaction() {
            failed.countDown();
            throw new KafkaException("the producer is in an error state", new UnknownServerException("as before"));
        }
    }

    @Test
    void shouldNotCountABrokersErrorWhileThePartitionGoesToAnotherProcess() throws Exception {
        Broken producer = new Broken();
        PartitionOwner owner = new PartitionOwner(0, () -> producer, 1_000, LIMIT, failures::add);
        CompletableFuture<Void> stored = store(owner, "moving", 1);
        assertThat(producer.failed.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        owner.release();
        owner.join(LIMIT);
        assertThat(stored).isNotDone();
        assertThat(failures).isEmpty();
    }

    @Test
    void shouldFailOnABrokersErrorWhileThePartitionStaysOurs() throws Exception {
        PartitionOwner owner = new PartitionOwner(0, Broken::new, 1_000, Duration.ofMillis(1), failures::add);
        store(owner, "ours", 1);
        owner.join(LIMIT);
        assertThat(failures).singleElement().isInstanceOf(KafkaException.class);
    }
}
