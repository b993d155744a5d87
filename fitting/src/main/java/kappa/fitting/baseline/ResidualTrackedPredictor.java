package kappa.fitting.baseline;

import kappa.fitting.filter.ResidualTracker;
import kappa.fitting.model.Trial;

/**
 * Another model's rates or currents, with what it leaves of each neuron tracked on top of it, across trials. The other model is
 * shown every bin first. Not thread-safe.
 */
final class ResidualTrackedPredictor implements Predictor {

    private final ResidualTracker tracker;
    private final float[] model;

    /** @param model [N] where the other model writes what it predicts */
    ResidualTrackedPredictor(float[] model) {
        this.model = model;
        tracker = new ResidualTracker(model.length);
    }

    @Override
    public void predict(float[] u, float[] out) {
        double[] expected = tracker.expected();
        for (int i = 0; i < model.length; i++) {
            out[i] = (float) (model[i] + expected[i]);
        }
    }

    @Override
    public void observe(float[] y) {
        tracker.learn(y, 0, model);
    }

    @Override
    public void learn(Trial trial) {
        tracker.endTrial();
    }
}
