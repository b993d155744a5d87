package kappa.ingest.stream;

import java.util.concurrent.atomic.AtomicInteger;
import kappa.ingest.wire.Activity;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A well-formed record of activity on its way to its session. Whoever is done with it, used or rejected, calls
 * {@link #release} once; the reader pauses a partition while too many bins of it are under way.
 *
 * @param activity what it says
 * @param record where it stood, whole
 */
public record Arrival(Activity activity, ConsumerRecord<byte[], byte[]> record, AtomicInteger underWay) {

    public void release() {
        underWay.addAndGet(-weight());
    }

    int weight() {
        return 1 + activity.getBinsCount();
    }

    public long offset() {
        return record.offset();
    }

    public int partition() {
        return record.partition();
    }
}
