package kappa.ingest.session;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** What a session has lost: how much, and where the newest losses are. Not thread-safe. */
final class Losses {

    private static final int MAX_PLACES = 256;

    private final IntervalSet missing;
    private final IntervalSet skipped;
    private final Deque<Loss> places = new ArrayDeque<>();
    private long binsWithLosses;
    private long messages;

    Losses(int intervals) {
        missing = new IntervalSet(intervals);
        skipped = new IntervalSet(intervals);
    }

    /** Bins from {@code first} to {@code end - 1} never came; it may be said twice. */
    void neverCame(long first, long end, long rigTimeNs) {
        long before = missing.size();
        missing.add(first, end);
        if (missing.size() > before) {
            place(first, end - 1, rigTimeNs, 0);
        }
    }

    void lost(long bin, long count, long rigTimeNs) {
        binsWithLosses++;
        messages += count;
        place(bin, bin, rigTimeNs, count);
    }

    /** This reader left out what it has to say of the bins from {@code first} to {@code end - 1}. */
    void skipped(long first, long end) {
        skipped.add(first, end);
    }

    private void place(long first, long last, long rigTimeNs, long count) {
        Loss before = places.peekLast();
        if (before != null && before.last() == first - 1 && (before.messages() == 0) == (count == 0)) {
            places.removeLast();
            places.add(new Loss(before.first(), last, before.rigTimeNs(), before.messages() + count));
            return;
        }
        places.add(new Loss(first, last, rigTimeNs, count));
        if (places.size() > MAX_PLACES) {
            places.remove();
        }
    }

    IntervalSet missing() {
        return missing;
    }

    long binsWithLosses() {
        return binsWithLosses;
    }

    long messages() {
        return messages;
    }

    long binsSkipped() {
        return skipped.size();
    }

    /** The newest ones, oldest first. */
    List<Loss> places() {
        return List.copyOf(places);
    }
}
