package kappa.ingest.log;

import java.time.Duration;
import java.util.List;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** Reads bins of a session again from where they lie on kappa.activity. Stateless. */
public final class ActivityArchive {

    /** Told each bin of a well-formed record in the range read; whether {@link BinOrder} used it is not known here. */
    public interface Reader {
        void bin(long offset, long index, Bin bin);
    }

    private ActivityArchive() {}

    /**
     * Hands over all bins of a session in records from {@code from} up to, but without, {@code to} or the topic's present
     * end.
     *
     * @return the offset that reading began at: above {@code from} if retention has deleted records since
     */
    public static long read(KafkaConnection connection, SessionHeader header, int partition, long from, long to,
            Reader reader) {
        try (var consumer = new KafkaConsumer<byte[], byte[]>(connection.consumer())) {
            TopicPartition topic = new TopicPartition(Topics.ACTIVITY, partition);
            consumer.assign(List.of(topic));
            long begin = Math.max(from, consumer.beginningOffsets(List.of(topic)).get(topic));
            long end = Math.min(to, consumer.endOffsets(List.of(topic)).get(topic));
            consumer.seek(topic, begin);
            while (consumer.position(topic) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    if (record.offset() < end && CompactedTable.key(record).equals(header.getSession())) {
                        hand(header, record, reader);
                    }
                }
            }
            return begin;
        }
    }

    /** What the {@link ActivityReader} rejected then is left out now. */
    private static void hand(SessionHeader header, ConsumerRecord<byte[], byte[]> record, Reader reader) {
        Activity activity = WireChecks.parse(Activity.parser(), record.value(), "Activity").message();
        if (activity == null || !activity.getSession().equals(header.getSession())
                || WireChecks.activity(header, activity).isPresent()) {
            return;
        }
        for (int t = 0; t < activity.getBinsCount(); t++) {
            reader.bin(record.offset(), activity.getFirstBin() + t, activity.getBins(t));
        }
    }
}
