package kappa.fitting.online;

import java.util.Arrays;

/**
 * Follows slow drifts of each neuron's gain: electrodes move, attention comes and goes. A predicted rate is
 * multiplied with
 *
 * <pre>
 * (sum_j d^j y_{t-j} + 10) / (sum_j d^j rate_{t-j} + 10)        d = exp(-1/tau) per bin, j from 1 on
 * </pre>
 *
 * <p>the count that was seen over the count that was predicted before any tracking, in about the last tau bins (30
 * unless told otherwise), drawn to 1 by ten spikes' worth of trust in the model. Nothing is allocated per bin. Not thread-safe.
 */
public final class GainTracker {

    public static final double DEFAULT_BINS = 30;

    private static final double PRIOR_SPIKES = 10;

    private final double decay;
    private final double[] seen;
    private final double[] predicted;
    private final float[] factors;

    public GainTracker(int neurons) {
        this(neurons, DEFAULT_BINS);
    }

    /** @param bins the time constant tau */
    public GainTracker(int neurons, double bins) {
        decay = Math.exp(-1 / bins);
        seen = new double[neurons];
        predicted = new double[neurons];
        factors = new float[neurons];
        Arrays.fill(factors, 1);
    }

    /** What the next bin's rates are to be multiplied with, [N]; the owner's array. */
    public float[] factors() {
        return factors;
    }

    /**
     * Takes a bin into account. Neurons that were not observed keep their factor.
     *
     * @param y counts from {@code yOffset} on, N numbers, NaN where not observed
     * @param rate what was predicted of the bin without tracking, N numbers
     */
    public void learn(float[] y, int yOffset, float[] rate) {
        for (int i = 0; i < factors.length; i++) {
            float value = y[yOffset + i];
            if (!Float.isNaN(value)) {
                seen[i] = decay * (seen[i] + value);
                predicted[i] = decay * (predicted[i] + rate[i]);
                factors[i] = (float) ((seen[i] + PRIOR_SPIKES) / (predicted[i] + PRIOR_SPIKES));
            }
        }
    }

    /**
     * By how much tracking changes the loss of a bin of counts, in nats: sum_i (f_i - 1) rate_i - y_i log f_i over observed
     * neurons.
     *
     * @param rate what is predicted without tracking, N numbers
     */
    public double lossChange(float[] y, int yOffset, float[] rate) {
        double sum = 0;
        for (int i = 0; i < factors.length; i++) {
            float value = y[yOffset + i];
            if (!Float.isNaN(value)) {
                sum += (factors[i] - 1) * rate[i];
                if (value > 0) {
                    sum -= value * Math.log(factors[i]);
                }
            }
        }
        return sum;
    }

    /** The two sums, [2 N], for a checkpoint. */
    public double[] save() {
        double[] out = Arrays.copyOf(seen, 2 * seen.length);
        System.arraycopy(predicted, 0, out, seen.length, seen.length);
        return out;
    }

    /** Goes on where {@link #save} was called. */
    public void restore(double[] saved) {
        System.arraycopy(saved, 0, seen, 0, seen.length);
        System.arraycopy(saved, seen.length, predicted, 0, seen.length);
        for (int i = 0; i < factors.length; i++) {
            factors[i] = (float) ((seen[i] + PRIOR_SPIKES) / (predicted[i] + PRIOR_SPIKES));
        }
    }
}
