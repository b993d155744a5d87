package kappa.fitting.baseline;

import kappa.fitting.model.ConstantRate;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.Observation;

/**
 * Each neuron's exponentially weighted mean, drawn to its mean over past trials:
 *
 * <pre>
 * (sum_j e^{-j/tau} y_{t-j} + p mean) / (sum_j e^{-j/tau} + p)
 * </pre>
 *
 * <p>The mean goes on across the beginning of a trial, because gains drift. tau and p are the pair out of a small grid that would
 * have predicted all past trials best, the same for all neurons.
 */
final class SmoothedRate implements Predictor {

    private static final double[] TIME_CONSTANTS = {1, 4, 8, 16, 40};
    private static final double[] PRIORS = {0.1, 2, 8};

    private final Observation kind;
    private final ConstantRate past;
    private final double[][] sums;
    private final double[][] weights;
    private final double[] losses;
    private final float[] tried;
    private int best;

    SmoothedRate(FitPlan plan) {
        kind = plan.kind();
        past = new ConstantRate(kind, plan.neurons());
        sums = new double[TIME_CONSTANTS.length][plan.neurons()];
        weights = new double[TIME_CONSTANTS.length][plan.neurons()];
        losses = new double[TIME_CONSTANTS.length * PRIORS.length];
        tried = new float[plan.neurons()];
    }

    @Override
    public void predict(float[] u, float[] out) {
        predict(best, out);
    }

    private void predict(int choice, float[] out) {
        double prior = PRIORS[choice % PRIORS.length];
        double[] sum = sums[choice / PRIORS.length];
        double[] weight = weights[choice / PRIORS.length];
        for (int i = 0; i < out.length; i++) {
            float rate = (float) ((sum[i] + prior * past.mean()[i]) / (weight[i] + prior));
            out[i] = kind == Observation.COUNTS ? Math.max(Baseline.LEAST_RATE, rate) : rate;
        }
    }

    @Override
    public void observe(float[] y) {
        for (int choice = 0; choice < losses.length; choice++) {
            predict(choice, tried);
            losses[choice] += Baseline.loss(kind, y, tried);
        }
        for (int c = 0; c < TIME_CONSTANTS.length; c++) {
            double decay = Math.exp(-1 / TIME_CONSTANTS[c]);
            for (int i = 0; i < y.length; i++) {
                boolean observed = !Float.isNaN(y[i]);
                sums[c][i] = decay * (sums[c][i] + (observed ? y[i] : 0));
                weights[c][i] = decay * (weights[c][i] + (observed ? 1 : 0));
            }
        }
        past.learn(y, 0, 1);
    }

    @Override
    public void learn(Trial trial) {
        past.refresh();
        for (int choice = 0; choice < losses.length; choice++) {
            best = losses[choice] < losses[best] ? choice : best;
        }
    }
}
