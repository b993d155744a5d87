package kappa.ingest.recording.xdf;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where a stream's clock was, by the recorder's clock: recorder's time = stamp + offset. LabRecorder measures that every five
 * seconds. A straight line follows the drift from one reset of the clock to the next: the median of the slopes between all
 * pairs of measurements (Theil and Sen), which strays on the network do not disturb. Not thread-safe.
 */
final class ClockOffsets {

    /** Clocks drift apart by less than this between two measurements; more is another clock. */
    private static final double RESET_S = 1;

    /** So far may stamps lie beyond the measurements of their clock, which are five seconds apart. */
    private static final double NEAR_S = 10;

    /** Measurements out of a segment that its line goes through. */
    private static final int MOST = 128;

    /** The line through one segment. */
    static final class Line {
        private final long position; // in the file, of the first measurement
        private final double first; // stamps
        private final double last;
        private final double middle;
        private final double offset;
        private final double slope;
        private final double error;

        Line(long position, double[] stamps, double[] offsets) {
            this.position = position;
            first = Arrays.stream(stamps).min().orElseThrow();
            last = Arrays.stream(stamps).max().orElseThrow();
            middle = stamps[stamps.length / 2];
            double[] slopes = new double[stamps.length * (stamps.length - 1) / 2];
            int count = 0;
            for (int i = 0; i < stamps.length; i++) {
                for (int j = i + 1; j < stamps.length; j++) {
                    if (stamps[j] > stamps[i]) {
                        slopes[count++] = (offsets[j] - offsets[i]) / (stamps[j] - stamps[i]);
                    }
                }
            }
            slope = stamps.length < 3 || count == 0 ? 0 : median(Arrays.copyOf(slopes, count));
            double[] level = new double[stamps.length];
            Arrays.setAll(level, i -> offsets[i] - slope * (stamps[i] - middle));
            offset = median(level);
            Arrays.setAll(level, i -> Math.abs(level[i] - offset));
            error = median(level);
        }

        private static double median(double[] values) {
            double[] sorted = values.clone();
            Arrays.sort(sorted);
            int half = sorted.length / 2;
            return sorted.length % 2 == 1 ? sorted[half] : 0.5 * (sorted[half - 1] + sorted[half]);
        }

        /** What to add to a stamp to have the recorder's time, seconds. */
        double at(double stamp) {
            return offset + slope * (stamp - middle);
        }

        /** The stamp at a time of the recorder's. */
        double stamp(double recorder) {
            // offset(s) + s = recorder
            return middle + (recorder - offset - middle) / (1 + slope);
        }

        /** By how much measurements typically stray from the line, seconds. */
        double error() {
            return error;
        }

        private double distance(double stamp) {
            return stamp < first ? first - stamp : Math.max(0, stamp - last);
        }
    }

    /** Of a stream whose clock nobody measured. */
    private static final Line NONE = new Line(0, new double[]{0}, new double[]{0});

    private final List<Line> lines = new ArrayList<>();
    private final List<double[]> segment = new ArrayList<>(); // stamp and offset
    private long position;
    private long count;

    /** @param at where in the file the measurement stands */
    void add(double stamp, double offset, long at) {
        if (!Double.isFinite(stamp) || !Double.isFinite(offset) || Math.abs(stamp) > XdfFile.MAX_TIME_S
                || Math.abs(offset) > XdfFile.MAX_TIME_S) {
            return;
        }
        if (!segment.isEmpty() && (stamp < segment.getLast()[0] || Math.abs(offset - segment.getLast()[1]) > RESET_S)) {
            close();
        }
        if (segment.isEmpty()) {
            position = at;
        }
        segment.add(new double[]{stamp, offset});
        count++;
    }

    /** Nothing more is added. */
    void close() {
        if (segment.isEmpty()) {
            return;
        }
        int used = Math.min(MOST, segment.size());
        double[] stamps = new double[used];
        double[] offsets = new double[used];
        for (int i = 0; i < used; i++) {
            double[] one = segment.get((int) ((long) i * (segment.size() - 1) / Math.max(1, used - 1)));
            stamps[i] = one[0];
            offsets[i] = one[1];
        }
        lines.add(new Line(position, stamps, offsets));
        segment.clear();
    }

    /** Number of measurements. */
    long count() {
        return count;
    }

    /** Number of times the clock began anew. */
    int resets() {
        return Math.max(0, lines.size() - 1);
    }

    /**
     * The line on which a stream's first sample lies; 0 if nothing was measured.
     *
     * @param at where in the file the sample stands
     */
    int first(double stamp, long at) {
        int line = 0;
        while (line + 1 < lines.size() && lines.get(line + 1).position <= at) {
            line++;
        }
        // Samples after a reset come before the first measurement that shows it.
        return line + 1 < lines.size() && lines.get(line + 1).distance(stamp) < lines.get(line).distance(stamp)
                ? line + 1
                : line;
    }

    /**
     * The line on which the next sample lies.
     *
     * @param current the line of the sample before it
     * @param back whether its stamp lies before that of the sample before it, by more than disorder
     */
    int next(int current, double stamp, boolean back) {
        int line = current;
        boolean again = back;
        while (line + 1 < lines.size()) {
            double here = lines.get(line).distance(stamp);
            double there = lines.get(line + 1).distance(stamp);
            if (!(again && there <= NEAR_S) && !(here > NEAR_S && there < here)) {
                break;
            }
            again = false;
            line++;
        }
        return line;
    }

    Line line(int index) {
        return lines.isEmpty() ? NONE : lines.get(index);
    }
}
