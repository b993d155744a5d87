package kappa.ingest.stream;

import java.time.Duration;
import java.util.List;
import kappa.ingest.kafka.KafkaConnection;
import kappa.ingest.kafka.Topics;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** Reads bins of a session again from where they lie on kappa.activity. Stateless. */
public final class ActivityArchive {

    /** Told each bin of the session in the range read. */
    public interface Reader {
        void bin(long index, Bin bin);
    }

    private ActivityArchive() {}

    /**
     * Hands over all bins of {@code session} in records from {@code from} up to, but without, {@code to}.
     *
     * @return the offset that reading began at: above {@code from} if retention has deleted records since
     */
    public static long read(KafkaConnection connection, String session, int partition, long from, long to,
            Reader reader) {
        try (var consumer = new KafkaConsumer<byte[], byte[]>(connection.consumer())) {
            TopicPartition topic = new TopicPartition(Topics.ACTIVITY, partition);
            consumer.assign(List.of(topic));
            long begin = Math.max(from, consumer.beginningOffsets(List.of(topic)).get(topic));
            consumer.seek(topic, begin);
            while (consumer.position(topic) < to) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    if (record.offset() >= to || !CompactedTable.key(record).equals(session)) {
                        continue;
                    }
                    Activity activity = WireChecks.parse(Activity.parser(), record.value(), "Activity").message();
                    if (activity != null) {
                        for (int t = 0; t < activity.getBinsCount(); t++) {
                            reader.bin(activity.getFirstBin() + t, activity.getBins(t));
                        }
                    }
                }
            }
            return begin;
        }
    }
}
