package kappa.dashboards.web;

/** Limits the number of events in any second. Not thread-safe. */
final class RateLimit {

    private static final long SECOND_NS = 1_000_000_000L;

    private final long[] at;
    private int next;
    private boolean full;

    RateLimit(int perSecond) {
        at = new long[perSecond];
    }

    /** Counts the event if it is allowed. */
    boolean allows(long nowNs) {
        if (full && nowNs - at[next] < SECOND_NS) {
            return false;
        }
        at[next] = nowNs;
        next = (next + 1) % at.length;
        full |= next == 0;
        return true;
    }
}
