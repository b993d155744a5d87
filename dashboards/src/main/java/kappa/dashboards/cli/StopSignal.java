package kappa.dashboards.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C or SIGTERM during work that can be cut short: it is asked to stop, and the process ends when it has, or after half a
 * minute. Thread-safe.
 */
final class StopSignal implements AutoCloseable {

    private static final long PATIENCE_S = 30;

    private final CountDownLatch over = new CountDownLatch(1);
    private final Thread hook = new Thread(this::ask, "kappa-stop-work");
    private volatile boolean asked;

    StopSignal() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Whether the work is to stop. */
    boolean asked() {
        return asked;
    }

    /** As Ctrl-C does, without waiting. */
    void askNow() {
        asked = true;
    }

    private void ask() {
        askNow();
        try {
            if (!over.await(PATIENCE_S, TimeUnit.SECONDS)) {
                System.err.println("the work did not stop within " + PATIENCE_S + " s; its result is lost");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The work is over. */
    @Override
    public void close() {
        over.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // It is running: the process is being stopped.
        }
    }
}
