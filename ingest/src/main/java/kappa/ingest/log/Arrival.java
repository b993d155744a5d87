package kappa.ingest.log;

import java.util.concurrent.atomic.AtomicInteger;
import kappa.ingest.wire.Activity;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A well-formed record of activity on its way to its session. When its session has used or rejected it, it calls
 * {@link #release} once. The reader pauses a partition while too many of its bins are under way. A record of large bins counts as
 * more bins, so that the bound also holds for memory.
 *
 * @param activity what it says
 * @param record where it stood, whole
 */
public record Arrival(Activity activity, ConsumerRecord<byte[], byte[]> record,
        AtomicInteger underWay) implements BinOrder.Offer {

    /** Of a record on the wire: what a bin of 4,096 rates takes. */
    private static final int BYTES_PER_BIN = 16_384;

    @Override
    public void release() {
        underWay.addAndGet(-weight());
    }

    /** It is under way: at first, or again after it was put aside. */
    @Override
    public void take() {
        underWay.addAndGet(weight());
    }

    private int weight() {
        return 1 + Math.max(activity.getBinsCount(), record.serializedValueSize() / BYTES_PER_BIN);
    }

    public long offset() {
        return record.offset();
    }

    public int partition() {
        return record.partition();
    }
}
