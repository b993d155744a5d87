package kappa.ingest.session;

import java.util.ArrayDeque;
import org.HdrHistogram.Histogram;

/** How fast bins get their kappa, how long each took, and what learning has done lately. Not thread-safe. */
public final class Pace {

    private static final long RATE_SLOT_NS = 100_000_000L;
    private static final int RATE_SLOTS = 20;
    private static final long LATENCY_SLOT_NS = 10_000_000_000L;
    private static final int LATENCY_SLOTS = 6;
    private static final long HOUR_US = 3_600_000_000L;
    /** What learning has done lately is the difference between the snapshots of so long, of two at least. */
    private static final long LATELY_NS = 30_000_000_000L;
    private static final int MAX_LATELY = 1_024;

    /** Steps made and shed by the time a snapshot was published. */
    private record Learning(long unixNs, long steps, long shed) {}

    private final long[] rateSlot = new long[RATE_SLOTS];
    private final long[] rateBins = new long[RATE_SLOTS];
    private final long[] latencySlot = new long[LATENCY_SLOTS];
    private final Histogram[] latency = new Histogram[LATENCY_SLOTS];
    private final Histogram appended = new Histogram(HOUR_US / 1_000, 3);
    private final ArrayDeque<Learning> lately = new ArrayDeque<>();
    private long newestPublishedUnixNs;

    /** Takes a number of new bins that were published together. A latency below 0, of clocks that differ, counts as 0. */
    void took(int bins, long activityUnixNs, long publishedUnixNs, long appendedUnixNs) {
        newestPublishedUnixNs = publishedUnixNs;
        long slot = publishedUnixNs / RATE_SLOT_NS;
        int at = (int) Math.floorMod(slot, (long) RATE_SLOTS);
        if (rateSlot[at] != slot) {
            rateSlot[at] = slot;
            rateBins[at] = 0;
        }
        rateBins[at] += bins;
        long latencyUs = (publishedUnixNs - activityUnixNs) / 1_000;
        slot = publishedUnixNs / LATENCY_SLOT_NS;
        at = (int) Math.floorMod(slot, (long) LATENCY_SLOTS);
        if (latency[at] == null) {
            latency[at] = new Histogram(1, HOUR_US, 2);
        }
        if (latencySlot[at] != slot) {
            latencySlot[at] = slot;
            latency[at].reset();
        }
        latency[at].recordValueWithCount(Math.clamp(latencyUs, 0, HOUR_US), bins);
        long tookMs = appendedUnixNs / 1_000_000 - activityUnixNs / 1_000_000;
        appended.recordValueWithCount(Math.clamp(tookMs, 0, HOUR_US / 1_000), bins);
    }

    /** Over the two seconds before {@code nowUnixNs}, by the time kappa was published. */
    public double binsPerSecond(long nowUnixNs) {
        long now = nowUnixNs / RATE_SLOT_NS;
        long sum = 0;
        for (int at = 0; at < RATE_SLOTS; at++) {
            if (rateSlot[at] > now - RATE_SLOTS && rateSlot[at] <= now) {
                sum += rateBins[at];
            }
        }
        return sum / (RATE_SLOTS * RATE_SLOT_NS * 1e-9);
    }

    /**
     * Milliseconds from the append on kappa.activity to the publication of kappa, over the minute before the newest bin.
     *
     * @return one number for each percentile; empty before the first bin
     */
    public double[] newestLatencyMs(double... percentiles) {
        Histogram all = new Histogram(1, HOUR_US, 2);
        long last = newestPublishedUnixNs / LATENCY_SLOT_NS;
        for (int at = 0; at < LATENCY_SLOTS; at++) {
            if (latency[at] != null && latencySlot[at] > last - LATENCY_SLOTS) {
                all.add(latency[at]);
            }
        }
        double[] ms = new double[all.getTotalCount() == 0 ? 0 : percentiles.length];
        for (int p = 0; p < ms.length; p++) {
            ms[p] = all.getValueAtPercentile(percentiles[p]) / 1e3;
        }
        return ms;
    }

    /** Whole milliseconds from the append on kappa.activity to the append on kappa.latents, over all bins. */
    public long latencyMs(double percentile) {
        return appended.getValueAtPercentile(percentile);
    }

    void learned(long unixNs, long steps, long shed) {
        lately.add(new Learning(unixNs, steps, shed));
        while (lately.size() > MAX_LATELY || (lately.size() > 2 && lately.getFirst().unixNs < unixNs - LATELY_NS)) {
            lately.remove();
        }
    }

    /** Optimiser steps made over the last half minute of snapshots. */
    public long stepsLately() {
        return lately.isEmpty() ? 0 : lately.getLast().steps - lately.getFirst().steps;
    }

    /** Optimiser steps shed over the last half minute of snapshots. */
    public long stepsShedLately() {
        return lately.isEmpty() ? 0 : lately.getLast().shed - lately.getFirst().shed;
    }
}
