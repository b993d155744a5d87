package kappa.fitting.filter;

import java.util.Arrays;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.model.FitPlan;

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

    private static final float PRIOR_SPIKES = 10;

    private final RnnKernels kernels;
    private final float decay;
    private final float[] seen;
    private final float[] predicted;
    private final float[] factors;
    private final float[] scratch = new float[RnnKernels.SCRATCH];

    public GainTracker(RnnKernels kernels, int neurons) {
        this(kernels, neurons, FitPlan.DEFAULT_TRACKER_BINS);
    }

    /** @param bins the time constant tau */
    public GainTracker(RnnKernels kernels, int neurons, double bins) {
        this.kernels = kernels;
        decay = (float) Math.exp(-1 / bins);
        seen = new float[neurons];
        predicted = new float[neurons];
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
     * @return by how much the factors, as they were before, change the loss of the bin, in nats: sum_i (f_i - 1) rate_i - y_i
     *         log f_i over observed neurons
     */
    public double learn(float[] y, int yOffset, float[] rate) {
        return kernels.followGains(y, yOffset, rate, decay, PRIOR_SPIKES, seen, predicted, factors, scratch);
    }

    /** The two sums, [2 N], for a checkpoint. */
    public double[] save() {
        double[] out = new double[2 * seen.length];
        for (int i = 0; i < seen.length; i++) {
            out[i] = seen[i];
            out[seen.length + i] = predicted[i];
        }
        return out;
    }

    /** Goes on where {@link #save} was called. */
    public void restore(double[] saved) {
        for (int i = 0; i < factors.length; i++) {
            seen[i] = (float) saved[i];
            predicted[i] = (float) saved[seen.length + i];
            factors[i] = (seen[i] + PRIOR_SPIKES) / (predicted[i] + PRIOR_SPIKES);
        }
    }
}
