package kappa.fitting.baseline;

import kappa.fitting.filter.GainTracker;
import kappa.fitting.kernel.KernelProvider;

/**
 * Another model's rates, each neuron's gain tracked on top of it, across trials. The other model is shown every bin
 * first. Not thread-safe.
 */
final class GainTrackedPredictor implements Predictor {

    private final GainTracker tracker;
    private final float[] rate;

    /** @param rate [N] where the other model writes what it predicts */
    GainTrackedPredictor(float[] rate) {
        this.rate = rate;
        tracker = new GainTracker(KernelProvider.kernels(), rate.length);
    }

    @Override
    public void predict(float[] u, float[] out) {
        for (int i = 0; i < rate.length; i++) {
            out[i] = rate[i] * tracker.factors()[i];
        }
    }

    @Override
    public void observe(float[] y) {
        tracker.learn(y, 0, rate);
    }
}
