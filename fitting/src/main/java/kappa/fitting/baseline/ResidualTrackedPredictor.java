package kappa.fitting.baseline;

import kappa.fitting.filter.ResidualTracker;
import kappa.fitting.model.ConstantRate;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.Trial;

/**
 * Another model's rates or currents, with what it leaves of each neuron tracked on top of it, across trials. The other model is
 * shown every bin first. Not thread-safe.
 */
final class ResidualTrackedPredictor implements Predictor {

    private final ResidualTracker tracker;
    private final float[] model;
    private final ConstantRate past;
    private final float[] mean;
    private boolean learned;

    /** @param model [N] where the other model writes what it predicts */
    ResidualTrackedPredictor(FitPlan plan, float[] model) {
        this.model = model;
        past = new ConstantRate(plan.kind(), model.length);
        mean = new float[model.length];
        tracker = new ResidualTracker(model.length);
    }

    @Override
    public void predict(float[] u, float[] out) {
        double[] expected = tracker.expected(model, past.mean());
        for (int i = 0; i < model.length; i++) {
            out[i] = (float) (model[i] + expected[i]);
        }
    }

    @Override
    public void observe(float[] y) {
        if (learned) {
            tracker.learn(y, 0, model, past.mean());
        } else {
            // The other model knows nothing yet.
            past.meanSoFar(mean);
            tracker.learn(y, 0, mean, mean);
        }
        past.learn(y, 0, 1);
    }

    @Override
    public void learn(Trial trial) {
        learned = true;
        past.refresh();
        tracker.endTrial();
    }
}
