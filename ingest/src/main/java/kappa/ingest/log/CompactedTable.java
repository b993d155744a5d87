package kappa.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads a compacted topic from its beginning up to its present end, and later on from there: how a process gets at the newest
 * record of each session. Not thread-safe.
 */
final class CompactedTable implements AutoCloseable {

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<TopicPartition> partitions = new ArrayList<>();

    CompactedTable(KafkaConnection connection) {
        Map<String, Object> settings = connection.consumer();
        // A fetch that waits at the broker for something new would hold up the question where the topic ends.
        settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, "5");
        // A checkpoint counts once its transaction is over.
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        consumer = new KafkaConsumer<>(settings);
    }

    /** All partitions of a topic. */
    void assignAll(String topic) {
        consumer.partitionsFor(topic).forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
        begin();
    }

    void assign(Collection<TopicPartition> some) {
        partitions.clear();
        partitions.addAll(some);
        begin();
    }

    /** Some partitions, each from an offset on. */
    void assign(Map<TopicPartition, Long> from) {
        partitions.clear();
        partitions.addAll(from.keySet());
        consumer.assign(partitions);
        from.forEach(consumer::seek);
    }

    private void begin() {
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    /** Hands over what is there but was not read yet, without waiting for more. */
    void poll(Consumer<ConsumerRecord<byte[], byte[]>> reader) {
        consumer.poll(Duration.ZERO).forEach(reader);
    }

    /** Hands over everything up to the end the topic has now. */
    void readToEnd(Consumer<ConsumerRecord<byte[], byte[]>> reader) {
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
            consumer.poll(Duration.ofMillis(100)).forEach(reader);
        }
    }

    static String key(ConsumerRecord<byte[], byte[]> record) {
        return record.key() == null ? "" : new String(record.key(), UTF_8);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
