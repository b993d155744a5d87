package kappa.ingest.log;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Commits the offsets that have changed. Not thread-safe. */
final class OffsetCommits {

    private static final Logger LOG = LoggerFactory.getLogger(OffsetCommits.class);

    private final Publisher publisher;
    private final Map<TopicPartition, Long> committed = new HashMap<>();
    private final Map<TopicPartition, OffsetAndMetadata> due = new HashMap<>();

    OffsetCommits(Publisher publisher) {
        this.publisher = publisher;
    }

    /** A restart needs nothing before this record. */
    void add(TopicPartition partition, long offset) {
        Long before = committed.put(partition, offset);
        if (offset > 0 && (before == null || before != offset)) {
            due.put(partition, new OffsetAndMetadata(offset));
        }
    }

    void send(Consumer<?, ?> consumer) {
        if (due.isEmpty()) {
            return;
        }
        // A record that was rejected is accounted for once it is on kappa.rejected.
        publisher.awaitRejected();
        consumer.commitAsync(Map.copyOf(due), (offsets, failure) -> {
            if (failure != null && !(failure instanceof RebalanceInProgressException)) {
                LOG.warn("the places in {} were not committed, a restart reads a little more again ({})",
                        offsets.keySet(),
                        failure.getClass().getSimpleName());
            }
        });
        due.clear();
    }

    void giveUp(TopicPartition partition) {
        committed.remove(partition);
    }
}
