package kappa.ingest.log;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;

/** The {@link PartitionOwner} of each of our partitions. Not thread-safe. */
final class OwnedPartitions {

    private static final Duration WRITTEN_WITHIN = Duration.ofSeconds(5);

    private final KafkaConnection connection;
    private final String group;
    private final Consumer<Throwable> onFailure;
    private final Map<Integer, PartitionOwner> owners = new HashMap<>();

    /** @param onFailure as in {@link PartitionOwner#claim} */
    OwnedPartitions(KafkaConnection connection, String group, Consumer<Throwable> onFailure) {
        this.connection = connection;
        this.group = group;
        this.onFailure = onFailure;
    }

    /** Claims partitions, all at once. Afterwards nobody who owned them before can write a checkpoint any more. */
    void claim(Collection<TopicPartition> partitions) {
        partitions.forEach(partition -> owners.put(partition.partition(),
                PartitionOwner.claim(connection, group, partition.partition(), onFailure)));
        partitions.forEach(partition -> owners.get(partition.partition()).awaitClaimed());
    }

    PartitionOwner of(int partition) {
        return owners.get(partition);
    }

    /** Those of our partitions that another process has claimed although the group still says that they are ours. */
    List<TopicPartition> claimedByOthers(Collection<TopicPartition> ours) {
        return ours.stream().filter(partition -> {
            PartitionOwner owner = owners.get(partition.partition());
            return owner != null && owner.lostUnawares();
        }).toList();
    }

    void release(int partition) {
        PartitionOwner owner = owners.remove(partition);
        if (owner != null) {
            owner.release();
        }
    }

    /** Releases all, and waits until what was sent before is written: before the group gives our partitions to others. */
    void releaseAll() {
        owners.values().forEach(PartitionOwner::release);
        long end = System.nanoTime() + WRITTEN_WITHIN.toNanos();
        try {
            for (PartitionOwner owner : owners.values()) {
                owner.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
