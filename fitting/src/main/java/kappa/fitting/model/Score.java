package kappa.fitting.model;

import java.util.List;
import kappa.ingest.recording.Observation;

/**
 * How well activity is predicted, and the owner of the two measures: for counts bits per spike against the constant-rate model,
 * (L_constant - L_model) / (spikes ln 2) with L the negative log likelihoods; R2 = 1 - SSE / SST for the rest. A score is NaN
 * where there is nothing to score: no spike, or no variance. Instances add up a prequential score bin by bin. Not thread-safe.
 */
public final class Score {

    private double model;
    private double baseline;
    private long spikes;

    /** @param nats by which the model's log likelihood is above its opponent's */
    public static double bitsPerSpike(double nats, double spikes) {
        return spikes > 0 ? nats / (spikes * Math.log(2)) : Double.NaN;
    }

    /**
     * R2.
     *
     * @param sse sum of squared errors
     * @param sst sum of squares about the mean
     */
    public static double r2(double sse, double sst) {
        return sst > 0 ? 1 - sse / sst : Double.NaN;
    }

    /** Adds a bin: losses in the unit of the kernels, and the bin's spikes, which only counts have. */
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

    /** Of what was added; NaN where there is nothing to score. */
    public double value(Observation kind) {
        return kind == Observation.COUNTS ? bitsPerSpike(baseline - model, (double) spikes) : r2(model, baseline);
    }

    public static String unit(Observation kind) {
        return kind == Observation.COUNTS ? "bits/spike" : "r2";
    }

    /** The mean of the scores from one on, those left out that had nothing to score; 0 without any. */
    public static double mean(List<Double> scores, long from) {
        return scores.stream().skip(from).mapToDouble(x -> x).filter(x -> !Double.isNaN(x)).average().orElse(0);
    }
}
