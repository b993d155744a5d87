package kappa.dashboards.app;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log, in one line each, when a process that was ready is no longer, and why; when it is again; and when the clock of
 * its machine was set. It looks twice a second. Thread-safe.
 */
final class StateLog implements AutoCloseable {

    private static final Duration EVERY = Duration.ofMillis(500);
    private static final Logger LOG = LoggerFactory.getLogger(StateLog.class);

    private final Supplier<String> problem;
    private final HostClock clock;
    private final ScheduledExecutorService looking = Executors
            .newSingleThreadScheduledExecutor(Thread.ofPlatform().name("kappa-state-log").daemon(true).factory());
    private boolean wasReady;
    /** Looks in a row that found a problem. */
    private int problems;
    private long sinceNs;

    StateLog(Supplier<String> problem, HostClock clock) {
        this.problem = problem;
        this.clock = clock;
    }

    /** @param problem what is in the way of the process's work at this moment; null if nothing is */
    static StateLog start(Supplier<String> problem) {
        StateLog log = new StateLog(problem, HostClock.SYSTEM);
        log.looking.scheduleWithFixedDelay(log::look, 0, EVERY.toMillis(), TimeUnit.MILLISECONDS);
        return log;
    }

    void look() {
        clock.jump().ifPresent(moved -> LOG.warn(
                "{}. Bins and kappa are not affected. Ages and latencies that span this moment are wrong, and Kafka deletes"
                        + " old records by this clock. Keep the clock in step with NTP",
                HostClock.set(moved)));
        String found = problem.get();
        if (found == null) {
            if (problems > 1) {
                LOG.info("ready again, after {} s", Duration.ofNanos(System.nanoTime() - sinceNs).toSeconds());
            }
            wasReady = true;
            problems = 0;
        } else if (wasReady) {
            problems++;
            if (problems == 1) {
                sinceNs = System.nanoTime();
            } else if (problems == 2) {
                // Not at the first look: a process that was stopped and goes on has a problem for a moment.
                LOG.warn("not ready: {}", found);
            }
        }
    }

    @Override
    public void close() {
        looking.shutdownNow();
    }
}
