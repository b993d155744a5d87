package kappa.dashboards.system;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kappa.ingest.Await;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.wire.Latents;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** Everything on one topic so far, by session. Not thread-safe. */
final class TopicTail<T> implements AutoCloseable {

    /** What makes a message of a record's value. */
    interface Parser<T> {
        T parse(byte[] value) throws IOException;
    }

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Parser<T> parser;
    private final Map<String, List<T>> messages = new HashMap<>();

    TopicTail(String bootstrapServers, String topic, Parser<T> parser) {
        this.parser = parser;
        Map<String, Object> settings = KafkaConnection.to(bootstrapServers).consumer();
        // A checkpoint whose transaction is still open may yet be undone.
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        consumer = new KafkaConsumer<>(settings);
        List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition())).toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    /** All messages of a session up to the present end of the topic, in order. */
    List<T> all(String session) {
        Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
        Await.until("what the broker has up to " + ends, () -> {
            boolean reached = ends.entrySet().stream()
                    .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
            if (!reached) {
                poll(Duration.ofMillis(100));
            }
            return reached;
        });
        return known(session);
    }

    private void poll(Duration limit) throws IOException {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(limit)) {
            // A deletion is no message.
            if (record.value() != null) {
                messages.computeIfAbsent(new String(record.key(), UTF_8), key -> new ArrayList<>())
                        .add(parser.parse(record.value()));
            }
        }
    }

    /**
     * The messages of a session that have come by now. Waits for nothing and does not ask the broker for the end of the topic, so
     * that it costs little where a condition looks again and again.
     */
    List<T> arrived(String session) {
        try {
            poll(Duration.ZERO);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return known(session);
    }

    /** What of a session was read so far, which needs no broker. */
    List<T> known(String session) {
        return messages.getOrDefault(session, List.of());
    }

    /** The bins of a session that have a kappa. */
    static BitSet bins(TopicTail<Latents> latents, String session) {
        return bins(latents.all(session));
    }

    /** The bins of messages of one session. */
    static BitSet bins(List<Latents> latents) {
        BitSet bins = new BitSet();
        latents.forEach(message -> bins.set((int) message.getFirstBin(),
                (int) message.getFirstBin() + message.getBinsCount()));
        return bins;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
