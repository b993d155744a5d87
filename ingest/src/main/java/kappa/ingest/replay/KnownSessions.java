package kappa.ingest.replay;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import kappa.ingest.InvalidInputException;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;

/**
 * Where sessions stand on the topics, as far as this process has sent them. A session that is not known is looked for; of those
 * that were idle the longest, as many are forgotten as there are too many. Thread-safe: calls for one session are met one after
 * another, those for different sessions beside each other.
 */
final class KnownSessions {

    /** A session. All is guarded by {@link #lock}. */
    static final class Known {
        private final ReentrantLock lock = new ReentrantLock();
        private boolean forgotten;
        /** Null until it was looked for; then of no session, if there is none. */
        Optional<SessionPlace> place;
        int partition;
        /** Index of the bin that comes next. */
        long next;
        long lastTrial;
        boolean over;

        void found(Optional<SessionPlace> found) {
            place = found;
            found.ifPresent(here -> {
                partition = here.partition();
                next = here.bins();
                over = here.complete();
                lastTrial = here.last() == null ? Long.MIN_VALUE : here.last().getTrial();
            });
        }

        SessionHeader header() {
            return place.orElseThrow().header();
        }
    }

    /** Met while the session's lock is held. */
    interface Call<T> {
        T meet(Known session);
    }

    private final Function<String, Optional<SessionPlace>> find;
    private final int most;
    /** By id, the one that was idle for the longest time first. Guarded by itself. */
    private final Map<String, Known> known = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * @param find looks for a session on the topics
     * @param most how many are known at a time
     */
    KnownSessions(Function<String, Optional<SessionPlace>> find, int most) {
        this.find = find;
        this.most = most;
    }

    /** @throws InvalidInputException if no session can have this id */
    <T> T with(String session, Call<T> call) {
        if (!WireChecks.isSessionId(session)) {
            throw new InvalidInputException("The session's id has " + session.length() + " characters, expected "
                    + WireChecks.SESSION_ID_FORM + ".");
        }
        while (true) {
            Known one = get(session);
            one.lock.lock();
            try {
                if (one.forgotten) {
                    continue;
                }
                if (one.place == null) {
                    one.found(find.apply(session));
                }
                return call.meet(one);
            } finally {
                if (one.place == null || one.place.isEmpty()) {
                    forget(session, one);
                }
                one.lock.unlock();
            }
        }
    }

    private Known get(String session) {
        synchronized (known) {
            Known one = known.computeIfAbsent(session, _ -> new Known());
            Iterator<Known> idle = known.values().iterator();
            while (known.size() > most && idle.hasNext()) {
                Known oldest = idle.next();
                if (oldest != one && oldest.lock.tryLock()) {
                    oldest.forgotten = true;
                    idle.remove();
                    oldest.lock.unlock();
                }
            }
            return one;
        }
    }

    private void forget(String session, Known one) {
        synchronized (known) {
            one.forgotten = true;
            known.remove(session, one);
        }
    }
}
