package kappa.ingest.rig;

/**
 * The rig's clock on this host's. Data of a tick can only arrive after it, so the least delayed arrivals tell the offset: the
 * minimum of each {@value #WINDOW_NS} ns is kept, and a straight line through the newest {@value #WINDOWS} minima follows the
 * drift between the two clocks. The error is how far the minima stray from the line. A delay that all data share cannot be
 * seen from one end; it is part of the mapping.
 *
 * <p>Where the rig's library knows the offset itself ({@link #know}), that is taken instead.
 *
 * <p>Not thread-safe; nothing is allocated after construction.
 */
final class HostClock {

    private static final long WINDOW_NS = 2_000_000_000L;
    private static final int WINDOWS = 30;

    private final double nsPerTick;
    private final double[] at = new double[WINDOWS]; // rig time of a window's minimum, ns since the first arrival
    private final double[] minimum = new double[WINDOWS]; // host less rig time there, less the first one's, ns
    private int windows;
    private long originTick;
    private long originHost;
    private boolean any;
    private double windowEnd;
    private double windowMinimum;
    private double windowAt;
    private double spread; // of the first window, the only measure until three are full
    private double offset;
    private double slope;
    private double error;
    private boolean known;
    private long knownOffset;
    private long knownError;

    HostClock(double ticksPerSecond) {
        nsPerTick = 1e9 / ticksPerSecond;
    }

    /** Forgets everything: the rig's clock began anew. */
    void restart() {
        any = false;
        windows = 0;
        known = false;
    }

    void arrived(long tick, long hostUnixNs) {
        if (!any) {
            any = true;
            originTick = tick;
            originHost = hostUnixNs;
            windowEnd = WINDOW_NS;
            windowMinimum = Double.POSITIVE_INFINITY;
            spread = 0;
            offset = 0;
            slope = 0;
            error = 0;
        }
        double rig = (tick - originTick) * nsPerTick;
        double delay = hostUnixNs - originHost - rig;
        if (windows == 0) {
            spread = Math.max(spread, Math.abs(delay - offset));
            offset = Math.min(offset, delay);
            error = spread;
        }
        if (rig >= windowEnd) {
            close();
            windowEnd = rig + WINDOW_NS;
            windowMinimum = Double.POSITIVE_INFINITY;
        }
        if (delay < windowMinimum) {
            windowMinimum = delay;
            windowAt = rig;
        }
    }

    private void close() {
        if (windows == WINDOWS) {
            System.arraycopy(at, 1, at, 0, WINDOWS - 1);
            System.arraycopy(minimum, 1, minimum, 0, WINDOWS - 1);
            windows--;
        }
        at[windows] = windowAt;
        minimum[windows++] = windowMinimum;
        double meanAt = 0;
        double mean = 0;
        for (int w = 0; w < windows; w++) {
            meanAt += at[w] / windows;
            mean += minimum[w] / windows;
        }
        double squares = 0;
        double products = 0;
        for (int w = 0; w < windows; w++) {
            squares += (at[w] - meanAt) * (at[w] - meanAt);
            products += (at[w] - meanAt) * (minimum[w] - mean);
        }
        slope = windows < 3 ? 0 : products / squares;
        offset = mean - slope * meanAt;
        double strays = 0;
        for (int w = 0; w < windows; w++) {
            strays = Math.max(strays, Math.abs(minimum[w] - offset - slope * at[w]));
        }
        error = windows < 3 ? Math.max(spread, strays) : strays;
    }

    /** The rig's library says: host Unix time is rig time plus this, give or take the error. */
    void know(long offsetNs, long errorNs) {
        known = true;
        knownOffset = offsetNs;
        knownError = errorNs;
    }

    /** 0 where nothing is known yet. */
    long hostUnixNs(long tick) {
        if (known) {
            return Math.round(tick * nsPerTick) + knownOffset;
        }
        if (!any) {
            return 0;
        }
        double rig = (tick - originTick) * nsPerTick;
        return originHost + Math.round(rig + offset + slope * rig);
    }

    long errorNs() {
        return known ? knownError : Math.round(error);
    }
}
