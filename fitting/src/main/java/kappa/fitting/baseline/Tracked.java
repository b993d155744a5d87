package kappa.fitting.baseline;

import kappa.fitting.online.GainTracker;
import kappa.fitting.online.Start;
import kappa.fitting.online.Trial;

/** Another model's rates, each neuron's gain tracked on top of it. Not thread-safe. */
final class Tracked implements Predictor {

    private final Predictor model;
    private final GainTracker tracker;
    private final float[] rate;

    Tracked(Predictor model, int neurons) {
        this.model = model;
        tracker = new GainTracker(neurons);
        rate = new float[neurons];
    }

    @Override
    public void begin(Start start) {
        model.begin(start);
    }

    @Override
    public void predict(float[] u, float[] out) {
        model.predict(u, rate);
        for (int i = 0; i < rate.length; i++) {
            out[i] = rate[i] * tracker.factors()[i];
        }
    }

    @Override
    public void observe(float[] y) {
        tracker.learn(y, 0, rate);
        model.observe(y);
    }

    @Override
    public void learn(Trial trial) {
        model.learn(trial);
    }
}
