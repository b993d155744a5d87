package kappa.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import kappa.ingest.InvalidInputException;
import kappa.ingest.Meters;
import kappa.ingest.UnixTime;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.Reason;
import kappa.ingest.wire.Rejected;
import kappa.ingest.wire.WireChecks;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes results to the topics, keyed by session. What the broker has not acknowledged after Kafka's own retries is a
 * failure of the whole pipeline, not of one record: the process stops and goes on from its checkpoints.
 *
 * <p>Thread-safe. When the producer's buffer is full, a caller waits: that is how a slow broker slows the pipeline down.
 */
public final class Publisher implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);

    /** Of what a stranger wrote into a message or an id, characters. */
    private static final int MOST_OF_A_TEXT = 400;

    private static final long LOG_EVERY_NS = 1_000_000_000L;

    private final Producer<byte[], byte[]> producer;
    private final Consumer<Throwable> onFailure;
    private final MeterRegistry meters;
    private final AtomicInteger rejectedUnderWay = new AtomicInteger();
    private volatile boolean failed;
    private long loggedAtNs;
    private long notLogged;

    /** @param onFailure called, from a thread of the producer, when a record could not be delivered */
    public Publisher(KafkaConnection connection, MeterRegistry meters, Consumer<Throwable> onFailure) {
        this(new KafkaProducer<>(connection.producer()), meters, onFailure);
    }

    Publisher(Producer<byte[], byte[]> producer, MeterRegistry meters, Consumer<Throwable> onFailure) {
        this.producer = producer;
        this.meters = meters;
        this.onFailure = onFailure;
    }

    /**
     * Sends; {@code delivered} gets the record's metadata and the size of its value once every replica has it, and everything
     * that was sent before it.
     *
     * @param partition that of the session's activity: clients in other languages have other rules for choosing one, and what
     *        belongs together must lie together
     */
    public void send(String topic, int partition, String session, MessageLite message,
            ObjLongConsumer<RecordMetadata> delivered) {
        byte[] value = message.toByteArray();
        producer.send(new ProducerRecord<>(topic, partition, session.getBytes(UTF_8), value), (metadata, failure) -> {
            if (failure != null) {
                failed = true;
                LOG.atError().addKeyValue("session", session).addKeyValue("partition", partition)
                        .log("{} for session {} could not be delivered: {}", topic, session, failure.toString());
                onFailure.accept(failure);
            } else if (!failed) {
                // Else a checkpoint would account for the bins of the record that was lost, too.
                delivered.accept(metadata, value.length);
            }
        });
    }

    /**
     * Puts a record on kappa.rejected, whole. Only what was compressed can be larger than that topic takes: then its place is
     * all there is.
     *
     * @param session empty where unknown
     * @param used whether the record, or part of it, was used all the same
     */
    public void reject(String session, ConsumerRecord<byte[], byte[]> record, Fault fault, boolean used) {
        Meters.RECORDS_REJECTED.counter(meters, fault.reason().name()).increment();
        String id = line(session);
        String detail = line(fault.detail());
        log(record, id, fault.reason(), detail);
        Rejected.Builder rejected = Rejected.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION).setSession(id)
                .setReason(fault.reason()).setDetail(detail).setTopic(record.topic()).setPartition(record.partition())
                .setOffset(record.offset()).setRecordUsed(used).setRejectedUnixNs(UnixTime.nowNs())
                .setMissingFrom(fault.missingFrom()).setMissingBins(fault.missingBins());
        long size = (long) Math.max(0, record.serializedKeySize()) + Math.max(0, record.serializedValueSize());
        boolean fits = size <= Topics.MAX_MESSAGE_BYTES - (1 << 20);
        if (fits && record.key() != null) {
            rejected.setKey(ByteString.copyFrom(record.key()));
        }
        if (fits && record.value() != null) {
            rejected.setValue(ByteString.copyFrom(record.value()));
        }
        rejectedUnderWay.incrementAndGet();
        send(Topics.REJECTED, record.partition(), id, rejected.build(),
                (metadata, bytes) -> rejectedUnderWay.decrementAndGet());
    }

    /** A rig gone wrong rejects as fast as it sends: the counter and the topic have them all, the log one a second. */
    private synchronized void log(ConsumerRecord<byte[], byte[]> record, String id, Reason reason, String detail) {
        long now = System.nanoTime();
        if (loggedAtNs != 0 && now - loggedAtNs < LOG_EVERY_NS) {
            notLogged++;
            return;
        }
        LOG.atWarn().addKeyValue("session", id).addKeyValue("partition", record.partition()).log(
                "rejected {}-{}@{} of session {}: {}: {}{}", record.topic(), record.partition(), record.offset(), id,
                reason, detail, notLogged == 0 ? "" : " (and " + notLogged + " more since the last such line)");
        loggedAtNs = now;
        notLogged = 0;
    }

    /** One line of bounded length: a key can be anything. */
    private static String line(String text) {
        String cut = text.length() > MOST_OF_A_TEXT ? text.substring(0, MOST_OF_A_TEXT) + "..." : text;
        return InvalidInputException.oneLine(cut);
    }

    /** Waits until the broker has what was rejected so far; without that, returns at once. */
    public void awaitRejected() {
        if (rejectedUnderWay.get() > 0) {
            producer.flush();
        }
    }

    /** Waits until everything sent so far is acknowledged or has failed. */
    public void flush() {
        producer.flush();
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(10));
    }
}
