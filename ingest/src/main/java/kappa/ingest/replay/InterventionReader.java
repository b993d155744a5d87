package kappa.ingest.replay;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import kappa.ingest.kafka.KafkaConnection;
import kappa.ingest.kafka.Topics;
import kappa.ingest.stream.Fault;
import kappa.ingest.stream.Publisher;
import kappa.ingest.stream.WireChecks;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A rig's ear: the requests for one session that come in on kappa.interventions from now on. A request that the rig cannot
 * obey goes to kappa.rejected. One that arrives before the one before it was taken supersedes it, so nothing queues up.
 *
 * <p>One thread reads; {@link #take} may be called from any other.
 */
final class InterventionReader implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(InterventionReader.class);
    private static final Duration POLL = Duration.ofMillis(100);

    private final KafkaConnection connection;
    private final SessionHeader header;
    private final byte[] session;
    private final TopicPartition partition;
    private final AtomicReference<Intervention> newest = new AtomicReference<>();
    private final Thread thread;
    private volatile boolean stopping;

    InterventionReader(KafkaConnection connection, SessionHeader header, int partition) {
        this.connection = connection;
        this.header = header;
        session = header.getSession().getBytes(UTF_8);
        this.partition = new TopicPartition(Topics.INTERVENTIONS, partition);
        thread = Thread.ofPlatform().daemon(true).name("kappa-interventions").start(this::run);
    }

    /** The newest request since the last call, if any. */
    Optional<Intervention> take() {
        return newest.get() == null ? Optional.empty() : Optional.ofNullable(newest.getAndSet(null));
    }

    private void run() {
        try (var consumer = new KafkaConsumer<byte[], byte[]>(connection.consumer());
                var publisher = new Publisher(connection, new SimpleMeterRegistry(),
                        failure -> LOG.error("a rejected intervention could not be published", failure))) {
            consumer.assign(List.of(partition));
            consumer.seekToEnd(consumer.assignment());
            while (!stopping) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    if (Arrays.equals(record.key(), session)) {
                        hear(record, publisher);
                    }
                }
            }
        } catch (KafkaException e) {
            LOG.error("reading {} failed: the rig goes on recording and obeys no request", Topics.INTERVENTIONS, e);
        }
    }

    private void hear(ConsumerRecord<byte[], byte[]> record, Publisher publisher) {
        WireChecks.Parsed<Intervention> parsed = WireChecks.parse(Intervention.parser(), record.value(),
                "Intervention");
        Optional<Fault> fault = parsed.message() == null
                ? Optional.of(parsed.fault())
                : WireChecks.intervention(header, parsed.message());
        if (fault.isPresent()) {
            publisher.reject(header.getSession(), record, fault.get(), false);
        } else {
            LOG.info("session {}: intervention {}: {} of {} neurons in {} trials", header.getSession(),
                    parsed.message().getId(), parsed.message().getNeuronsCount(), header.getNeuronsCount(),
                    parsed.message().getTrials());
            newest.set(parsed.message());
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
