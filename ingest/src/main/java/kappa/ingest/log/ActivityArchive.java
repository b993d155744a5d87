package kappa.ingest.log;

import java.util.List;
import java.util.Map;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;
import org.apache.kafka.clients.consumer.ConsumerRecord;
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
        TopicPartition topic = new TopicPartition(Topics.ACTIVITY, partition);
        try (TopicFollower log = new TopicFollower(connection, record -> {
            if (record.offset() < to) {
                hand(header, record, reader);
            }
        }, TopicFollower.FAIL)) {
            long begin = Math.max(from, log.beginnings(List.of(topic)).get(topic));
            long end = Math.min(to, log.ends(List.of(topic)).get(topic));
            log.from(Map.of(topic, begin));
            log.readTo(Map.of(topic, end));
            return begin;
        }
    }

    /** Leaves out what the {@link ActivityReader} rejects. */
    private static void hand(SessionHeader header, ConsumerRecord<byte[], byte[]> record, Reader reader) {
        CheckedRecord checked = CheckedRecord.of(record.topic(), record.key(), record.value());
        Activity activity = checked.message(Activity.class).orElse(null);
        if (activity == null || !checked.session().equals(header.getSession())
                || WireChecks.activity(header, activity).isPresent()) {
            return;
        }
        for (int t = 0; t < activity.getBinsCount(); t++) {
            reader.bin(record.offset(), activity.getFirstBin() + t, activity.getBins(t));
        }
    }
}
