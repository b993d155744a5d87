package kappa.fitting.baseline;

import kappa.fitting.filter.OwnPast;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.Trial;

/** Each neuron's regression on its own past ({@link OwnPast}). For rates and currents. */
final class AutoRegression implements Predictor {

    private final OwnPast past;

    AutoRegression(FitPlan plan) {
        past = new OwnPast(plan.neurons());
    }

    @Override
    public void predict(float[] u, float[] out) {
        double[] predicted = past.predicted();
        for (int i = 0; i < out.length; i++) {
            out[i] = Double.isNaN(predicted[i]) ? 0 : (float) predicted[i];
        }
    }

    @Override
    public void observe(float[] y) {
        past.observe(y, 0);
    }

    @Override
    public void learn(Trial trial) {
        past.learn();
    }
}
