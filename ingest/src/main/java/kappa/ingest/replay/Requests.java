package kappa.ingest.replay;

import com.google.protobuf.Message;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Publisher;
import kappa.ingest.log.TopicFollower;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests for one session that arrive on a topic from now on. A request that the rig cannot obey goes to kappa.rejected. A
 * request that arrives before the last one was taken is joined with it, so requests do not queue up.
 *
 * <p>One thread reads, and wakes the one that made this, should it be parked; {@link #take} may be called from any other.
 *
 * @param <M> what a request is
 */
final class Requests<M extends Message> implements AutoCloseable {

    /**
     * What a rig listens to.
     *
     * @param type of the message
     * @param fault what is wrong with a request, if anything
     * @param join a request that was not taken yet with the one after it
     */
    record Kind<M extends Message>(String topic, Class<M> type, Function<M, Optional<Fault>> fault,
            BinaryOperator<M> join) {}

    private static final Logger LOG = LoggerFactory.getLogger(Requests.class);

    private final KafkaConnection connection;
    private final SessionHeader header;
    private final Kind<M> kind;
    private final AtomicReference<M> waiting = new AtomicReference<>();
    private final CountDownLatch listening = new CountDownLatch(1);
    private final Thread maker = Thread.currentThread();
    private final Thread thread;
    private volatile TopicFollower follower;

    /**
     * Returns once requests are heard, in whatever partition they are, or the topic could not be read, which is logged: the rig
     * goes on recording.
     */
    Requests(KafkaConnection connection, SessionHeader header, Kind<M> kind) {
        this.connection = connection;
        this.header = header;
        this.kind = kind;
        thread = Thread.ofPlatform().daemon(true).name(kind.topic()).start(this::run);
        try {
            listening.await();
        } catch (InterruptedException e) {
            maker.interrupt();
        }
    }

    /** What was requested since the last call, if anything. */
    Optional<M> take() {
        return waiting.get() == null ? Optional.empty() : Optional.ofNullable(waiting.getAndSet(null));
    }

    boolean any() {
        return waiting.get() != null;
    }

    private void run() {
        try (var publisher = new Publisher(connection, new SimpleMeterRegistry(),
                failure -> LOG.error("a rejected request could not be published", failure));
                var requests = new TopicFollower(connection, record -> hear(record, publisher))) {
            requests.fromEnd(requests.partitions(kind.topic()));
            follower = requests;
            listening.countDown();
            requests.run();
        } catch (KafkaException | InvalidInputException e) {
            LOG.error("reading {} failed: the rig goes on recording, but does not obey requests any more", kind.topic(),
                    e);
        } finally {
            listening.countDown();
        }
    }

    private void hear(ConsumerRecord<byte[], byte[]> record, Publisher publisher) {
        CheckedRecord checked = CheckedRecord.of(record.topic(), record.key(), record.value());
        if (!checked.session().equals(header.getSession())) {
            return;
        }
        Optional<M> request = checked.message(kind.type());
        Optional<Fault> fault = checked.fault().or(() -> request.flatMap(kind.fault()));
        if (fault.isPresent()) {
            publisher.reject(header.getSession(), record, fault.get(), false);
        } else {
            waiting.accumulateAndGet(request.orElseThrow(),
                    (old, heard) -> old == null ? heard : kind.join().apply(old, heard));
            LockSupport.unpark(maker);
        }
    }

    @Override
    public void close() {
        TopicFollower requests = follower;
        if (requests != null) {
            requests.stop();
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
