package kappa.ingest.session;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A set of numbers from 0, kept as intervals of consecutive ones. Beyond a maximum number of intervals the lowest one is
 * forgotten: it still counts in {@link #size} and {@link #intervals}, and every number up to its end is then taken to be in
 * the set. Not thread-safe.
 */
public final class IntervalSet {

    private final int most;
    /** First number of an interval to the number after its last. */
    private final TreeMap<Long, Long> kept = new TreeMap<>();
    /** First number of an interval to how many numbers of the set come before; made when first asked for. */
    private final TreeMap<Long, Long> rows = new TreeMap<>();
    private long forgottenEnd;
    private long forgottenIntervals;
    private long size;

    /** A set that forgets nothing. */
    public IntervalSet() {
        this(Integer.MAX_VALUE);
    }

    /** @param most intervals to keep, at least 1 */
    public IntervalSet(int most) {
        this.most = most;
    }

    /** @return whether the number was not in the set */
    public boolean add(long number) {
        long before = size;
        add(number, number + 1);
        return size > before;
    }

    /** Adds the numbers from {@code first} to {@code end - 1}; none if there are none. */
    public void add(long first, long end) {
        long from = Math.max(first, forgottenEnd);
        if (from >= end) {
            return;
        }
        rows.clear();
        long to = end;
        Map.Entry<Long, Long> before = kept.floorEntry(to);
        while (before != null && before.getValue() >= from) {
            from = Math.min(from, before.getKey());
            to = Math.max(to, before.getValue());
            kept.remove(before.getKey());
            size -= before.getValue() - before.getKey();
            before = kept.floorEntry(to);
        }
        kept.put(from, to);
        size += to - from;
        if (kept.size() > most) {
            forgottenEnd = kept.pollFirstEntry().getValue();
            forgottenIntervals++;
        }
    }

    public void addAll(IntervalSet others) {
        others.kept.forEach(this::add);
    }

    public boolean contains(long number) {
        Map.Entry<Long, Long> interval = kept.floorEntry(number);
        return number < forgottenEnd || (interval != null && number < interval.getValue());
    }

    public long size() {
        return size;
    }

    /** How many intervals with a number between them that is not in the set. */
    public long intervals() {
        return forgottenIntervals + kept.size();
    }

    /** First number of each interval to the number after its last, ascending; without those forgotten. */
    public SortedMap<Long, Long> kept() {
        return Collections.unmodifiableSortedMap(kept);
    }

    /** How many numbers of the set are below this one of the set, of the intervals that are kept. */
    public long row(long number) {
        if (rows.isEmpty()) {
            long row = 0;
            for (Map.Entry<Long, Long> interval : kept.entrySet()) {
                rows.put(interval.getKey(), row);
                row += interval.getValue() - interval.getKey();
            }
        }
        Map.Entry<Long, Long> start = rows.floorEntry(number);
        return start.getValue() + number - start.getKey();
    }
}
