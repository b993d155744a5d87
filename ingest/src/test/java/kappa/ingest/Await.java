package kappa.ingest;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits for what another thread or process brings about. The limit is only there so that a test which fails ends. */
public final class Await {

    /** Enough for what takes seconds, on a machine that does a lot besides. */
    public static final Duration LIMIT = Duration.ofMinutes(2);

    private static final Duration POLL = Duration.ofMillis(5);

    private Await() {}

    /** A condition, which may fail in its own way. */
    public interface Condition {
        boolean holds() throws Exception;
    }

    /** Waits until a condition holds, for at most {@link #LIMIT}. */
    public static void until(String what, Condition condition) {
        until(what, LIMIT, condition);
    }

    /**
     * Waits until a condition holds. It is looked at every few milliseconds, on the calling thread.
     *
     * @param what completes "waited for ..."
     * @throws AssertionError if it does not hold within the limit, or throws
     */
    public static void until(String what, Duration limit, Condition condition) {
        until(what, limit, POLL, condition);
    }

    /**
     * Waits until a condition holds, as the other methods do.
     *
     * @param pause between two looks at it: longer where a look takes time
     */
    public static void until(String what, Duration limit, Duration pause, Condition condition) {
        long end = System.nanoTime() + limit.toNanos();
        while (!holds(what, condition)) {
            if (System.nanoTime() - end > 0 || Thread.currentThread().isInterrupted()) {
                throw new AssertionError("waited " + limit.toSeconds() + " s in vain for " + what);
            }
            LockSupport.parkNanos(pause.toNanos());
        }
    }

    private static boolean holds(String what, Condition condition) {
        try {
            return condition.holds();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError("while waiting for " + what, e);
        }
    }
}
