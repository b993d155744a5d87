package kappa.ingest.session;

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

    public static TopicRecord of(ConsumerRecord<byte[], byte[]> record) {
        return new TopicRecord(record.topic(), record.partition(), record.offset(), record.timestamp() * NS_PER_MS,
                record.key(), record.value());
    }
}
