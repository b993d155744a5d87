package kappa.ingest.recording.nwb;

import java.util.List;
import kappa.ingest.recording.Observation;

/** What an NWB session observes: spikes of units, or the channels of a time series. One thread reads at a time. */
sealed interface NwbActivity permits UnitActivity, SeriesActivity {

    /** N unique ids. */
    List<String> neurons();

    /** Width of a bin, seconds. */
    double width();

    Observation observation();

    /** How {@link #observation} was chosen, as one line to print. */
    String observationChoice();

    /** Seconds from the first to the last thing that is known, on the recording's clock. */
    double[] extent();

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
