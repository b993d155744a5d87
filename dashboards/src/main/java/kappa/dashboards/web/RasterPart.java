package kappa.dashboards.web;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import kappa.ingest.recording.Observation;
import kappa.ingest.session.ActivityHistory;
import kappa.ingest.session.SessionState;

/**
 * Activity of many neurons in the last seconds.
 *
 * @param first the bin of the first column
 * @param ids of the rows
 * @param rows one digit for each bin: counts up to 9; other activity in ten steps from the row's smallest to its largest value; a
 *        dot where the neuron was not observed
 */
record RasterPart(long first, List<String> ids, List<String> rows) {

    static final int MOST_NEURONS = 96;
    private static final int MOST_BINS = 300;
    private static final double SECONDS = 5;
    private static final int MOST = 9;

    /** Evenly spread neurons, if there are more than can be shown. */
    static RasterPart of(SessionState state) {
        List<String> all = state.description().neurons();
        ActivityHistory activity = state.activity();
        int every = (all.size() + MOST_NEURONS - 1) / MOST_NEURONS;
        int[] neurons = IntStream.range(0, all.size()).filter(i -> i % Math.max(1, every) == 0).toArray();
        long last = state.newestRecorded();
        int bins = Math.clamp(Math.round(SECONDS / state.description().binWidthS()), 10,
                Math.min(MOST_BINS, Math.max(10, activity.capacity())));
        long first = Math.max(0, last - bins + 1);
        boolean counts = state.description().observation() == Observation.COUNTS;
        return new RasterPart(first, Arrays.stream(neurons).mapToObj(all::get).toList(), Arrays.stream(neurons)
                .mapToObj(neuron -> row(activity, neuron, first, last, counts)).toList());
    }

    private static String row(ActivityHistory activity, int neuron, long first, long last, boolean counts) {
        float low = Float.POSITIVE_INFINITY;
        float high = Float.NEGATIVE_INFINITY;
        for (long bin = first; bin <= last; bin++) {
            float value = activity.value(neuron, bin);
            if (!Float.isNaN(value)) {
                low = Math.min(low, value);
                high = Math.max(high, value);
            }
        }
        StringBuilder row = new StringBuilder();
        for (long bin = first; bin <= last; bin++) {
            float value = activity.value(neuron, bin);
            if (Float.isNaN(value)) {
                row.append('.');
            } else {
                row.append(
                        (int) Math.clamp(counts ? value : high > low ? MOST * ((double) value - low) / (high - low) : 0,
                                0, MOST));
            }
        }
        return row.toString();
    }
}
