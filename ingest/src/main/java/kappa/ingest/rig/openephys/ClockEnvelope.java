package kappa.ingest.rig.openephys;

/**
 * Which sample the rig is at now, judged by the least delayed arrivals of the last minute: nothing arrives before it
 * was recorded, so the newest sample so far is at least each arrival's sample, counted on at the sample rate. Late
 * arrivals do not disturb it, and two windows of {@value #WINDOW_NS} ns let it follow the drift between the clocks.
 *
 * <p>Not thread-safe.
 */
final class ClockEnvelope {

    private static final long WINDOW_NS = 30_000_000_000L;

    private final double samplesPerNs;
    private boolean any;
    private long originNs;
    private long originSample;
    private long windowEndNs;
    private double before;
    private double now;

    ClockEnvelope(double sampleRate) {
        samplesPerNs = sampleRate * 1e-9;
    }

    void restart() {
        any = false;
    }

    boolean any() {
        return any;
    }

    void arrived(long sample, long arrivalNs) {
        if (!any) {
            any = true;
            originNs = arrivalNs;
            originSample = sample;
            windowEndNs = arrivalNs + WINDOW_NS;
            before = 0;
            now = 0;
        }
        double ahead = sample - originSample - (arrivalNs - originNs) * samplesPerNs;
        if (arrivalNs >= windowEndNs) {
            windowEndNs = arrivalNs + WINDOW_NS;
            before = now;
            now = ahead;
        }
        now = Math.max(now, ahead);
    }

    /** The newest sample that can have arrived by then. */
    long newest(long ns) {
        return originSample + (long) Math.floor((ns - originNs) * samplesPerNs + Math.max(before, now));
    }
}
