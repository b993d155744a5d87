package kappa.dashboards.app;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import kappa.ingest.UnixTime;

/**
 * Notices when the clock of this machine is set, or the machine has slept: the time of day then moves against the time since the
 * start. Kafka's clients measure by the time of day, so that what is on its way at that moment is late all at once.
 *
 * <p>Thread-safe.
 */
final class HostClock {

    /** The clock of this machine. {@link StateLog} looks at it twice a second. */
    static final HostClock SYSTEM = new HostClock(UnixTime::nowNs, System::nanoTime);

    /** A clock that is kept in step by small corrections moves by less than a thousandth. */
    private static final long JUMP_NS = Duration.ofSeconds(2).toNanos();

    private static final long LATELY_NS = Duration.ofSeconds(30).toNanos();

    private final LongSupplier unixNs;
    private final LongSupplier nanoTime;
    private long apartNs;
    private Duration last = Duration.ZERO;
    private long lastAtNs;
    private boolean told = true;

    HostClock(LongSupplier unixNs, LongSupplier nanoTime) {
        this.unixNs = unixNs;
        this.nanoTime = nanoTime;
        apartNs = apart();
    }

    private long apart() {
        return unixNs.getAsLong() - nanoTime.getAsLong();
    }

    private void look() {
        long now = apart();
        long moved = now - apartNs;
        apartNs = now;
        if (Math.abs(moved) >= JUMP_NS) {
            last = Duration.ofNanos(moved);
            lastAtNs = nanoTime.getAsLong();
            told = false;
        }
    }

    /** By how much the clock was set since the last call, negative if back; empty if it was not. */
    synchronized Optional<Duration> jump() {
        look();
        boolean news = !told;
        told = true;
        return news ? Optional.of(last) : Optional.empty();
    }

    /** By how much it was set within the last half minute, as a part of a sentence; empty if it was not. */
    synchronized Optional<String> lately() {
        look();
        return last.isZero() || nanoTime.getAsLong() - lastAtNs > LATELY_NS ? Optional.empty() : Optional.of(set(last));
    }

    /** What has happened, as a sentence without its end. */
    static String set(Duration jump) {
        return "the clock of this machine was set " + (jump.isNegative() ? "back" : "ahead") + " by "
                + Math.round(jump.abs().toMillis() / 1e3) + " s, or the machine has slept";
    }
}
