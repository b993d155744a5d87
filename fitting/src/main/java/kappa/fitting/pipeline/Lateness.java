package kappa.fitting.pipeline;

import java.util.function.LongSupplier;

/**
 * Whether kappa comes late in this process, so that the fit must leave the processors to the filter.
 *
 * <p>What counts is the time from a bin's append to its kappa's append, less the shortest of the last half to whole minute:
 * where clocks of brokers disagree, or a rig sets the time of its records, all are wrong by the same. A backlog that is worked
 * off gets shorter, and so is not late; one that has stood still for a minute is not either, until it grows again.
 *
 * <p>Thread-safe.
 */
public final class Lateness {

    /** Beyond what a busy machine's garbage collection and scheduling cost. */
    static final long LATE_MS = 250;

    /** How long learning waits after the last late bin. */
    static final long RECOVERY_NS = 250_000_000L;

    static final long WINDOW_NS = 30_000_000_000L;

    private final LongSupplier nanoTime;
    private long windowEndNs;
    private long shortest = Long.MAX_VALUE;
    private long shortestBefore = Long.MAX_VALUE;
    private volatile boolean any;
    private volatile long lateAtNs;

    public Lateness() {
        this(System::nanoTime);
    }

    Lateness(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        windowEndNs = nanoTime.getAsLong() + WINDOW_NS;
    }

    /** Kappa of a live session's bins was appended so long after them. */
    synchronized void took(long ms) {
        long now = nanoTime.getAsLong();
        if (now - windowEndNs >= 0) {
            shortestBefore = shortest;
            shortest = Long.MAX_VALUE;
            windowEndNs = now + WINDOW_NS;
        }
        shortest = Math.min(shortest, ms);
        if (ms - Math.min(shortest, shortestBefore) > LATE_MS) {
            lateAtNs = now;
            any = true;
        }
    }

    /** Whether it did a moment ago. */
    boolean late() {
        return any && nanoTime.getAsLong() - lateAtNs < RECOVERY_NS;
    }
}
