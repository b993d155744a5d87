package kappa.dashboards.web;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import kappa.ingest.Meters;
import kappa.ingest.UnixTime;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.session.History;
import kappa.ingest.session.ReplayState;
import kappa.ingest.session.SessionDescription;
import kappa.ingest.session.SessionState;
import kappa.ingest.session.SessionStates;
import kappa.ingest.session.TopicRecord;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What pages show: the states of the {@value #MAX_SESSIONS} sessions that were active last. A {@link LiveFollower} feeds it
 * from the topics. Memory is bounded, whatever the topics hold. If more comes than can be folded, the follower leaves out
 * what lies between and goes on with the newest records, and the bins that were left out are counted.
 *
 * <p>Thread-safe: a lock guards everything. Pages wait on it for news on their own (virtual) threads; the pipeline never
 * does.
 */
public final class LiveView implements AutoCloseable {

    static final int MAX_SESSIONS = 8;

    /** A page gets at most 30 frames a second. */
    static final long FRAME_NS = 33_000_000L;

    /** Bins of kappa kept of each session at least: 5 minutes at 100 bins/s, 11 minutes at 20 ms; and at most. */
    static final int HISTORY_BINS = 32_768;
    private static final int MOST_HISTORY_BINS = 360_000;
    /** Bytes for the bins of one session. Two latent variables and three inputs: 80 minutes at 20 ms. */
    private static final int HISTORY_BYTES = 24 << 20;
    private static final int BYTES_PER_BIN = 41;
    private static final int BYTES_PER_NUMBER = 4;

    /** Numbers of activity kept, 4 bytes each: 2,048 bins of 1,024 neurons. */
    private static final int ACTIVITY_VALUES = 1 << 21;
    /** A newer session is followed in preference to an older one that is still this fresh. */
    private static final long ACTIVE_NS = 5_000_000_000L;
    /** Pages are sent a frame at once when there is news. */
    private static final Duration LAST_FRAMES = Duration.ofMillis(200);
    private static final Logger LOG = LoggerFactory.getLogger(LiveView.class);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Supplier<String> failure;
    private final LongSupplier unixNs;
    private final LongSupplier nanoTime;
    private final Counter unreadable;
    private final Counter skipped;
    final Counter frames;
    final Counter conflated;

    private final SessionStates states = new SessionStates(MAX_SESSIONS, LiveView::history, this::unusable);
    private final Map<String, SessionView> views = new HashMap<>();
    private String problem = "";
    private long version;
    private long frameSlots;
    private long frameSlotStart;
    private boolean closed;
    private LiveFollower follower;

    LiveView(MeterRegistry meters, LongSupplier unixNs, LongSupplier nanoTime) {
        this(meters, unixNs, nanoTime, () -> "");
    }

    LiveView(MeterRegistry meters, LongSupplier unixNs, LongSupplier nanoTime, Supplier<String> failure) {
        this.failure = failure;
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
        return start(kafka, meters, () -> "");
    }

    /**
     * As {@link #start(KafkaConnection, MeterRegistry)}.
     *
     * @param failure why the pipeline of this process does not go on, in one line; empty if it does. Asked for each frame
     */
    public static LiveView start(KafkaConnection kafka, MeterRegistry meters, Supplier<String> failure) {
        LiveView view = new LiveView(meters, UnixTime::nowNs, System::nanoTime, failure);
        view.follower = LiveFollower.start(view, kafka);
        return view;
    }

    @Override
    public void close() {
        locked(() -> {
            closed = true;
            changed.signalAll();
        });
        if (follower != null) {
            follower.close();
        }
    }

    /** Counts records that were left out. */
    void skip(TopicPartition partition, long records) {
        locked(() -> {
            skipped.increment((double) records);
            if (partition.topic().equals(Topics.LATENTS)) {
                states.skipAhead(partition.partition());
            }
        });
    }

    /** Takes a record. */
    void take(TopicRecord record) {
        locked(() -> fold(record));
    }

    /** As much of a session's past as there is room for. */
    private static History history(SessionDescription of) {
        int numbers = 2 * (of.rank() + of.inputs()) + of.behaviorChannels().size();
        return History.of(Math.clamp(HISTORY_BYTES / (BYTES_PER_BIN + BYTES_PER_NUMBER * numbers), HISTORY_BINS,
                MOST_HISTORY_BINS), ACTIVITY_VALUES);
    }

    /** Called with the lock held, or in a test by the only thread there is. */
    void fold(TopicRecord record) {
        states.fold(record);
    }

    /** Counts a record that cannot be used. */
    void unusable(String topic, String why) {
        unreadable.increment();
        if (unreadable.count() == 1) {
            LOG.warn("The dashboard cannot use a record of {}, counts further ones in {}: {}", topic,
                    "kappa.dashboards.records.unreadable", why);
        }
    }

    /** Says what is in the way, or nothing. */
    void report(String newProblem) {
        locked(() -> {
            problem = newProblem;
            news();
        });
    }

    /** Gives open pages the time to be sent one more frame, before their connection is closed. */
    public void sendLastFrames() {
        news();
        pause(LAST_FRAMES);
    }

    /** Waits for so long, or until the view is closed. */
    void pause(Duration howLong) {
        lock.lock();
        try {
            long left = howLong.toNanos();
            while (!closed && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Tells waiting pages that something is new. */
    void news() {
        locked(() -> {
            version++;
            long now = nanoTime.getAsLong();
            if (frameSlots == 0 || now - frameSlotStart >= FRAME_NS) {
                frameSlots++;
                frameSlotStart = now;
            }
            changed.signalAll();
        });
    }

    private void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
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

    /** Why the pipeline of this process does not go on; empty if it does, or if there is none. */
    String failure() {
        return failure.get();
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

    /** Of the sessions that were announced, the newest last; more than are kept. */
    List<SessionDescription> announced() {
        return states.announcedSessions();
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
