package kappa.ingest.log;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import kappa.ingest.InvalidInputException;
import kappa.ingest.wire.CheckedRecord;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows topics and hands each record to a reader. It is kappa's one consumer loop, as {@code KafkaBasedLog} is Kafka
 * Connect's. It belongs to no consumer group and commits nothing ({@link GroupMember} does), so a pipeline does not notice it.
 *
 * <p>Use: say which partitions to follow and where to begin ({@link #fromBeginning} and its siblings, as often as needed), then
 * read once up to an end ({@link #readToEnd}), or go on ({@link #poll}, {@link #run}). The records of one poll are handed over
 * topic by topic, in the order in which the topics were added, so that a session's header comes before its bins.
 *
 * <p>A record without a value is a deletion and is handed over like any other; {@link CheckedRecord} tells them apart. If the
 * reader throws on a record, the failure is counted and reported, and reading goes on with the next record.
 *
 * <p>One thread owns a follower: it makes every call except {@link #stop}, which any thread may make. The reader is called in the
 * owner's thread.
 */
public final class TopicFollower implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TopicFollower.class);

    /** How long a cluster may take to say which partitions there are. Later questions have the client's own time limits. */
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(15);

    /** How long a cluster may hand over nothing although there is something to read. */
    private static final Duration STALLED = Duration.ofSeconds(60);

    /** What to do with a failure of the reader: end the reading with it. For readers that must not miss a record. */
    public static final BiConsumer<ConsumerRecord<byte[], byte[]>, RuntimeException> FAIL = (record, failure) -> {
        throw failure;
    };

    private static final Duration POLL = Duration.ofMillis(100);
    private static final String LARGE_FETCH_BYTES = Integer.toString(16 << 20);

    private final KafkaConnection connection;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Consumer<ConsumerRecord<byte[], byte[]>> reader;
    private final BiConsumer<ConsumerRecord<byte[], byte[]>, RuntimeException> onFailure;
    private final Set<String> topics = new LinkedHashSet<>();
    private final Set<TopicPartition> followed = new LinkedHashSet<>();
    private final Set<String> newestOnly = new HashSet<>();
    private long failures;
    private volatile boolean stopped;

    /** A follower that logs the first record on which the reader fails. */
    public TopicFollower(KafkaConnection connection, Consumer<ConsumerRecord<byte[], byte[]>> reader) {
        this(connection, reader, null);
    }

    /**
     * @param reader gets each record
     * @param onFailure gets each record on which the reader threw, with what it threw; what this throws ends the reading
     * @throws InvalidInputException if no client can be made of the connection
     */
    public TopicFollower(KafkaConnection connection, Consumer<ConsumerRecord<byte[], byte[]>> reader,
            BiConsumer<ConsumerRecord<byte[], byte[]>, RuntimeException> onFailure) {
        this(connection, connection.consumer(), reader, onFailure);
    }

    TopicFollower(KafkaConnection connection, Map<String, Object> settings,
            Consumer<ConsumerRecord<byte[], byte[]>> reader,
            BiConsumer<ConsumerRecord<byte[], byte[]>, RuntimeException> onFailure) {
        this.connection = connection;
        this.reader = reader;
        this.onFailure = onFailure == null ? this::log : onFailure;
        consumer = ask(() -> new KafkaConsumer<>(settings));
    }

    /**
     * A follower for much that lies on the topics already: it fetches large pieces. What the reader throws ends the reading.
     */
    public static TopicFollower ofHistory(KafkaConnection connection, Consumer<ConsumerRecord<byte[], byte[]>> reader) {
        Map<String, Object> settings = connection.consumer();
        settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, LARGE_FETCH_BYTES);
        return new TopicFollower(connection, settings, reader, FAIL);
    }

    /**
     * A follower of what a pipeline must know before it goes on. It sees records only after their transaction has ended, and asks
     * for the end of a topic at once. What the reader throws ends the reading.
     */
    static TopicFollower ofTable(KafkaConnection connection, Consumer<ConsumerRecord<byte[], byte[]>> reader) {
        Map<String, Object> settings = connection.consumer();
        // A fetch that waits at the broker for new records would hold up the question where the topic ends.
        settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, "5");
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        return new TopicFollower(connection, settings, reader, FAIL);
    }

    /**
     * Of compacted topics, whose newer records replace those before, hands over only the newest record of each session that a
     * poll brings.
     */
    public void handOverNewestOnly(Collection<String> compacted) {
        newestOnly.addAll(compacted);
    }

    /**
     * The partitions of a topic; empty if there is no such topic.
     *
     * @throws InvalidInputException if no Kafka answers
     */
    public List<TopicPartition> partitions(String topic) {
        return ask(() -> consumer.partitionsFor(topic, ANSWER_WITHIN)).stream()
                .map(info -> new TopicPartition(topic, info.partition())).toList();
    }

    /** The partitions of some topics; topics that do not exist have none. */
    public List<TopicPartition> partitions(Collection<String> of) {
        List<TopicPartition> all = new ArrayList<>();
        of.forEach(topic -> all.addAll(partitions(topic)));
        return all;
    }

    public void fromBeginning(Collection<TopicPartition> partitions) {
        if (partitions.isEmpty()) {
            return; // no partition means all partitions to the call below
        }
        add(partitions);
        consumer.seekToBeginning(partitions);
    }

    public void fromEnd(Collection<TopicPartition> partitions) {
        if (partitions.isEmpty()) {
            return; // no partition means all partitions to the call below
        }
        add(partitions);
        consumer.seekToEnd(partitions);
        // Kafka looks an end up when it is needed. It must be known now, before anything more is appended.
        partitions.forEach(partition -> ask(() -> consumer.position(partition)));
    }

    /** Follows partitions from so many offsets before their present end on. */
    public void fromLast(Collection<TopicPartition> partitions, long records) {
        Map<TopicPartition, Long> begin = beginnings(partitions);
        Map<TopicPartition, Long> from = new HashMap<>();
        ends(partitions)
                .forEach((partition, end) -> from.put(partition, Math.max(begin.get(partition), end - records)));
        from(from);
    }

    /** Follows partitions from the first record on that was appended at this time or later. */
    public void fromTime(Collection<TopicPartition> partitions, long unixMs) {
        Map<TopicPartition, Long> times = new HashMap<>();
        partitions.forEach(partition -> times.put(partition, unixMs));
        Map<TopicPartition, Long> from = new HashMap<>();
        List<TopicPartition> atEnd = new ArrayList<>();
        ask(() -> consumer.offsetsForTimes(times)).forEach((partition, found) -> {
            if (found == null) {
                atEnd.add(partition);
            } else {
                from.put(partition, found.offset());
            }
        });
        from(from);
        fromEnd(atEnd);
    }

    /** Follows partitions, each from an offset on. If that record was deleted, reading begins with the first that is left. */
    public void from(Map<TopicPartition, Long> offsets) {
        add(offsets.keySet());
        offsets.forEach(consumer::seek);
    }

    private void add(Collection<TopicPartition> partitions) {
        partitions.forEach(partition -> topics.add(partition.topic()));
        followed.addAll(partitions);
        consumer.assign(followed);
    }

    public void remove(Collection<TopicPartition> partitions) {
        followed.removeAll(partitions);
        consumer.assign(followed);
    }

    public Set<TopicPartition> followed() {
        return Set.copyOf(followed);
    }

    /** The first offsets that are left. */
    public Map<TopicPartition, Long> beginnings(Collection<TopicPartition> partitions) {
        return ask(() -> consumer.beginningOffsets(partitions));
    }

    /** The offsets after the present last records. */
    public Map<TopicPartition, Long> ends(Collection<TopicPartition> partitions) {
        return ask(() -> consumer.endOffsets(partitions));
    }

    /** Whether everything before these offsets was handed over. */
    public boolean reached(Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream().allMatch(end -> ask(() -> consumer.position(end.getKey())) >= end.getValue());
    }

    /** Records of a partition that were appended but not handed over yet, as far as is known; 1 until anything is known. */
    public long lag(TopicPartition partition) {
        return consumer.currentLag(partition).orElse(1);
    }

    /**
     * Leaves out what lies between here and the end if that is more than {@code most} records.
     *
     * @return how many records were left out
     */
    public long skipIfBehind(TopicPartition partition, long most) {
        long lag = lag(partition);
        if (lag <= most) {
            return 0;
        }
        consumer.seek(partition, consumer.position(partition) + lag);
        return lag;
    }

    /**
     * Hands over the records that are here, or that arrive first within this time.
     *
     * @return how many; 0 once the follower is stopped
     */
    public int poll(Duration atMost) {
        try {
            ConsumerRecords<byte[], byte[]> records = stopped ? ConsumerRecords.empty() : consumer.poll(atMost);
            topics.forEach(topic -> chosen(topic, records.records(topic)).forEach(this::hand));
            return records.count();
        } catch (WakeupException e) {
            return 0; // only stop() wakes
        }
    }

    private Iterable<ConsumerRecord<byte[], byte[]>> chosen(String topic,
            Iterable<ConsumerRecord<byte[], byte[]>> records) {
        if (!newestOnly.contains(topic)) {
            return records;
        }
        Map<String, ConsumerRecord<byte[], byte[]>> newest = new LinkedHashMap<>();
        records.forEach(record -> newest.put(CheckedRecord.session(record.key()), record));
        return newest.values();
    }

    private void hand(ConsumerRecord<byte[], byte[]> record) {
        try {
            reader.accept(record);
        } catch (WakeupException | InterruptException e) {
            throw e; // says nothing about the record
        } catch (RuntimeException e) {
            failures++;
            onFailure.accept(record, e);
        }
    }

    private void log(ConsumerRecord<byte[], byte[]> record, RuntimeException failure) {
        if (failures == 1) {
            LOG.warn("{} could not be used and is skipped. Further ones are skipped without a message", place(record),
                    failure);
        }
    }

    public static String place(ConsumerRecord<?, ?> record) {
        return record.topic() + "-" + record.partition() + "@" + record.offset();
    }

    /** Records on which the reader failed. */
    public long failures() {
        return failures;
    }

    /**
     * Hands over everything before the end that the followed partitions have now, and perhaps some records after it.
     *
     * @return false if the follower was stopped before that
     */
    public boolean readToEnd() {
        return followed.isEmpty() || readTo(ends(followed));
    }

    /**
     * Hands over everything before these offsets, and perhaps some records after them.
     *
     * @return false if the follower was stopped before that
     * @throws InvalidInputException if Kafka hands over nothing for a minute
     */
    public boolean readTo(Map<TopicPartition, Long> ends) {
        long newsNs = System.nanoTime();
        while (!stopped && !reached(ends)) {
            if (poll(POLL) > 0) {
                newsNs = System.nanoTime();
            } else if (System.nanoTime() - newsNs > STALLED.toNanos()) {
                throw new InvalidInputException(connection + " has not delivered the records of " + topics + " for "
                        + STALLED.toSeconds() + " s");
            }
        }
        return !stopped;
    }

    /** Hands over what arrives until the follower is stopped. */
    public void run() {
        while (!stopped) {
            poll(POLL);
        }
    }

    /** Ends all reading, at once. Thread-safe. */
    public void stop() {
        stopped = true;
        consumer.wakeup();
    }

    public boolean stopped() {
        return stopped;
    }

    /** For a {@link GroupMember}, which hands its records over with this loop. */
    KafkaConsumer<byte[], byte[]> consumer() {
        return consumer;
    }

    /** Follows partitions that a consumer group chooses. */
    void addTopic(String topic) {
        topics.add(topic);
    }

    private <T> T ask(Supplier<T> question) {
        try {
            return question.get();
        } catch (WakeupException | InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            throw new InvalidInputException("--bootstrap-servers " + connection.bootstrapServers()
                    + ": no Kafka answered: " + rootCause(e).getMessage(), e);
        }
    }

    static Throwable rootCause(Throwable failure) {
        return failure.getCause() == null ? failure : rootCause(failure.getCause());
    }

    @Override
    public void close() {
        consumer.close();
    }
}
