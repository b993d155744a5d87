package kappa.fitting.baseline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kappa.fitting.model.ConstantRate;
import kappa.fitting.model.Score;
import kappa.fitting.model.Trial;
import kappa.fitting.offline.SessionReader;
import kappa.ingest.recording.Observation;

/**
 * The least that a fit must beat: each neuron's exponentially weighted mean within the trial, drawn to its mean over past trials,
 *
 * <pre>
 * (sum_j e^{-j/tau} y_{t-j} + p mean) / (sum_j e^{-j/tau} + p),   tau = 8 bins and p = 2 for counts, 2 bins and 0.1 for signals
 * </pre>
 *
 * <p>scored one bin ahead as the filter's prediction is. It chooses nothing and begins each trial anew, so that it is cheap and
 * depends on the past only by the means, which a checkpoint holds; {@link Baseline} has the smoothing that is tuned. Not
 * thread-safe.
 */
public final class SmoothedScore implements SessionReader.Follower {

    private static final double COUNTS_TAU_BINS = 8;
    private static final double COUNTS_PRIOR = 2;
    private static final double SIGNAL_TAU_BINS = 2;
    private static final double SIGNAL_PRIOR = 0.1;

    private final Observation kind;
    private final ConstantRate past;
    private final double decay;
    private final double prior;
    private final double[] sums;
    private final double[] weights;
    private final float[] bin;
    private final float[] predicted;
    private final Score score = new Score();
    private final List<Double> perTrial = new ArrayList<>();
    private boolean knowsATrial;

    /** @param neurons N, unobserved ones included */
    public SmoothedScore(Observation kind, int neurons) {
        this.kind = kind;
        boolean counts = kind == Observation.COUNTS;
        decay = Math.exp(-1 / (counts ? COUNTS_TAU_BINS : SIGNAL_TAU_BINS));
        prior = counts ? COUNTS_PRIOR : SIGNAL_PRIOR;
        past = new ConstantRate(kind, neurons);
        sums = new double[neurons];
        weights = new double[neurons];
        bin = new float[neurons];
        predicted = new float[neurons];
    }

    /** [N] sums of the activity that was learned from. */
    public double[] sums() {
        return past.sums();
    }

    /** [N] bins of it in which a neuron was observed. */
    public double[] observed() {
        return past.observed();
    }

    /** Goes on where {@link #sums} and {@link #observed} were asked for. */
    public void restore(double[] savedSums, double[] savedObserved) {
        past.restore(savedSums, savedObserved);
        knowsATrial = true;
    }

    /** Scores of the trials since the start, in the unit of {@link Score}: 0 for a session's first, NaN without activity. */
    public List<Double> perTrial() {
        return perTrial;
    }

    @Override
    public void end(Trial trial) {
        perTrial.add(next(trial));
    }

    /** Scores a trial and learns its means. */
    public double next(Trial trial) {
        int n = bin.length;
        if (trial.y().length == 0) {
            return Double.NaN; // left out: nobody has learned from it
        }
        score.clear();
        Arrays.fill(sums, 0);
        Arrays.fill(weights, 0);
        for (int t = trial.warmUp(); t < trial.bins(); t++) {
            System.arraycopy(trial.y(), t * n, bin, 0, n);
            if (knowsATrial) {
                predict();
                long spikes = kind == Observation.COUNTS ? ConstantRate.spikes(bin, 0, n) : 0;
                score.add(Baseline.loss(kind, bin, predicted), past.loss(bin, 0), spikes);
            }
            observe();
        }
        past.learn(trial.y(), trial.warmUp(), trial.bins() - trial.warmUp());
        past.refresh();
        double value = knowsATrial ? score.value(kind) : 0;
        knowsATrial = true;
        return value;
    }

    private void predict() {
        for (int i = 0; i < predicted.length; i++) {
            float rate = (float) ((sums[i] + prior * past.mean()[i]) / (weights[i] + prior));
            predicted[i] = kind == Observation.COUNTS ? Math.max(Baseline.LEAST_RATE, rate) : rate;
        }
    }

    private void observe() {
        for (int i = 0; i < bin.length; i++) {
            boolean observed = !Float.isNaN(bin[i]);
            sums[i] = decay * (sums[i] + (observed ? bin[i] : 0));
            weights[i] = decay * (weights[i] + (observed ? 1 : 0));
        }
    }
}
