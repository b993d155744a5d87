package kappa.ingest.replay;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Publisher;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A rig's ear: the requests for one session that come in on a topic from now on. One that the rig cannot obey goes to
 * kappa.rejected. One that arrives before the one before it was taken is joined with it, so nothing queues up.
 *
 * <p>One thread reads, and wakes the one that made this, should it be parked; {@link #take} may be called from any other.
 *
 * @param <M> what a request is
 */
final class Requests<M extends Message> implements AutoCloseable {

    /**
     * What a rig listens to.
     *
     * @param name of the message, for whoever sent another
     * @param fault what is wrong with a request, if anything
     * @param join a request that was not taken yet with the one after it
     */
    record Kind<M extends Message>(String topic, String name, Parser<M> parser, Function<M, Optional<Fault>> fault,
            BinaryOperator<M> join) {}

    private static final Logger LOG = LoggerFactory.getLogger(Requests.class);
    private static final Duration POLL = Duration.ofMillis(100);

    private final KafkaConnection connection;
    private final SessionHeader header;
    private final byte[] session;
    private final Kind<M> kind;
    private final TopicPartition partition;
    private final AtomicReference<M> waiting = new AtomicReference<>();
    private final CountDownLatch listening = new CountDownLatch(1);
    private final Thread maker = Thread.currentThread();
    private final Thread thread;
    private volatile boolean stopping;

    /** Returns once requests are heard, or the topic could not be read, which is logged: the rig goes on recording. */
    Requests(KafkaConnection connection, SessionHeader header, int partition, Kind<M> kind) {
        this.connection = connection;
        this.header = header;
        this.kind = kind;
        session = header.getSession().getBytes(UTF_8);
        this.partition = new TopicPartition(kind.topic(), partition);
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

    /** Whether there is something to take. */
    boolean any() {
        return waiting.get() != null;
    }

    private void run() {
        try (var consumer = new KafkaConsumer<byte[], byte[]>(connection.consumer());
                var publisher = new Publisher(connection, new SimpleMeterRegistry(),
                        failure -> LOG.error("a rejected request could not be published", failure))) {
            consumer.assign(List.of(partition));
            consumer.seekToEnd(consumer.assignment());
            consumer.position(partition);
            listening.countDown();
            while (!stopping) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    if (Arrays.equals(record.key(), session)) {
                        hear(record, publisher);
                    }
                }
            }
        } catch (KafkaException e) {
            LOG.error("reading {} failed: the rig goes on recording and obeys no request", kind.topic(), e);
        } finally {
            listening.countDown();
        }
    }

    private void hear(ConsumerRecord<byte[], byte[]> record, Publisher publisher) {
        WireChecks.Parsed<M> parsed = WireChecks.parse(kind.parser(), record.value(), kind.name());
        Optional<Fault> fault = parsed.message() == null
                ? Optional.of(parsed.fault())
                : kind.fault().apply(parsed.message());
        if (fault.isPresent()) {
            publisher.reject(header.getSession(), record, fault.get(), false);
        } else {
            waiting.accumulateAndGet(parsed.message(),
                    (old, heard) -> old == null ? heard : kind.join().apply(old, heard));
            LockSupport.unpark(maker);
        }
    }

    @Override
    public void close() {
        stopping = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
