package kappa.ingest.log;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member of a consumer group that follows one topic: the group gives it partitions and takes them away again. Records are
 * handed over by the loop of {@link TopicFollower}. One thread owns it; {@link #readinessProblem} is thread-safe.
 */
public final class GroupMember implements AutoCloseable {

    /** What {@link #readinessProblem} says until the group has given partitions. */
    static final String WAITING = "waiting for the consumer group";

    private static final Logger LOG = LoggerFactory.getLogger(GroupMember.class);
    private static final Duration FOUND_WITHIN = Duration.ofSeconds(2);

    private final TopicFollower follower;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Consumer<Collection<TopicPartition>> assigned;
    private final Consumer<Collection<TopicPartition>> revoked;
    /** Kafka's own measure of when the last heartbeat was sent, seconds ago. */
    private final Metric heartbeat;
    private final double silentLimitSeconds;
    private volatile boolean member;

    /**
     * Joins at the first {@link #poll}.
     *
     * @param assigned told, in the owner's thread, which partitions are ours from now on; never none
     * @param revoked told likewise which partitions are no longer ours
     * @param mostAtOnce records that one poll hands over at most
     * @param onFailure as in {@link TopicFollower}
     */
    public GroupMember(KafkaConnection connection, String group, String topic, int mostAtOnce,
            Consumer<Collection<TopicPartition>> assigned, Consumer<Collection<TopicPartition>> revoked,
            Consumer<ConsumerRecord<byte[], byte[]>> reader,
            BiConsumer<ConsumerRecord<byte[], byte[]>, RuntimeException> onFailure) {
        this.assigned = assigned;
        this.revoked = revoked;
        Map<String, Object> settings = connection.consumer(group);
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, Integer.toString(mostAtOnce));
        // Two heartbeats: earlier than the group gives our partitions to others.
        silentLimitSeconds = 2e-3
                * Integer.parseInt(settings.get(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG).toString());
        follower = new TopicFollower(connection, settings, reader, onFailure);
        follower.addTopic(topic);
        consumer = follower.consumer();
        heartbeat = consumer.metrics().entrySet().stream()
                .filter(metric -> metric.getKey().name().equals("last-heartbeat-seconds-ago"))
                .map(Map.Entry::getValue).findFirst().orElseThrow();
        consumer.subscribe(List.of(topic), new Rebalances());
    }

    public int poll(Duration atMost) {
        return follower.poll(atMost);
    }

    /** Fetches nothing until {@link #resume}; a poll still keeps the membership. */
    public void pause() {
        consumer.pause(consumer.assignment());
    }

    public void resume() {
        consumer.resume(consumer.assignment());
    }

    /** Commits everything that was handed over. While the group is being shared out anew nothing is committed. */
    public void commit() {
        try {
            consumer.commitSync();
        } catch (KafkaException e) {
            LOG.info("the group is being rebalanced, some records will be read again ({})",
                    e.getClass().getSimpleName());
        }
    }

    /**
     * Null if the group has given us partitions, or has none left to give, and we still hear of it; else what is in the way,
     * in one line.
     */
    public String readinessProblem() {
        if (!member) {
            return WAITING;
        }
        double silentSeconds = ((Number) heartbeat.metricValue()).doubleValue();
        return silentSeconds > silentLimitSeconds
                ? String.format(Locale.ROOT, "no heartbeat to the consumer group for %.0f s: Kafka does not answer, or"
                        + " the group is being shared out anew. Make sure that the broker runs and can be reached",
                        silentSeconds)
                : null;
    }

    /** For {@link ActivityReader}, which decides itself where it reads, and what is committed. */
    KafkaConsumer<byte[], byte[]> consumer() {
        return consumer;
    }

    private final class Rebalances implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            if (!partitions.isEmpty()) {
                assigned.accept(partitions);
            }
            member = true;
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            revoked.accept(partitions);
        }

        /** The group has given us up. */
        @Override
        public void onPartitionsLost(Collection<TopicPartition> lost) {
            member = false;
            revoked.accept(lost);
        }
    }

    /** Leaves the group, so that others take over at once. */
    @Override
    public void close() {
        member = false;
        try {
            // Kafka's client leaves a group only while it knows the coordinator. After the broker was silent it may not.
            consumer.committed(consumer.assignment(), FOUND_WITHIN);
        } catch (KafkaException e) {
            LOG.info(
                    "the group's coordinator was not found; the group gives our partitions away when we stay silent: {}",
                    e.toString());
        }
        follower.close();
    }
}
