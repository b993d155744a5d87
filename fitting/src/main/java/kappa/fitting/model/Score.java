package kappa.fitting.model;

import kappa.ingest.recording.Observation;

/**
 * A prequential score being added up: bits per spike against the constant-rate model, (L_constant - L_model) / (spikes ln 2)
 * with L the negative log likelihoods, for counts; R2 = 1 - SSE / SST, SST about the past means, for the rest.
 */
public final class Score {

    private double model;
    private double baseline;
    private long spikes;

    public void add(double modelLoss, double baselineLoss, long spikesOfBin) {
        model += modelLoss;
        baseline += baselineLoss;
        spikes += spikesOfBin;
    }

    public void clear() {
        model = 0;
        baseline = 0;
        spikes = 0;
    }

    /** 0, the constant-rate model's own score, where nothing was scored. */
    public double value(Observation kind) {
        if (kind == Observation.COUNTS) {
            return spikes == 0 ? 0 : (baseline - model) / (spikes * Math.log(2));
        }
        return baseline == 0 ? 0 : 1 - model / baseline;
    }

    public static String unit(Observation kind) {
        return kind == Observation.COUNTS ? "bits/spike" : "r2";
    }
}
