package kappa.ingest.recording.nwb;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Disjoint intervals of time in seconds, in order. Immutable.
 *
 * @param starts of each
 * @param stops of each, not before its start
 */
record Intervals(double[] starts, double[] stops) {

    /** Two intervals that touch are one; times of files come with rounding errors. */
    private static final double TOUCH_S = 1e-9;

    static final Intervals NONE = new Intervals(new double[0], new double[0]);

    /** The union; intervals with a NaN, or that end before they begin, are left out. */
    static Intervals union(double[] from, double[] to) {
        List<double[]> given = new ArrayList<>();
        for (int i = 0; i < from.length; i++) {
            if (from[i] <= to[i]) {
                given.add(new double[]{from[i], to[i]});
            }
        }
        given.sort(Comparator.comparingDouble(interval -> interval[0]));
        List<double[]> merged = new ArrayList<>();
        for (double[] interval : given) {
            double[] last = merged.isEmpty() ? null : merged.getLast();
            if (last != null && interval[0] <= last[1] + TOUCH_S) {
                last[1] = Math.max(last[1], interval[1]);
            } else {
                merged.add(interval);
            }
        }
        return new Intervals(merged.stream().mapToDouble(interval -> interval[0]).toArray(),
                merged.stream().mapToDouble(interval -> interval[1]).toArray());
    }

    boolean isEmpty() {
        return starts.length == 0;
    }

    double first() {
        return starts[0];
    }

    double last() {
        return stops[stops.length - 1];
    }

    /** Whether one interval holds all of [from, to]. */
    boolean contain(double from, double to) {
        int i = lastNotAfter(from);
        return i >= 0 && stops[i] >= to;
    }

    /** Whether anything of (from, to) lies in an interval. */
    boolean touch(double from, double to) {
        int i = lastNotAfter(to);
        // Nothing of the open interval lies in an interval that begins where it ends.
        while (i >= 0 && starts[i] >= to) {
            i--;
        }
        return i >= 0 && stops[i] > from;
    }

    private int lastNotAfter(double time) {
        int found = Arrays.binarySearch(starts, time);
        return found >= 0 ? found : -found - 2;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Intervals intervals && Arrays.equals(starts, intervals.starts)
                && Arrays.equals(stops, intervals.stops);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(starts) + Arrays.hashCode(stops);
    }
}
