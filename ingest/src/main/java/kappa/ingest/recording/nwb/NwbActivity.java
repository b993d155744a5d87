package kappa.ingest.recording.nwb;

import java.util.List;
import java.util.Optional;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.SpikeTimes;

/** What an NWB session observes: spikes of units, or the channels of a time series. One thread reads at a time. */
sealed interface NwbActivity permits UnitActivity, JoinedUnits, SeriesActivity {

    /**
     * What is observed.
     *
     * @param neurons N unique ids
     * @param width of a bin, seconds
     * @param choice how the observation was chosen, as one line to print
     */
    record Description(List<String> neurons, double width, Observation observation, String choice) {}

    Description description();

    default double width() {
        return description().width();
    }

    /** Seconds from the first to the last thing that is known, on the recording's clock. */
    double[] extent();

    /** What the file says of its spikes' times; empty for a series. */
    Optional<SpikeTimes> spikeTimes(NwbTrials trials);

    /** The series whose channels are observed; empty for spikes. */
    Optional<NwbSeries> series();

    /** Throws if nothing is observed in any trial. */
    void requireObservedIn(NwbTrials trials);

    /**
     * Writes bins of a trial.
     *
     * @param start of the trial, seconds
     * @param out [bins, N], zeros; NaN afterwards where not observed
     */
    void fill(double start, int firstBin, int bins, float[] out);
}
