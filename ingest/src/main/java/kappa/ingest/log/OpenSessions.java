package kappa.ingest.log;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiConsumer;
import java.util.function.ObjLongConsumer;
import kappa.ingest.wire.Checkpoint;

/**
 * The sessions of our partitions that have not ended, and which records of kappa.activity each of them still needs.
 *
 * <p>{@link #checkpointed}, {@link #parked} and {@link #finished} are thread-safe. All else is for the reader's thread.
 */
final class OpenSessions {

    /** What to do with a record that was read. */
    enum Verdict {
        HAND_OVER,
        /** It was handed over before, or lies before what its parked session needs. */
        PASS_OVER,
        /** It is the first of a parked session that was released: read again from the session's first record on. */
        GO_BACK
    }

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

    private final Map<Integer, Map<String, Open>> open = new ConcurrentHashMap<>();
    /** Per partition, the first record that was never read since it is ours. */
    private final Map<Integer, Long> reached = new HashMap<>();
    private final Set<String> finished = ConcurrentHashMap.newKeySet();
    /** Sessions that were parked since the reader looked last, with their partitions. */
    private final Queue<Map.Entry<Integer, String>> parked = new ConcurrentLinkedQueue<>();

    /** A partition is ours, with the newest checkpoints of its sessions. Next comes {@link #begin}. */
    void take(int partition, Map<String, Checkpoint> checkpoints) {
        Map<String, Open> known = new ConcurrentHashMap<>();
        checkpoints.forEach((session, saved) -> {
            if (saved.getEnded()) {
                finished.add(session);
            } else {
                known.put(session, new Open(saved.getNextOffset(), -1, saved.getParkedAt(), System.nanoTime()));
            }
        });
        open.put(partition, known);
    }

    void begin(int partition, long position) {
        reached.put(partition, position);
    }

    void giveUp(int partition) {
        open.remove(partition);
        reached.remove(partition);
    }

    /** The first record of a partition that a session which is not parked needs; nothing if none needs any. */
    OptionalLong needed(int partition) {
        return sessions(partition).values().stream().filter(session -> session.parkedAt() == 0)
                .mapToLong(Open::floor).min();
    }

    /** Whether reading stands where no record was read before, rather than at what is read again. */
    boolean atFront(int partition, long position) {
        return position >= reached.get(partition);
    }

    /** Says what to do with a record, and notes that it was read. */
    Verdict judge(int partition, String id, long offset) {
        long first = reached.get(partition);
        reached.put(partition, Math.max(first, offset + 1));
        Open session = sessions(partition).get(id);
        if (session == null) {
            return offset < first ? Verdict.PASS_OVER : Verdict.HAND_OVER;
        }
        if (offset <= session.handed() || offset < session.parkedAt()) {
            return Verdict.PASS_OVER;
        }
        return session.parkedAt() == 0 || session.handed() >= 0 || session.floor() >= offset
                ? Verdict.HAND_OVER
                : Verdict.GO_BACK;
    }

    /** @return the first record of a parked session: from there on its records are handed over again */
    long wake(int partition, String id) {
        return sessions(partition).computeIfPresent(id, (_, known) -> known.given(known.floor() - 1)).floor();
    }

    void handed(int partition, String id, long offset) {
        if (!finished.contains(id)) {
            sessions(partition).merge(id, new Open(offset, offset, 0, System.nanoTime()),
                    (known, _) -> known.given(offset));
            if (finished.contains(id)) {
                // Since the first look.
                sessions(partition).remove(id);
            }
        }
    }

    /**
     * Names the sessions of a partition that were silent for this long, each again after as long.
     *
     * @param silent told a session and the first record that it needs
     */
    void silentFor(int partition, long ns, ObjLongConsumer<String> silent) {
        long now = System.nanoTime();
        sessions(partition).forEach((id, known) -> {
            if (known.parkedAt() == 0 && now - known.seenNs() > ns) {
                sessions(partition).computeIfPresent(id, (_, latest) -> latest.asked());
                silent.accept(id, known.floor());
            }
        });
    }

    long reached(int partition) {
        return reached.get(partition);
    }

    /** Names the sessions that were parked since the last call and of which nothing came since, with their partitions. */
    void release(BiConsumer<Integer, String> released) {
        for (Map.Entry<Integer, String> next = parked.poll(); next != null; next = parked.poll()) {
            Open session = sessions(next.getKey()).computeIfPresent(next.getValue(),
                    (_, known) -> known.parkedAt() > 0 ? known.released() : known);
            if (session != null && session.parkedAt() > 0) {
                released.accept(next.getKey(), next.getValue());
            }
        }
    }

    void checkpointed(int partition, String id, long offset) {
        sessions(partition).computeIfPresent(id, (_, known) -> known.from(offset));
    }

    void parked(int partition, String id, long upTo) {
        sessions(partition).computeIfPresent(id, (_, known) -> known.parked(upTo));
        parked.add(Map.entry(partition, id));
    }

    void finished(int partition, String id) {
        finished.add(id);
        sessions(partition).remove(id);
    }

    /** The sessions of a partition; of a partition that is not ours none, and what is added is kept nowhere. */
    private Map<String, Open> sessions(int partition) {
        Map<String, Open> known = open.get(partition);
        return known == null ? new HashMap<>() : known;
    }
}
