package kappa.ingest.log;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import kappa.ingest.Meters;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.Reason;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that reads kappa.activity as a member of a consumer group, checks each record and hands it to the sessions.
 *
 * <p>It puts together what other classes do: {@link GroupMember} polls, {@link SessionHeaders} knows the headers,
 * {@link OpenSessions} knows which records are still needed, {@link OwnedPartitions} claims partitions, {@link FlowControl}
 * pauses them and {@link OffsetCommits} commits. Offsets are committed only as far as checkpoints reach, so that a restart
 * reads again whatever no checkpoint accounts for.
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

    /** Bins of one partition under way; what one poll brings may come on top. */
    static final int HIGH = 2048;

    static final int MOST_AT_ONCE = 64;

    private static final Duration POLL = Duration.ofMillis(5);
    private static final long HEADERS_EVERY_NS = 250_000_000L;
    private static final long COMMIT_EVERY_NS = 500_000_000L;

    private final KafkaConnection connection;
    private final String group;
    private final Publisher publisher;
    private final MeterRegistry meters;
    private final Sink sink;
    private final Consumer<Throwable> onFailure;
    private final long parkAfterNs;
    private final OpenSessions open = new OpenSessions();
    private final OwnedPartitions owners;
    private final FlowControl flow;
    private final OffsetCommits commits;
    /** Partitions that were sought back, of which the records at hand are void. */
    private final Set<Integer> soughtBack = new HashSet<>();
    private final ReadPositions positions = new ReadPositions();
    /** Partitions whose log was cut off below what was read, and up to where that was. */
    private final Map<TopicPartition, Long> cut = new HashMap<>();
    private final Thread thread = new Thread(this::run, "kappa-activity-reader");
    private volatile boolean stopping;
    private volatile GroupMember member;
    private volatile long lag;
    private KafkaConsumer<byte[], byte[]> consumer;
    private SessionHeaders headers;
    private long headersAtNs;
    /** Whether headers were read for the records at hand: those that have arrived, and up to the topic's end. */
    private boolean headersRefreshed;
    private boolean headersReadToEnd;

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
        this.sink = sink;
        this.onFailure = onFailure;
        parkAfterNs = parkAfter.toNanos();
        owners = new OwnedPartitions(connection, group, onFailure);
        flow = new FlowControl(Meters.READER_PAUSES.counter(meters));
        commits = new OffsetCommits(publisher);
    }

    public void start() {
        thread.start();
    }

    /** As {@link GroupMember#readinessProblem}. Thread-safe. */
    public String readinessProblem() {
        GroupMember joined = member;
        return joined == null ? GroupMember.WAITING : joined.readinessProblem();
    }

    /** Records of our partitions that were appended but not read yet. Thread-safe. */
    public long unreadRecords() {
        return lag;
    }

    /** A durable checkpoint accounts for everything of the session before {@code offset}. Thread-safe. */
    public void checkpointed(int partition, String session, long offset) {
        open.checkpointed(partition, session, offset);
    }

    /** A durable checkpoint says that the session is parked, see {@link Sink#silent}. Thread-safe. */
    public void parked(int partition, String session, long upTo) {
        open.parked(partition, session, upTo);
    }

    /** The session is over and its last checkpoint durable. Thread-safe. */
    public void finished(int partition, String session) {
        open.finished(partition, session);
    }

    private void run() {
        try (var known = new SessionHeaders(connection, publisher);
                var joined = new GroupMember(connection, group, Topics.ACTIVITY, MOST_AT_ONCE, this::take, this::giveUp,
                        this::read, TopicFollower.FAIL);
                var clientMetrics = new KafkaClientMetrics(joined.consumer())) {
            clientMetrics.bindTo(meters);
            headers = known;
            consumer = joined.consumer();
            member = joined;
            headersAtNs = System.nanoTime();
            long commitAtNs = headersAtNs;
            while (!stopping) {
                takeBack();
                // Here, and not where they are parked, so that no record of theirs is on its way to the sink.
                open.release(sink::released);
                flow.pauseAndResume(consumer);
                headersRefreshed = false;
                headersReadToEnd = false;
                joined.poll(POLL);
                soughtBack.clear();
                beginAgainWhereCut();
                if (System.nanoTime() - headersAtNs > HEADERS_EVERY_NS) {
                    refreshHeaders();
                }
                lag = consumer.assignment().stream().mapToLong(of -> consumer.currentLag(of).orElse(0)).sum();
                if (System.nanoTime() - commitAtNs > COMMIT_EVERY_NS) {
                    commit();
                    commitAtNs = System.nanoTime();
                }
            }
            commit();
            owners.releaseAll();
        } catch (RuntimeException | Error e) {
            LOG.error("reading {} failed", Topics.ACTIVITY);
            onFailure.accept(e);
        }
    }

    private void refreshHeaders() {
        headers.refresh();
        headersAtNs = System.nanoTime();
        headersRefreshed = true;
    }

    private void read(ConsumerRecord<byte[], byte[]> record) {
        if (!headersRefreshed) {
            refreshHeaders();
        }
        int partition = record.partition();
        if (soughtBack.contains(partition)) {
            return;
        }
        if (!positions.read(partition, record.offset())) {
            cut.put(new TopicPartition(record.topic(), partition), positions.next(partition));
            soughtBack.add(partition);
            return;
        }
        String session = CheckedRecord.session(record.key());
        switch (open.judge(partition, session, record.offset())) {
            case HAND_OVER -> handOver(record);
            case PASS_OVER -> {
            }
            case GO_BACK -> {
                LOG.atInfo().addKeyValue("session", session).addKeyValue("partition", partition).log(
                        "session {} continues after a long silence; it is read again from the first record of its checkpoint",
                        session);
                long first = open.wake(partition, session);
                consumer.seek(new TopicPartition(record.topic(), partition), first);
                positions.sought(partition, first);
                soughtBack.add(partition);
            }
        }
    }

    private void handOver(ConsumerRecord<byte[], byte[]> record) {
        CheckedRecord checked = CheckedRecord.of(record.topic(), record.key(), record.value());
        String session = checked.session();
        Optional<Activity> activity = checked.message(Activity.class);
        SessionHeader header = activity.isPresent() ? header(session) : null;
        Optional<Fault> fault = checked.fault().or(() -> header == null
                ? Optional.of(new Fault(Reason.UNKNOWN_SESSION,
                        "session \"" + session + "\", expected one with a header on " + Topics.SESSIONS))
                : WireChecks.activity(header, activity.orElseThrow()));
        if (fault.isPresent()) {
            publisher.reject(session, record, fault.get(), false);
            return;
        }
        open.handed(record.partition(), session, record.offset());
        Arrival arrival = new Arrival(activity.orElseThrow(), record, flow.underWay(record.partition()));
        arrival.take();
        sink.arrived(header, arrival);
    }

    private SessionHeader header(String session) {
        if (headers.of(session) == null && !headersReadToEnd) {
            headers.readToEnd();
            headersReadToEnd = true;
        }
        return headers.of(session);
    }

    private void commit() {
        for (TopicPartition activity : consumer.assignment()) {
            int partition = activity.partition();
            if (!positions.reachedBy(partition, consumer.position(activity))) {
                cut.put(activity, positions.next(partition));
                continue;
            }
            // While records are read again it is not known of whom nothing comes.
            if (open.atFront(partition, consumer.position(activity))) {
                open.silentFor(partition, parkAfterNs,
                        (session, floor) -> sink.silent(partition, session, floor, open.reached(partition)));
            }
            OptionalLong needed = open.needed(partition);
            if (needed.isEmpty() && flow.underWay(partition).get() > 0) {
                continue; // of sessions that are over: not rejected yet
            }
            // Without an unfinished session nothing that was read is needed again.
            commits.add(activity, needed.orElseGet(() -> consumer.position(activity)));
            commits.add(new TopicPartition(Topics.SESSIONS, partition), headers.reported(partition));
        }
        commits.send(consumer);
    }

    /**
     * A stale process may reclaim a partition that was reassigned; take it back. By now the group has told that process that the
     * partition is ours. We go on from the checkpoints.
     */
    private void takeBack() {
        List<TopicPartition> lost = owners.claimedByOthers(consumer.assignment());
        if (!lost.isEmpty()) {
            LOG.warn("{} was claimed by a stale process; it is claimed back and continues from its checkpoints", lost);
            giveUp(lost);
            take(lost);
        }
    }

    /** Kafka gives offsets that were read to other records now. What is held of these partitions is forgotten. */
    private void beginAgainWhereCut() {
        cut.keySet().retainAll(consumer.assignment());
        if (!cut.isEmpty()) {
            Set<TopicPartition> partitions = Set.copyOf(cut.keySet());
            giveUp(partitions);
            take(partitions);
            cut.clear();
        }
    }

    /** Makes partitions ours: claims them, reads their checkpoints, and seeks the first record that is needed. */
    private void take(Collection<TopicPartition> partitions) {
        owners.claim(partitions);
        Map<Integer, Map<String, Checkpoint>> checkpoints = Checkpoints.read(connection, partitions);
        for (TopicPartition activity : partitions) {
            int partition = activity.partition();
            Map<String, Checkpoint> saved = withinLog(activity, checkpoints.get(partition));
            headers.take(partition, committed(new TopicPartition(Topics.SESSIONS, partition)).orElse(0));
            saved.forEach((session, checkpoint) -> {
                if (checkpoint.hasHeader()) {
                    headers.restore(session, partition, checkpoint.getHeader());
                }
            });
            open.take(partition, saved);
            seekToNeeded(activity);
            long position = consumer.position(activity);
            open.begin(partition, position);
            positions.sought(partition, position);
            flow.take(partition);
            sink.assigned(partition, saved, owners.of(partition));
        }
        headers.reportMissed(partitions);
    }

    /**
     * The checkpoints as far as the log reaches. Kafka can lose the end of a log: when the machine crashes, or when it finds a
     * broken file. The next records then get offsets that were used before, and must not be taken for those.
     */
    private Map<String, Checkpoint> withinLog(TopicPartition activity, Map<String, Checkpoint> saved) {
        long end = consumer.endOffsets(List.of(activity)).get(activity);
        long processed = Math.max(committed(activity).orElse(0), cut.getOrDefault(activity, 0L));
        Map<String, Checkpoint> within = new HashMap<>();
        for (Map.Entry<String, Checkpoint> session : saved.entrySet()) {
            Checkpoint checkpoint = session.getValue();
            processed = Math.max(processed, Math.max(checkpoint.getNextOffset(), checkpoint.getNextBinOffset()));
            within.put(session.getKey(), withinLog(checkpoint, end));
        }
        if (processed > end) {
            LOG.atError().addKeyValue("partition", activity.partition()).log(
                    "Kafka has lost the end of {}: it ends at record {}, and {} records after that were processed. Their kappa"
                            + " is on {}, if that is whole. Sessions continue from their checkpoints; bins that are sent"
                            + " again are rejected as known. Look at the broker's log and its disk.",
                    activity, end, processed - end, Topics.LATENTS);
        }
        return within;
    }

    private static Checkpoint withinLog(Checkpoint saved, long end) {
        if (saved.getNextOffset() <= end && saved.getNextBinOffset() <= end && saved.getParkedAt() <= end) {
            return saved;
        }
        return saved.toBuilder().setNextOffset(Math.min(saved.getNextOffset(), end))
                .setNextBinOffset(Math.min(saved.getNextBinOffset(), end))
                .setInside(saved.getInside() && saved.getNextBinOffset() < end)
                .setParkedAt(Math.min(saved.getParkedAt(), end)).build();
    }

    /** Offsets and checkpoints are written apart; where they disagree, the older of the two counts. */
    private void seekToNeeded(TopicPartition activity) {
        OptionalLong committed = committed(activity);
        if (committed.isEmpty()) {
            consumer.seekToBeginning(List.of(activity));
        } else {
            long offset = Math.min(committed.getAsLong(), consumer.endOffsets(List.of(activity)).get(activity));
            consumer.seek(activity, Math.min(offset, open.needed(activity.partition()).orElse(offset)));
        }
    }

    private OptionalLong committed(TopicPartition partition) {
        OffsetAndMetadata committed = consumer.committed(Set.of(partition)).get(partition);
        return committed == null ? OptionalLong.empty() : OptionalLong.of(committed.offset());
    }

    private void giveUp(Collection<TopicPartition> partitions) {
        for (TopicPartition activity : partitions) {
            int partition = activity.partition();
            sink.revoked(partition);
            owners.release(partition);
            flow.giveUp(partition);
            open.giveUp(partition);
            commits.giveUp(activity);
            positions.giveUp(partition);
            headers.giveUp(partition);
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
