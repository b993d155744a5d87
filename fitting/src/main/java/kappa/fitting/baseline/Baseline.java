package kappa.fitting.baseline;

import java.util.ArrayList;
import java.util.List;
import kappa.fitting.model.ConstantRate;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.Score;
import kappa.fitting.model.Start;
import kappa.fitting.model.Trial;
import kappa.fitting.offline.SessionReader;
import kappa.ingest.recording.Observation;

/**
 * A simple model that follows a session and is scored as the one-step prediction of the fit is: against each neuron's
 * past mean, trial by trial, before anything is learned from the trial. Causal throughout. Not thread-safe.
 */
public final class Baseline implements SessionReader.Follower {

    /** A mean count is never taken to be 0, or one spike would cost everything. */
    static final float LEAST_RATE = 1e-3f;

    private final String name;
    private final Observation kind;
    private final Predictor predictor;
    private final ConstantRate constantRate;
    private final Score score = new Score();
    private final float[] predicted;
    private final List<Double> perTrial = new ArrayList<>();

    Baseline(String name, FitPlan plan, Predictor predictor) {
        this.name = name;
        this.predictor = predictor;
        kind = plan.kind();
        constantRate = new ConstantRate(kind, plan.neurons());
        predicted = new float[plan.neurons()];
    }

    /**
     * All that suit the observation, in the order in which they must be shown each bin: a tracker of gains for counts, one of
     * what is left for rates and currents, which have a regression of each neuron on its own past, too.
     */
    public static List<Baseline> all(FitPlan plan) {
        List<Baseline> all = new ArrayList<>();
        all.add(new Baseline("smoothed", plan, new SmoothedRate(plan)));
        for (Baseline model : List.of(new Baseline("psth", plan, new Psth(plan)),
                new Baseline("kalman", plan, new KalmanModel(plan)))) {
            all.add(model);
            all.add(new Baseline(model.name + "+tracker", plan, plan.kind() == Observation.COUNTS
                    ? new GainTrackedPredictor(model.predicted)
                    : new ResidualTrackedPredictor(plan, model.predicted)));
        }
        if (plan.kind() != Observation.COUNTS) {
            all.add(new Baseline("ar", plan, new AutoRegression(plan)));
        }
        return all;
    }

    public String name() {
        return name;
    }

    /**
     * Scores of the trials so far, in the unit of {@link Score}. The first trial has score 0, because there is no
     * earlier one.
     */
    public List<Double> perTrial() {
        return perTrial;
    }

    @Override
    public void begin(Start start) {
        predictor.begin(start);
    }

    @Override
    public void bin(float[] y, float[] u, float[] v) {
        predictor.predict(u, predicted);
        if (!perTrial.isEmpty()) {
            long spikes = kind == Observation.COUNTS ? ConstantRate.spikes(y, 0, y.length) : 0;
            score.add(loss(kind, y, predicted), constantRate.loss(y, 0), spikes);
        }
        predictor.observe(y);
        constantRate.learn(y, 0, 1);
    }

    /** In the unit of {@link kappa.fitting.kernel.RnnKernels#loss}. */
    static double loss(Observation kind, float[] y, float[] predicted) {
        double sum = 0;
        for (int i = 0; i < y.length; i++) {
            if (Float.isNaN(y[i])) {
                continue;
            }
            if (kind == Observation.COUNTS) {
                sum += predicted[i] - (y[i] > 0 ? y[i] * Math.log(predicted[i]) : 0);
            } else {
                sum += (y[i] - predicted[i]) * (y[i] - predicted[i]);
            }
        }
        return sum;
    }

    @Override
    public void end(Trial trial) {
        perTrial.add(perTrial.isEmpty() ? 0 : score.value(kind));
        score.clear();
        constantRate.refresh();
        predictor.learn(trial);
    }
}
