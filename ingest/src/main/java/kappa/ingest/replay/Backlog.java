package kappa.ingest.replay;

import java.time.Duration;
import java.util.List;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.TopicFollower;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Bins of a session that are published and have no kappa yet. A fast replay waits while the backlog is large, because a rig
 * whose session shares the partition would have to wait otherwise. If no pipeline runs, a replay may be stored for later, but
 * no more of it than the log keeps, so that nothing unread is deleted.
 *
 * <p>It reads kappa.latents only while the backlog is large. Not thread-safe.
 */
final class Backlog implements AutoCloseable {

    /** What may lie on kappa.activity without kappa, bytes: 80 s of a thousand rates at 50 bins/s, or a whole small recording. */
    static final long MOST_BYTES = 16L << 20;

    private final KafkaConnection connection;
    private final TopicFollower latents;
    private final String session;
    private long sentBins;
    private long sentBytes;
    private long next;
    private long done;
    /** Whether kappa has come since. */
    private boolean followed;
    /** What may lie on kappa.activity where no pipeline follows, bytes; 0 as long as nobody has asked. */
    private long mostUnread;

    /**
     * @param partition of the session
     * @param from bins that were published before, whose kappa is taken to be there
     */
    Backlog(KafkaConnection connection, SessionHeader header, int partition, long from) {
        this.connection = connection;
        session = header.getSession();
        next = from;
        done = from;
        latents = new TopicFollower(connection, this::read);
        // Before kappa of newly published bins can exist.
        latents.fromEnd(List.of(new TopicPartition(Topics.LATENTS, partition)));
    }

    void sent(int bins, long bytes) {
        sentBins += bins;
        sentBytes += bytes;
        next += bins;
    }

    /** Bins that are published and, as far as is known, have no kappa. */
    long bins() {
        return Math.max(0, next - done);
    }

    /** Whether more may be sent; if not, it was looked for kappa that long. */
    boolean allows(Duration patience) {
        if (bytes() <= MOST_BYTES) {
            return true;
        }
        if (mostUnread == 0) {
            // Half, because the partition may hold other sessions. If the retention is unknown, the replay waits for
            // a pipeline.
            mostUnread = Math.max(MOST_BYTES, Topics.bytesKept(connection, Topics.ACTIVITY).orElse(0) / 2);
        }
        latents.poll(mayGoOn() ? Duration.ZERO : patience);
        return mayGoOn();
    }

    private boolean mayGoOn() {
        return bytes() <= (followed ? MOST_BYTES : mostUnread);
    }

    private void read(ConsumerRecord<byte[], byte[]> record) {
        CheckedRecord checked = CheckedRecord.of(record.topic(), record.key(), record.value());
        if (checked.session().equals(session)) {
            checked.message(Latents.class).ifPresent(published -> {
                done = Math.max(done, published.getFirstBin() + published.getBinsCount());
                followed = true;
            });
        }
    }

    private double bytes() {
        return sentBins == 0 ? 0 : bins() * ((double) sentBytes / sentBins);
    }

    @Override
    public void close() {
        latents.close();
    }
}
