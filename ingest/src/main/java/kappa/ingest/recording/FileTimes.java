package kappa.ingest.recording;

import java.util.List;
import java.util.Optional;

/**
 * What a file says of times, before they become bins. A reader collects it; {@link Plausibility} judges it.
 *
 * @param starts when each chosen trial begins, seconds, in the file's order; NaN where the file does not say; empty without
 *        trials. Owned by this record, not to be written to
 * @param stops when each of them ends, likewise
 * @param spikes of the chosen units; empty where the neurons are the channels of a series
 * @param series that are used: as neurons, inputs or behaviour
 */
public record FileTimes(double[] starts, double[] stops, Optional<SpikeTimes> spikes, List<Series> series) {

    /**
     * When a time series was sampled.
     *
     * @param first time of a sample, seconds; NaN without samples
     * @param last likewise
     * @param regular whether the file gives a rate, and no time for each sample
     * @param badStamps samples that are left out because their time stamps are not in order, or no numbers
     * @param firstBad the first of them; -1 if there are none
     */
    public record Series(String name, long samples, int channels, double first, double last, boolean regular,
            int badStamps, long firstBad) {}

    public FileTimes {
        series = List.copyOf(series);
    }

    /** When the first trial begins; NaN without trials. */
    double firstStart() {
        return extreme(starts, true);
    }

    /** When the last trial ends; NaN if no trial has an end. */
    double lastStop() {
        return extreme(stops, false);
    }

    private static double extreme(double[] times, boolean least) {
        double found = Double.NaN;
        for (double time : times) {
            if (!Double.isNaN(time) && (Double.isNaN(found) || (least ? time < found : time > found))) {
                found = time;
            }
        }
        return found;
    }
}
