package kappa.ingest.log;

import com.google.protobuf.InvalidProtocolBufferException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import kappa.ingest.Meters;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.Reason;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that reads kappa.activity as a member of a consumer group, checks each record and hands it to the sessions.
 *
 * <p>Backpressure: a partition of which more than {@link #HIGH} bins are under way is paused until half of them are done; the
 * log keeps the rest. What one poll brings, {@link #MOST_AT_ONCE} records at most, may come on top. Offsets are committed only as
 * far as checkpoints reach, so that a restart reads again whatever no checkpoint accounts for.
 */
public final class ActivityReader implements AutoCloseable {

    /** What the reader feeds; called from the reader's thread only. */
    public interface Sink {
        /**
         * A partition is ours from now on.
         *
         * @param checkpoints the newest of each of its sessions
         * @param owner what writes their next ones
         */
        void assigned(int partition, Map<String, Checkpoint> checkpoints, PartitionOwner owner);

        /** A partition is no longer ours: forget its sessions, publish nothing more of them. */
        void revoked(int partition);

        void arrived(SessionHeader header, Arrival arrival);

        /**
         * Nothing has come of a session for long. If nothing of it is under way, its checkpoint is to be stored once more with
         * {@code parked_at} set to {@code reached}, or a first one that only names {@code floor}; and once that is durable
         * {@link #parked} is to be called.
         *
         * @param floor the first record that the session needs after a restart
         * @param reached the first record that was not read yet
         */
        void silent(int partition, String session, long floor, long reached);

        /**
         * A parked session of which nothing came since: it may be forgotten. Should more of it come, everything from where its
         * checkpoint begins comes before.
         */
        void released(int partition, String session);
    }

    private static final Logger LOG = LoggerFactory.getLogger(ActivityReader.class);

    /** Bins of one partition under way. */
    static final int HIGH = 2048;

    /** Records that a poll brings. */
    static final int MOST_AT_ONCE = 64;

    private static final Duration POLL = Duration.ofMillis(5);
    private static final long HEADERS_EVERY_NS = 250_000_000L;
    private static final long COMMIT_EVERY_NS = 500_000_000L;
    private static final Duration OWNERS_WITHIN = Duration.ofSeconds(5);

    /**
     * A session that has not ended.
     *
     * @param floor the first record that it needs after a restart
     * @param handed the last record of it that the sink was given; -1 if none was, or it has forgotten the session
     * @param parkedAt above 0 if it is parked: nothing more came of it before this record
     * @param seenNs when a record came last
     */
    private record Open(long floor, long handed, long parkedAt, long seenNs) {

        Open from(long offset) {
            return new Open(Math.max(floor, offset), handed, parkedAt, seenNs);
        }

        Open given(long offset) {
            return new Open(floor, offset, 0, System.nanoTime());
        }

        Open parked(long reached) {
            return handed < reached ? new Open(floor, handed, reached, seenNs) : this;
        }

        Open released() {
            return new Open(floor, -1, parkedAt, seenNs);
        }

        Open asked() {
            return new Open(floor, handed, parkedAt, System.nanoTime());
        }
    }

    private final KafkaConnection connection;
    private final String group;
    private final Publisher publisher;
    private final MeterRegistry meters;
    private final Counter pauses;
    private final Sink sink;
    private final Consumer<Throwable> onFailure;
    private final long parkAfterNs;
    private final Map<Integer, AtomicInteger> underWay = new HashMap<>();
    /** Per partition. */
    private final Map<Integer, Map<String, Open>> open = new ConcurrentHashMap<>();
    /** Per partition, the first record that was never read since it is ours. */
    private final Map<Integer, Long> reached = new HashMap<>();
    /** Partitions that were sought back, of which the records at hand are void. */
    private final Set<Integer> soughtBack = new HashSet<>();
    private final Set<String> finished = ConcurrentHashMap.newKeySet();
    /** Sessions that were parked since the reader looked last, with their partitions. */
    private final Queue<Map.Entry<Integer, String>> parked = new ConcurrentLinkedQueue<>();
    private final Map<String, SessionHeader> headers = new HashMap<>();
    private final Map<Integer, Long> headersReported = new HashMap<>();
    /** Of partitions that are not ours, the first bad header since they were. */
    private final Map<Integer, Long> badElsewhere = new HashMap<>();
    private final Map<TopicPartition, Long> committed = new HashMap<>();
    private final Map<Integer, PartitionOwner> owners = new HashMap<>();
    private final Thread thread = new Thread(this::run, "kappa-activity-reader");
    private volatile boolean stopping;
    /** Of the group, with everything read that its partitions need. */
    private volatile boolean member;
    private final double silentLimitSeconds;
    /** Kafka's own measure of when the last was sent, seconds ago. */
    private Metric heartbeat;
    private volatile long lag;
    private KafkaConsumer<byte[], byte[]> consumer;
    private CompactedTable headerTable;

    /**
     * @param parkAfter how long a session that has not ended may be silent before it no longer holds the group's offset back
     * @param onFailure called once if the thread cannot go on
     */
    public ActivityReader(KafkaConnection connection, String group, Publisher publisher, MeterRegistry meters,
            Sink sink, Duration parkAfter, Consumer<Throwable> onFailure) {
        this.connection = connection;
        this.group = group;
        this.publisher = publisher;
        this.meters = meters;
        pauses = Meters.READER_PAUSES.counter(meters);
        this.sink = sink;
        this.parkAfterNs = parkAfter.toNanos();
        // Two heartbeats: earlier than the group gives our partitions to others.
        silentLimitSeconds = 2e-3 * Integer.parseInt(
                connection.consumer(group).get(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG).toString());
        this.onFailure = onFailure;
    }

    public void start() {
        thread.start();
    }

    /**
     * Null if the group has given us partitions, or has none left to give, and we still hear of it; else what is in the way,
     * in one line.
     */
    public String readinessProblem() {
        if (!member) {
            return "waiting for the consumer group";
        }
        double silentSeconds = ((Number) heartbeat.metricValue()).doubleValue();
        return silentSeconds > silentLimitSeconds
                ? String.format(Locale.ROOT, "no heartbeat to the consumer group for %.0f s: Kafka does not answer, or"
                        + " the group is being shared out anew", silentSeconds)
                : null;
    }

    /** Records of our partitions that were appended but not read yet. */
    public long unreadRecords() {
        return lag;
    }

    /** A durable checkpoint accounts for everything of the session before {@code offset}. Thread-safe. */
    public void checkpointed(int partition, String session, long offset) {
        sessions(partition).computeIfPresent(session, (id, known) -> known.from(offset));
    }

    /** A durable checkpoint says that the session is parked, see {@link Sink#silent}. Thread-safe. */
    public void parked(int partition, String session, long upTo) {
        sessions(partition).computeIfPresent(session, (id, known) -> known.parked(upTo));
        parked.add(Map.entry(partition, session));
    }

    /** The session is over and its last checkpoint durable. Thread-safe. */
    public void finished(int partition, String session) {
        finished.add(session);
        sessions(partition).remove(session);
    }

    /** The sessions of a partition that have not ended; of one that is not ours, none, and kept nowhere. */
    private Map<String, Open> sessions(int partition) {
        Map<String, Open> known = open.get(partition);
        return known == null ? new HashMap<>() : known;
    }

    private void run() {
        Map<String, Object> settings = connection.consumer(group);
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, Integer.toString(MOST_AT_ONCE));
        try (var headerReader = new CompactedTable(connection);
                var activity = new KafkaConsumer<byte[], byte[]>(settings);
                var clientMetrics = new KafkaClientMetrics(activity)) {
            clientMetrics.bindTo(meters);
            consumer = activity;
            headerTable = headerReader;
            heartbeat = consumer.metrics().entrySet().stream()
                    .filter(metric -> metric.getKey().name().equals("last-heartbeat-seconds-ago"))
                    .map(Map.Entry::getValue).findFirst().orElseThrow();
            headerTable.assignAll(Topics.SESSIONS);
            headerTable.readToEnd(this::header);
            consumer.subscribe(List.of(Topics.ACTIVITY), new Rebalances());
            long headersAt = System.nanoTime();
            long commitAt = headersAt;
            while (!stopping) {
                takeBack();
                release();
                pauseAndResume();
                var records = consumer.poll(POLL);
                if (!records.isEmpty() || System.nanoTime() - headersAt > HEADERS_EVERY_NS) {
                    headerTable.poll(this::header);
                    headersAt = System.nanoTime();
                }
                boolean headersAreFresh = false;
                for (ConsumerRecord<byte[], byte[]> record : records) {
                    if (!soughtBack.contains(record.partition()) && !passOver(record)) {
                        headersAreFresh |= receive(record, headersAreFresh);
                    }
                }
                soughtBack.clear();
                measureLag();
                if (System.nanoTime() - commitAt > COMMIT_EVERY_NS) {
                    commit();
                    commitAt = System.nanoTime();
                }
            }
            commit();
            releaseOwners();
        } catch (RuntimeException | Error e) {
            LOG.error("reading {} failed", Topics.ACTIVITY, e);
            onFailure.accept(e);
        } finally {
            member = false;
        }
    }

    /**
     * Whether a record was read already, or lies before what a parked session needs. The first that comes of a parked session
     * wakes it: if the sink has forgotten it, reading goes back to where its checkpoint begins.
     */
    private boolean passOver(ConsumerRecord<byte[], byte[]> record) {
        int partition = record.partition();
        long offset = record.offset();
        long first = reached.get(partition);
        reached.put(partition, Math.max(first, offset + 1));
        Open session = sessions(partition).get(CompactedTable.key(record));
        if (session == null) {
            return offset < first;
        }
        if (offset <= session.handed() || offset < session.parkedAt()) {
            return true;
        }
        if (session.parkedAt() == 0 || session.handed() >= 0 || session.floor() >= offset) {
            return false;
        }
        LOG.atInfo().addKeyValue("session", CompactedTable.key(record)).addKeyValue("partition", partition).log(
                "session {} goes on after a long silence; it is read from its checkpoint's first record on",
                CompactedTable.key(record));
        sessions(partition).computeIfPresent(CompactedTable.key(record), (id, known) -> known.given(known.floor() - 1));
        consumer.seek(new TopicPartition(record.topic(), partition), session.floor());
        soughtBack.add(partition);
        return true;
    }

    /** @return true if headers were read up to their end for this record */
    private boolean receive(ConsumerRecord<byte[], byte[]> record, boolean headersAreFresh) {
        CheckedRecord checked = CheckedRecord.of(record.topic(), record.key(), record.value());
        String key = checked.session();
        if (checked.fault().isPresent()) {
            publisher.reject(key, record, checked.fault().get(), false);
            return false;
        }
        Activity activity = checked.message(Activity.class).orElseThrow();
        boolean refreshed = false;
        if (!headers.containsKey(key) && !headersAreFresh) {
            // A header is appended before its first bin, so it is there if we read up to the present end.
            headerTable.readToEnd(this::header);
            refreshed = true;
        }
        SessionHeader header = headers.get(key);
        Optional<Fault> fault = header == null
                ? Optional.of(new Fault(Reason.UNKNOWN_SESSION,
                        "session \"" + key + "\", expected one with a header on " + Topics.SESSIONS))
                : WireChecks.activity(header, activity);
        if (fault.isPresent()) {
            publisher.reject(key, record, fault.get(), false);
            return refreshed;
        }
        if (!finished.contains(key)) {
            sessions(record.partition()).merge(key, new Open(record.offset(), record.offset(), 0, System.nanoTime()),
                    (known, unused) -> known.given(record.offset()));
            if (finished.contains(key)) {
                // Since the first look.
                sessions(record.partition()).remove(key);
            }
        }
        Arrival arrival = new Arrival(activity, record,
                underWay.computeIfAbsent(record.partition(), p -> new AtomicInteger()));
        arrival.take();
        sink.arrived(header, arrival);
        return refreshed;
    }

    private void header(ConsumerRecord<byte[], byte[]> record) {
        CheckedRecord checked = CheckedRecord.of(record.topic(), record.key(), record.value());
        String key = checked.session();
        if (checked instanceof CheckedRecord.Deleted) {
            return; // what is known of the session stays in force until its last process has stopped
        }
        if (checked.fault().isPresent()) {
            badHeader(key, record, checked.fault().get());
            return;
        }
        SessionHeader header = checked.message(SessionHeader.class).orElseThrow();
        SessionHeader known = headers.putIfAbsent(key, header);
        if (known != null && !known.equals(header)) {
            badHeader(key, record, new Fault(Reason.HEADER_CHANGED,
                    "session \"" + key + "\" has another header already, which stays in force"));
        }
    }

    /**
     * A header is read by every process and again after each restart, but reported by its partition's owner, once. Of one in a
     * partition that is not ours only the place is kept: should the partition become ours, it is read again.
     */
    private void badHeader(String key, ConsumerRecord<byte[], byte[]> record, Fault fault) {
        Long from = headersReported.get(record.partition());
        if (from == null) {
            badElsewhere.merge(record.partition(), record.offset(), Math::min);
        } else if (record.offset() >= from) {
            publisher.reject(key, record, fault, false);
            headersReported.put(record.partition(), record.offset() + 1);
        }
    }

    /** Bad headers that came while nobody had the partitions, or whose owner died before it had reported them. */
    private void reportBadHeaders(Collection<TopicPartition> taken) {
        Map<TopicPartition, Long> from = new HashMap<>();
        for (TopicPartition partition : taken) {
            Long first = badElsewhere.remove(partition.partition());
            if (first != null) {
                from.put(new TopicPartition(Topics.SESSIONS, partition.partition()),
                        Math.max(first, headersReported.get(partition.partition())));
            }
        }
        if (!from.isEmpty()) {
            try (CompactedTable table = new CompactedTable(connection)) {
                table.assign(from);
                table.readToEnd(this::header);
            }
        }
    }

    private void pauseAndResume() {
        List<TopicPartition> pause = new ArrayList<>();
        List<TopicPartition> resume = new ArrayList<>();
        for (TopicPartition partition : consumer.assignment()) {
            AtomicInteger count = underWay.get(partition.partition());
            boolean paused = consumer.paused().contains(partition);
            if (!paused && count != null && count.get() > HIGH) {
                pause.add(partition);
            } else if (paused && (count == null || count.get() < HIGH / 2)) {
                resume.add(partition);
            }
        }
        pauses.increment(pause.size());
        consumer.pause(pause);
        consumer.resume(resume);
    }

    private void measureLag() {
        long sum = 0;
        for (TopicPartition partition : consumer.assignment()) {
            sum += consumer.currentLag(partition).orElse(0);
        }
        lag = sum;
    }

    private void commit() {
        Map<TopicPartition, OffsetAndMetadata> due = new HashMap<>();
        for (TopicPartition activity : consumer.assignment()) {
            int partition = activity.partition();
            // While records are read again it is not known of whom nothing comes.
            if (consumer.position(activity) >= reached.get(partition)) {
                park(partition);
            }
            OptionalLong floor = sessions(partition).values().stream().filter(session -> session.parkedAt() == 0)
                    .mapToLong(Open::floor).min();
            if (floor.isEmpty() && underWay.get(partition).get() > 0) {
                continue; // of sessions that are over: not rejected yet
            }
            // Without an unfinished session nothing that was read is needed again.
            long offset = floor.orElseGet(() -> consumer.position(activity));
            due(due, activity, offset);
            due(due, new TopicPartition(Topics.SESSIONS, partition), headersReported.getOrDefault(partition, 0L));
        }
        if (due.isEmpty()) {
            return;
        }
        // A record that was rejected is accounted for once it is on kappa.rejected.
        publisher.awaitRejected();
        consumer.commitAsync(due, (offsets, failure) -> {
            if (failure != null && !(failure instanceof RebalanceInProgressException)) {
                LOG.warn("offsets {} were not committed, a restart reads a little more again: {}", offsets,
                        failure.toString());
            }
        });
    }

    private void park(int partition) {
        long now = System.nanoTime();
        sessions(partition).forEach((session, known) -> {
            if (known.parkedAt() == 0 && now - known.seenNs() > parkAfterNs) {
                sessions(partition).computeIfPresent(session, (id, latest) -> latest.asked());
                sink.silent(partition, session, known.floor(), reached.get(partition));
            }
        });
    }

    /** Here, and not where they are parked, so that no record of theirs is on its way to the sink. */
    private void release() {
        for (Map.Entry<Integer, String> next = parked.poll(); next != null; next = parked.poll()) {
            Open session = sessions(next.getKey()).computeIfPresent(next.getValue(),
                    (id, known) -> known.parkedAt() > 0 ? known.released() : known);
            if (session != null && session.parkedAt() > 0) {
                sink.released(next.getKey(), next.getValue());
            }
        }
    }

    private void due(Map<TopicPartition, OffsetAndMetadata> due, TopicPartition partition, long offset) {
        Long before = committed.put(partition, offset);
        if (offset > 0 && (before == null || before != offset)) {
            due.put(partition, new OffsetAndMetadata(offset));
        }
    }

    /**
     * Whoever was stopped while it took a partition over, and was given up since, claims it from us when it goes on. The group
     * has told it by now; as it still calls the partition ours, we go on from the checkpoints.
     */
    private void takeBack() {
        List<TopicPartition> lost = consumer.assignment().stream().filter(partition -> {
            PartitionOwner owner = owners.get(partition.partition());
            return owner != null && owner.lostUnawares();
        }).toList();
        if (!lost.isEmpty()) {
            LOG.warn("{} was claimed by another process, but is ours: it goes on from its checkpoints", lost);
            giveUp(lost);
            take(lost);
        }
    }

    /** Makes partitions ours: claims them, reads their checkpoints, and seeks the first record that is needed. */
    private void take(Collection<TopicPartition> partitions) {
        Map<Integer, Map<String, Checkpoint>> checkpoints = new HashMap<>();
        List<TopicPartition> sources = new ArrayList<>();
        for (TopicPartition partition : partitions) {
            owners.put(partition.partition(),
                    PartitionOwner.claim(connection, group, partition.partition(), onFailure));
            checkpoints.put(partition.partition(), new HashMap<>());
            sources.add(new TopicPartition(Topics.CHECKPOINTS, partition.partition()));
            TopicPartition sessions = new TopicPartition(Topics.SESSIONS, partition.partition());
            OffsetAndMetadata reported = consumer.committed(Set.of(sessions)).get(sessions);
            headersReported.put(partition.partition(), reported == null ? 0 : reported.offset());
        }
        // Only then have those who owned them before written their last checkpoint.
        partitions.forEach(partition -> owners.get(partition.partition()).awaitClaimed());
        try (CompactedTable table = new CompactedTable(connection)) {
            table.assign(sources);
            table.readToEnd(record -> checkpoints.get(record.partition()).put(CompactedTable.key(record),
                    checkpoint(record)));
        }
        for (TopicPartition partition : partitions) {
            Map<String, Open> known = new ConcurrentHashMap<>();
            checkpoints.get(partition.partition()).forEach((session, saved) -> {
                if (saved.getEnded()) {
                    finished.add(session);
                } else {
                    known.put(session, new Open(saved.getNextOffset(), -1, saved.getParkedAt(), System.nanoTime()));
                }
            });
            open.put(partition.partition(), known);
            seekToNeeded(partition, known.values());
            reached.put(partition.partition(), consumer.position(partition));
            underWay.put(partition.partition(), new AtomicInteger());
            checkpoints.get(partition.partition())
                    .forEach((session, saved) -> headers.put(session, saved.getHeader()));
            sink.assigned(partition.partition(), checkpoints.get(partition.partition()),
                    owners.get(partition.partition()));
        }
        reportBadHeaders(partitions);
    }

    /** Offsets and checkpoints are written apart; where they disagree, the older of the two counts. */
    private void seekToNeeded(TopicPartition partition, Collection<Open> sessions) {
        OffsetAndMetadata committedOffset = consumer.committed(Set.of(partition)).get(partition);
        if (committedOffset == null) {
            consumer.seekToBeginning(List.of(partition));
        } else {
            consumer.seek(partition, sessions.stream().filter(session -> session.parkedAt() == 0)
                    .mapToLong(Open::floor).reduce(committedOffset.offset(), Math::min));
        }
    }

    static Checkpoint checkpoint(ConsumerRecord<byte[], byte[]> record) {
        String place = record.topic() + "-" + record.partition() + "@" + record.offset();
        Checkpoint checkpoint;
        try {
            checkpoint = Checkpoint.parseFrom(record.value());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(place + " is no checkpoint; only kappa may write to this topic", e);
        }
        if (checkpoint.getSchemaVersion() > WireChecks.SCHEMA_VERSION) {
            // Half understood it would begin the fit anew, or worse.
            throw new IllegalStateException(place + " is a checkpoint of schema_version "
                    + checkpoint.getSchemaVersion()
                    + ", expected at most " + WireChecks.SCHEMA_VERSION + ": a newer kappa wrote it, start that one");
        }
        return checkpoint;
    }

    private void giveUp(Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            sink.revoked(partition.partition());
            PartitionOwner owner = owners.remove(partition.partition());
            if (owner != null) {
                owner.release();
            }
            underWay.remove(partition.partition());
            open.remove(partition.partition());
            reached.remove(partition.partition());
            committed.remove(partition);
            headersReported.remove(partition.partition());
        }
    }

    /** What was sent before is written before the group gives our partitions to others. */
    private void releaseOwners() {
        owners.values().forEach(PartitionOwner::release);
        long end = System.nanoTime() + OWNERS_WITHIN.toNanos();
        try {
            for (PartitionOwner owner : owners.values()) {
                owner.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Rebalances implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
            if (!assigned.isEmpty()) {
                take(assigned);
            }
            member = true;
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
            giveUp(revoked);
        }

        /** The group has given us up. */
        @Override
        public void onPartitionsLost(Collection<TopicPartition> lost) {
            member = false;
            giveUp(lost);
        }
    }

    @Override
    public void close() {
        stopping = true;
        try {
            thread.join(Duration.ofSeconds(10).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
