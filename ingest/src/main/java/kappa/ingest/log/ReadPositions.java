package kappa.ingest.log;

import java.util.HashMap;
import java.util.Map;

/**
 * Up to where the records of each partition were read. Offsets only grow, except where the reader itself sought back; where they
 * do not, Kafka has cut off the end of its log while it was being read, and gives the same offsets to other records. Not
 * thread-safe.
 */
final class ReadPositions {

    private final Map<Integer, Long> next = new HashMap<>();

    /** The reader goes on from this record. */
    void sought(int partition, long offset) {
        next.put(partition, offset);
    }

    /** Notes that a record is read. False if it lies before what was read: the log was cut. */
    boolean read(int partition, long offset) {
        if (!reachedBy(partition, offset)) {
            return false;
        }
        next.put(partition, offset + 1);
        return true;
    }

    /** Whether this position is none before what was read. */
    boolean reachedBy(int partition, long position) {
        return position >= next(partition);
    }

    /** The record after the one that was read last. */
    long next(int partition) {
        return next.getOrDefault(partition, 0L);
    }

    void giveUp(int partition) {
        next.remove(partition);
    }
}
