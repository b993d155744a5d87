package kappa.ingest.stream;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import kappa.ingest.Meters;
import kappa.ingest.kafka.KafkaConnection;
import kappa.ingest.kafka.Topics;
import kappa.ingest.wire.Rejected;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
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

    private final KafkaProducer<byte[], byte[]> producer;
    private final Consumer<Throwable> onFailure;
    private final MeterRegistry meters;
    private final AtomicInteger rejectedUnderWay = new AtomicInteger();

    /** @param onFailure called, from a thread of the producer, when a record could not be delivered */
    public Publisher(KafkaConnection connection, MeterRegistry meters, Consumer<Throwable> onFailure) {
        this.producer = new KafkaProducer<>(connection.producer());
        this.meters = meters;
        this.onFailure = onFailure;
    }

    /** Sends; {@code delivered} gets the record's metadata and the size of its value once every replica has it. */
    public void send(String topic, String session, MessageLite message, ObjLongConsumer<RecordMetadata> delivered) {
        byte[] value = message.toByteArray();
        producer.send(new ProducerRecord<>(topic, session.getBytes(UTF_8), value), (metadata, failure) -> {
            if (failure != null) {
                LOG.error("{} for session {} could not be delivered: {}", topic, session, failure.toString());
                onFailure.accept(failure);
            } else {
                delivered.accept(metadata, value.length);
            }
        });
    }

    public void send(String topic, String session, MessageLite message) {
        send(topic, session, message, (metadata, bytes) -> {});
    }

    /**
     * Puts a record on kappa.rejected, whole.
     *
     * @param session empty where unknown
     * @param used whether the record, or part of it, was used all the same
     */
    public void reject(String session, ConsumerRecord<byte[], byte[]> record, Fault fault, boolean used) {
        Meters.RECORDS_REJECTED.counter(meters, fault.reason().name()).increment();
        LOG.warn("rejected {}-{}@{} of session {}: {}: {}", record.topic(), record.partition(), record.offset(),
                session,
                fault.reason(), fault.detail());
        Rejected.Builder rejected = Rejected.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION)
                .setSession(session)
                .setReason(fault.reason()).setDetail(fault.detail()).setTopic(record.topic())
                .setPartition(record.partition()).setOffset(record.offset()).setRecordUsed(used)
                .setRejectedUnixNs(UnixTime.nowNs());
        if (record.key() != null) {
            rejected.setKey(ByteString.copyFrom(record.key()));
        }
        if (record.value() != null) {
            rejected.setValue(ByteString.copyFrom(record.value()));
        }
        rejectedUnderWay.incrementAndGet();
        send(Topics.REJECTED, session, rejected.build(), (metadata, bytes) -> rejectedUnderWay.decrementAndGet());
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
