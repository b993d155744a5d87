package kappa.ingest.rig;

/**
 * Which tick the rig is at now, judged by the least delayed arrivals lately: nothing arrives before it was recorded, so the
 * rig's newest tick is at least each arrival's tick, counted on at the clock's rate. Late arrivals do not disturb it, and the
 * newest two windows of time let it follow the drift between the clocks.
 *
 * <p>Not thread-safe.
 */
public final class ClockEnvelope {

    private final long windowNs;
    private final double ticksPerNs;
    private boolean any;
    private long originNs;
    private long originTick;
    private long windowEndNs;
    private double before;
    private double now;

    /** @param windowNs length of a window */
    public ClockEnvelope(double ticksPerSecond, long windowNs) {
        ticksPerNs = ticksPerSecond * 1e-9;
        this.windowNs = windowNs;
    }

    public void restart() {
        any = false;
    }

    public boolean any() {
        return any;
    }

    public void arrived(long tick, long arrivalNs) {
        if (!any) {
            any = true;
            originNs = arrivalNs;
            originTick = tick;
            windowEndNs = arrivalNs + windowNs;
            before = 0;
            now = 0;
        }
        double ahead = tick - originTick - (arrivalNs - originNs) * ticksPerNs;
        if (arrivalNs >= windowEndNs) {
            windowEndNs = arrivalNs + windowNs;
            before = now;
            now = ahead;
        }
        now = Math.max(now, ahead);
    }

    /** The newest tick that can have arrived by then. */
    public long newest(long ns) {
        return originTick + (long) Math.floor((ns - originNs) * ticksPerNs + Math.max(before, now));
    }
}
