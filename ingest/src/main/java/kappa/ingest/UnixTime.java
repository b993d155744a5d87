package kappa.ingest;

import java.time.Instant;

/** Unix time in nanoseconds, as the wire carries it. */
public final class UnixTime {

    private UnixTime() {}

    public static long nowNs() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }
}
