package kappa.ingest.session;

import java.util.List;
import java.util.Optional;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.CheckedRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A record as it lies on a topic.
 *
 * @param appendedUnixNs the broker's append time
 * @param key may be null
 * @param value null for a deletion
 */
public record TopicRecord(String topic, int partition, long offset, long appendedUnixNs, byte[] key, byte[] value) {

    private static final long NS_PER_MS = 1_000_000;
    private static final List<String> OF_STRANGERS = List.of(Topics.SESSIONS, Topics.ACTIVITY, Topics.INTERVENTIONS,
            Topics.NOTES);

    public static TopicRecord of(ConsumerRecord<byte[], byte[]> record) {
        return new TopicRecord(record.topic(), record.partition(), record.offset(), record.timestamp() * NS_PER_MS,
                record.key(), record.value());
    }

    CheckedRecord checked() {
        return CheckedRecord.of(topic, key, value);
    }

    /** Why the record cannot be used, if kappa itself has written it. */
    Optional<String> problem(CheckedRecord checked) {
        return checked instanceof CheckedRecord.Invalid invalid && !OF_STRANGERS.contains(topic)
                ? Optional.of(partition + "/" + offset + ": " + invalid.why().detail())
                : Optional.empty();
    }
}
