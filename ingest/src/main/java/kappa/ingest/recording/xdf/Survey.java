package kappa.ingest.recording.xdf;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import kappa.ingest.rig.lsl.LslRecording;
import kappa.ingest.rig.lsl.LslRecording.Kind;

/**
 * What must be known of the data stream before it is binned. A live rig listens for some seconds; a file can be looked through.
 *
 * @param units that fired, in order; empty unless samples are spikes
 * @param gapSeconds a longer step between two stamps of a regular stream means that samples are lost
 * @param disorderSeconds how far stamps of an irregular stream go back, at most {@value #MAX_DISORDER_S}
 */
record Survey(List<String> units, double gapSeconds, double disorderSeconds) {

    /** Seconds from whose steps a regular stream's longest is taken, as the rig listens by default. */
    private static final double LISTEN_S = 5;

    /** As many of the longest steps may be losses. */
    private static final int LOSSES = 2;

    private static final double MAX_DISORDER_S = 1;
    private static final int MAX_UNITS = 65_536;

    static Survey of(XdfFile file, StreamChoice choice) {
        boolean regular = choice.data().stream().regular();
        SampleCursor cursor = new SampleCursor(file, choice.data());
        Set<String> units = new LinkedHashSet<>();
        double first = Double.NaN;
        double newest = Double.NEGATIVE_INFINITY;
        double[] widest = new double[1 + LOSSES]; // rising
        double back = 0;
        while (cursor.next() && (!regular || !(cursor.stamp() - first > LISTEN_S))) {
            if (choice.kind() == Kind.SPIKES && units.add(unit(choice, cursor)) && units.size() > MAX_UNITS) {
                throw file.invalid("stream " + choice.data().stream().words() + ": names more than " + MAX_UNITS
                        + " units, expected spikes of fewer");
            }
            double step = cursor.stamp() - newest;
            if (Double.isNaN(first)) {
                first = cursor.stamp();
            } else if (step > 0) {
                keep(widest, step);
            } else if (-step <= MAX_DISORDER_S) {
                back = Math.max(back, -step);
            }
            // Further back is another clock.
            newest = step < -MAX_DISORDER_S ? cursor.stamp() : Math.max(newest, cursor.stamp());
        }
        if (choice.kind() == Kind.SPIKES && units.isEmpty()) {
            throw file.invalid("stream " + choice.data().stream().words() + ": holds no sample that can be read");
        }
        double interval = regular ? 1 / choice.data().stream().rate() : 0;
        return new Survey(LslRecording.sorted(units), LslRecording.GAP_MARGIN * Math.max(widest[0], interval), back);
    }

    /** Puts a step among the widest, if it is one of them. */
    private static void keep(double[] widest, double step) {
        if (step > widest[0]) {
            widest[0] = step;
            Arrays.sort(widest);
        }
    }

    static String unit(StreamChoice choice, SampleCursor cursor) {
        return LslRecording.unit(choice.data().stream(), cursor.values(), 0, cursor.text());
    }
}
