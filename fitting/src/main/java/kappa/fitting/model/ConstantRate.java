package kappa.fitting.model;

import java.util.Arrays;
import kappa.ingest.recording.Observation;

/**
 * The reference model of scores: each neuron has the mean of its own past. It is updated between trials, as the fit
 * is, so that both know the same bins. Not thread-safe.
 */
public final class ConstantRate {

    /** Half a spike: a neuron that was silent so far may still fire. */
    private static final double PRIOR_SPIKES = 0.5;

    private final Observation kind;
    private final double[] sums;
    private final double[] observed;
    private final float[] mean;
    private final float[] logMean;
    /** [N] means of an earlier session, for neurons that were not observed yet in this one; empty if there is none. */
    private final float[] earlier;
    private double meanOfAll;

    public ConstantRate(Observation kind, int neurons) {
        this(kind, neurons, new float[0]);
    }

    /** @param earlier [N] means of an earlier session, which are the model until a neuron's first trial is over; may be empty */
    public ConstantRate(Observation kind, int neurons, float[] earlier) {
        this.kind = kind;
        this.earlier = earlier;
        sums = new double[neurons];
        observed = new double[neurons];
        mean = new float[neurons];
        logMean = new float[neurons];
        if (earlier.length > 0) {
            refresh();
        }
    }

    /** Adds bins [bins,N] of activity to the past; {@link #refresh} makes the means follow. */
    public void learn(float[] y, int firstBin, int bins) {
        int N = sums.length;
        for (int t = firstBin; t < firstBin + bins; t++) {
            for (int i = 0; i < N; i++) {
                float value = y[t * N + i];
                if (!Float.isNaN(value)) {
                    sums[i] += value;
                    observed[i]++;
                }
            }
        }
    }

    /** Brings the means up to date with what was learned, which happens between trials. */
    public void refresh() {
        meanOfAll = 0;
        for (int i = 0; i < sums.length; i++) {
            double prior = kind == Observation.COUNTS ? PRIOR_SPIKES : 0;
            mean[i] = observed[i] == 0 && earlier.length > 0
                    ? earlier[i]
                    : (float) ((sums[i] + prior) / Math.max(1, observed[i]));
            logMean[i] = (float) Math.log(mean[i]);
            meanOfAll += mean[i];
        }
    }

    /** Loss of one bin, in the unit of {@link kappa.fitting.kernel.RnnKernels#loss}. */
    public double loss(float[] y, int yOffset) {
        double sum = kind == Observation.COUNTS ? meanOfAll : 0;
        for (int i = 0; i < mean.length; i++) {
            float value = y[yOffset + i];
            if (kind == Observation.COUNTS) {
                // Not asked whether it is zero: the processor would guess wrongly for every other neuron.
                sum -= Float.isNaN(value) ? mean[i] : value * logMean[i];
            } else if (!Float.isNaN(value)) {
                double error = value - mean[i];
                sum += error * error;
            }
        }
        return sum;
    }

    /** Writes each neuron's mean up to this bin, [N], NaN where it was not observed yet. */
    public void meanSoFar(float[] out) {
        for (int i = 0; i < out.length; i++) {
            out[i] = observed[i] > 0 ? (float) (sums[i] / observed[i]) : Float.NaN;
        }
    }

    /** Each neuron's mean, [N]; the owner's array. */
    public float[] mean() {
        return mean;
    }

    /** Each neuron's mean, NaN for one that was never observed, [N]; a copy. */
    public float[] observedMean() {
        float[] out = mean.clone();
        for (int i = 0; i < out.length; i++) {
            out[i] = observed[i] == 0 ? Float.NaN : out[i];
        }
        return out;
    }

    public double[] sums() {
        return sums.clone();
    }

    public double[] observed() {
        return observed.clone();
    }

    public void restore(double[] savedSums, double[] savedObserved) {
        System.arraycopy(savedSums, 0, sums, 0, sums.length);
        System.arraycopy(savedObserved, 0, observed, 0, observed.length);
        if (Arrays.stream(observed).anyMatch(count -> count > 0)) {
            refresh();
        }
    }

    /** Spikes among observed neurons of one bin. */
    public static long spikes(float[] y, int yOffset, int neurons) {
        double sum = 0;
        for (int i = 0; i < neurons; i++) {
            float value = y[yOffset + i];
            sum += Float.isNaN(value) ? 0 : value;
        }
        return Math.round(sum);
    }
}
