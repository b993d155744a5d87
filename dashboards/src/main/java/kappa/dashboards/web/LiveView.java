package kappa.dashboards.web;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.Meters;
import kappa.ingest.UnixTime;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.TopicFollower;
import kappa.ingest.log.Topics;
import kappa.ingest.session.History;
import kappa.ingest.session.ReplayState;
import kappa.ingest.session.SessionState;
import kappa.ingest.session.SessionStates;
import kappa.ingest.session.TopicRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a page shows, folded from the topics by one thread that belongs to no consumer group and never commits: a pipeline
 * does not notice it. It remembers the newest stretch of the {@value #MAX_SESSIONS} sessions active last and forgets the
 * longest idle, so its memory is bounded whatever the topics hold. Where more comes than it can fold, it leaves out what lies
 * between and goes on with the newest, and says so: it shows bins, and accounts for none.
 *
 * <p>Thread-safe: a lock guards everything. Pages wait on it for news on their own (virtual) threads; the pipeline never
 * does.
 */
public final class LiveView implements AutoCloseable {

    static final int MAX_SESSIONS = 8;

    /** A page gets at most 30 frames a second. */
    static final long FRAME_NS = 33_000_000L;

    /** Bins of kappa kept: 5 minutes at 100 bins/s, 11 minutes at 20 ms. */
    static final int HISTORY_BINS = 32_768;

    /** Numbers of activity kept, 4 bytes each: 2,048 bins of 1,024 neurons. */
    private static final int ACTIVITY_VALUES = 1 << 21;
    private static final History HISTORY = History.of(HISTORY_BINS, ACTIVITY_VALUES);
    /** Where reading starts, records before the end of a partition. */
    private static final long LATENTS_BACK = 200_000;
    private static final long ACTIVITY_BACK = 20_000;
    /** Records of a partition that may wait to be folded, once all were; beyond that the page would show the past. */
    private static final long TOO_FAR_BEHIND = 20_000;
    /** A newer session is followed in preference to an older one that is still this fresh. */
    private static final long ACTIVE_NS = 5_000_000_000L;
    private static final List<String> BINS = List.of(Topics.SESSIONS, Topics.ACTIVITY, Topics.LATENTS,
            Topics.REJECTED);
    /** What is read when headers and bins have caught up, so that its sessions are known. */
    private static final List<String> RESULTS = List.of(Topics.MODELS, Topics.ANALYSES, Topics.INACTIVATIONS,
            Topics.INTERVENTIONS, Topics.PLAYBACKS);
    private static final Duration POLL = Duration.ofMillis(250);
    private static final long RETRY_MS = 1_000;
    private static final Logger LOG = LoggerFactory.getLogger(LiveView.class);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final LongSupplier unixNs;
    private final LongSupplier nanoTime;
    private final Counter unreadable;
    private final Counter skipped;
    final Counter frames;
    final Counter conflated;

    private final SessionStates states = new SessionStates(MAX_SESSIONS, session -> HISTORY, this::unusable);
    private final Map<String, SessionView> views = new HashMap<>();
    private final Map<TopicPartition, Long> positions = new HashMap<>();
    private String problem = "";
    private long version;
    private long frameSlots;
    private long frameSlotStart;
    private boolean closed;
    private volatile TopicFollower log;
    private Thread follower;

    LiveView(MeterRegistry meters, LongSupplier unixNs, LongSupplier nanoTime) {
        this.unixNs = unixNs;
        this.nanoTime = nanoTime;
        unreadable = Meters.RECORDS_UNREADABLE.counter(meters);
        skipped = Meters.RECORDS_SKIPPED.counter(meters);
        frames = Meters.FRAMES.counter(meters);
        conflated = Meters.FRAMES_CONFLATED.counter(meters);
    }

    /**
     * Starts to follow the topics. Topics that do not exist yet are waited for, and a cluster that cannot be reached is
     * tried again; both show on the page.
     */
    public static LiveView start(KafkaConnection kafka, MeterRegistry meters) {
        LiveView view = new LiveView(meters, UnixTime::nowNs, System::nanoTime);
        view.follower = Thread.ofPlatform().name("kappa-dashboard-follower").daemon(true)
                .start(() -> view.follow(kafka));
        return view;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            TopicFollower open = log;
            if (open != null) {
                open.stop();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (follower != null) {
            try {
                follower.join(Duration.ofSeconds(10));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    // ---------------------------------------------------------------------------------------------------- following

    private void follow(KafkaConnection kafka) {
        while (!isClosed()) {
            try (TopicFollower opened = new TopicFollower(kafka, this::fold, this::failed)) {
                follow(opened);
            } catch (WakeupException e) {
                LOG.debug("The dashboard stops following", e);
            } catch (InterruptException e) {
                return;
            } catch (KafkaException | InvalidInputException e) {
                LOG.warn("The dashboard cannot read from {}, tries again: {}", kafka, e.toString());
                report("cannot read from Kafka at " + kafka.bootstrapServers() + ": " + e.getMessage());
            } finally {
                log = null;
            }
            pause();
        }
    }

    /** Headers and bins first; what was made of them when these have caught up, so that their sessions are known. */
    private void follow(TopicFollower from) {
        log = from;
        if (Stream.concat(BINS.stream(), RESULTS.stream()).anyMatch(topic -> from.partitions(topic).isEmpty())) {
            report("the topics do not exist yet");
            return;
        }
        report("");
        from.handOverNewestOnly(RESULTS.stream().filter(Topics.COMPACTED::contains).toList());
        BINS.forEach(topic -> start(from, topic));
        Map<TopicPartition, Long> ends = from.ends(from.followed());
        while (!isClosed()) {
            if (from.poll(POLL) > 0) {
                news();
            }
            if (ends == null) {
                skipWhatIsTooOld(from);
            } else if (from.reached(ends)) {
                ends = null;
                RESULTS.forEach(topic -> start(from, topic));
            }
        }
    }

    /** Begins a little before the end; after a broken connection, where it was. */
    private void start(TopicFollower from, String topic) {
        List<TopicPartition> partitions = from.partitions(topic);
        from.fromLast(partitions, switch (topic) {
            case Topics.ACTIVITY -> ACTIVITY_BACK;
            case Topics.LATENTS, Topics.REJECTED, Topics.INTERVENTIONS -> LATENTS_BACK;
            default -> Long.MAX_VALUE;
        });
        Map<TopicPartition, Long> before = new HashMap<>(positions);
        before.keySet().retainAll(partitions);
        from.from(before);
    }

    private void skipWhatIsTooOld(TopicFollower from) {
        for (TopicPartition partition : from.followed()) {
            if (List.of(Topics.ACTIVITY, Topics.LATENTS).contains(partition.topic())) {
                long left = from.skipIfBehind(partition, TOO_FAR_BEHIND);
                if (left > 0) {
                    skip(partition, left);
                }
            }
        }
    }

    void skip(TopicPartition partition, long records) {
        lock.lock();
        try {
            skipped.increment((double) records);
            if (partition.topic().equals(Topics.LATENTS)) {
                states.skipAhead(partition.partition());
            }
        } finally {
            lock.unlock();
        }
    }

    private void fold(ConsumerRecord<byte[], byte[]> record) {
        lock.lock();
        try {
            fold(TopicRecord.of(record));
            positions.merge(new TopicPartition(record.topic(), record.partition()), record.offset() + 1, Math::max);
        } finally {
            lock.unlock();
        }
    }

    private void failed(ConsumerRecord<byte[], byte[]> record, RuntimeException failure) {
        unusable(record.topic(), record.partition() + "/" + record.offset() + ": " + failure);
    }

    /** Called with the lock held, or in a test by the only thread there is. */
    void fold(TopicRecord record) {
        states.fold(record);
    }

    private void unusable(String topic, String why) {
        unreadable.increment();
        if (unreadable.count() == 1) {
            LOG.warn("The dashboard cannot use a record of {}, counts further ones in {}: {}", topic,
                    "kappa.dashboards.records.unreadable", why);
        }
    }

    private void report(String newProblem) {
        lock.lock();
        try {
            problem = newProblem;
            news();
        } finally {
            lock.unlock();
        }
    }

    private void pause() {
        lock.lock();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(RETRY_MS);
            while (!closed && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    // ------------------------------------------------------------------------------------------------------- asking

    /** Tells waiting pages that something is new. */
    void news() {
        lock.lock();
        try {
            version++;
            long now = nanoTime.getAsLong();
            if (frameSlots == 0 || now - frameSlotStart >= FRAME_NS) {
                frameSlots++;
                frameSlotStart = now;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    ReentrantLock lock() {
        return lock;
    }

    /** Waits, giving up the lock, until there is news after {@code seen} or the time is over or the view is closed. */
    void awaitNews(long seen, long timeoutNs) throws InterruptedException {
        long untilNs = nanoTime() + timeoutNs;
        while (version == seen && untilNs > nanoTime() && !closed) {
            changed.awaitNanos(untilNs - nanoTime());
        }
    }

    /** Waits, giving up the lock, until the clock reads {@code untilNs} or the view is closed. */
    void awaitTime(long untilNs) throws InterruptedException {
        for (long left = untilNs - nanoTime(); left > 0 && !closed; left = untilNs - nanoTime()) {
            changed.awaitNanos(left);
        }
    }

    /** Fails once the view is closed, so that no page goes on asking it. */
    void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the view is closed");
        }
    }

    long version() {
        return version;
    }

    /** Number of frames that a page which is never late would have been sent. */
    long frameSlots() {
        return frameSlots;
    }

    long nanoTime() {
        return nanoTime.getAsLong();
    }

    long nowUnixNs() {
        return unixNs.getAsLong();
    }

    String problem() {
        return problem;
    }

    long rejectedElsewhere() {
        return states.rejectedElsewhere();
    }

    /** Null if it is not kept. */
    SessionView session(String id) {
        return states.session(id).map(this::view).orElse(null);
    }

    /** A session that was forgotten and became active again has another view. */
    private SessionView view(SessionState state) {
        SessionView view = views.get(state.description().session());
        if (view == null || view.state() != state) {
            view = new SessionView(state);
            views.put(view.id, view);
            views.keySet().removeIf(id -> states.session(id).isEmpty());
        }
        return view;
    }

    /** The partition of a session that is kept. */
    int partition(String id) {
        return states.partition(id);
    }

    /** How a session is replayed; null if it is no replay. */
    ReplayState replay(String id) {
        return states.replay(id).orElse(null);
    }

    /** Active last first. */
    List<SessionState> sessions() {
        return states.sessions();
    }

    /**
     * The session a page follows by itself: of those active in the five seconds before the last record, the one started
     * last, so that two rigs at once do not make the page flicker between them. Null if there is none.
     */
    SessionView newestSession() {
        List<SessionState> all = sessions();
        return all.stream().filter(s -> s.lastActiveUnixNs() > all.getFirst().lastActiveUnixNs() - ACTIVE_NS)
                .max(Comparator.comparingLong(s -> s.description().createdUnixNs())).map(this::view).orElse(null);
    }
}
