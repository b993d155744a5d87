package kappa.fitting.baseline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kappa.fitting.evaluation.Conditions;
import kappa.fitting.model.ConstantRate;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.Start;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.Observation;

/**
 * The peri-stimulus time histogram: the mean over earlier trials of the same condition at the same bin, smoothed over
 * neighbouring bins (Gaussian, {@value #SMOOTHING_BINS} bins) and drawn to the neuron's mean as {@value #PRIOR_BINS}
 * bins of it would.
 *
 * <p>Two trials are of one condition if their inputs are the same, rounded ({@link Conditions}), as far as the bin
 * that is predicted: nothing is known of inputs to come. Where no earlier trial had these inputs, all trials are the
 * condition; so it is throughout where inputs carry noise of their own. Segments of a session without trials have
 * nothing in common: there the prediction is the neuron's mean.
 */
final class Psth implements Predictor {

    private static final double SMOOTHING_BINS = 3;
    private static final double PRIOR_BINS = 10;
    /** Largest memory of the sums, 64 MB. With noisy inputs every trial would be a new condition. */
    private static final long MAX_SUMS = 16_000_000 / 4;

    private final Observation kind;
    private final int neurons;
    private final int inputs;
    private final ConstantRate past;
    private final Condition everything;
    private final List<Condition> conditions = new ArrayList<>();
    private final List<Condition> agreeing = new ArrayList<>();
    private float[] u = new float[0];
    private int bin;
    private boolean trial;

    /** Sums over the trials of one condition: [bins,N], grown as needed. */
    private static final class Condition {
        final long[] key;
        float[][] sums = new float[0][];
        float[][] observed = new float[0][];
        float[][] smoothSums = new float[0][];
        float[][] smoothObserved = new float[0][];

        Condition(long[] key) {
            this.key = key;
        }
    }

    Psth(FitPlan plan) {
        kind = plan.kind();
        neurons = plan.neurons();
        inputs = plan.inputs();
        past = new ConstantRate(kind, neurons);
        everything = new Condition(new long[0]);
    }

    @Override
    public void begin(Start start) {
        trial = start == Start.TRIAL;
        bin = -1;
        agreeing.clear();
        agreeing.addAll(conditions);
    }

    @Override
    public void predict(float[] input, float[] out) {
        bin++;
        if (u.length < (bin + 1) * inputs) {
            u = Arrays.copyOf(u, Math.max(2 * u.length, (bin + 1) * inputs));
        }
        System.arraycopy(input, 0, u, bin * inputs, inputs);
        agreeing.removeIf(condition -> !agrees(condition, input));
        System.arraycopy(past.mean(), 0, out, 0, neurons);
        if (trial) {
            predictFrom(agreeing.isEmpty() ? List.of(everything) : agreeing, out);
        }
        if (kind == Observation.COUNTS) {
            for (int i = 0; i < neurons; i++) {
                out[i] = Math.max(Baseline.LEAST_RATE, out[i]);
            }
        }
    }

    private boolean agrees(Condition condition, float[] input) {
        if ((bin + 1) * inputs > condition.key.length) {
            return false;
        }
        for (int s = 0; s < inputs; s++) {
            if (condition.key[bin * inputs + s] != Conditions.rounded(input[s])) {
                return false;
            }
        }
        return true;
    }

    private void predictFrom(List<Condition> from, float[] out) {
        for (int i = 0; i < neurons; i++) {
            double sum = PRIOR_BINS * out[i];
            double observed = PRIOR_BINS;
            for (Condition condition : from) {
                if (bin < condition.smoothSums.length) {
                    sum += condition.smoothSums[bin][i];
                    observed += condition.smoothObserved[bin][i];
                }
            }
            out[i] = (float) (sum / observed);
        }
    }

    @Override
    public void observe(float[] y) {
        past.learn(y, 0, 1);
    }

    @Override
    public void learn(Trial learned) {
        past.refresh();
        if (!trial) {
            return;
        }
        long[] key = new long[(bin + 1) * inputs];
        for (int i = 0; i < key.length; i++) {
            key[i] = Conditions.rounded(u[i]);
        }
        Condition own = null;
        for (Condition condition : conditions) {
            own = Arrays.equals(condition.key, key) ? condition : own;
        }
        if (own == null && (conditions.size() + 1L) * learned.y().length <= MAX_SUMS) {
            own = new Condition(key);
            conditions.add(own);
        }
        add(everything, learned);
        if (own != null) {
            add(own, learned);
        }
    }

    private void add(Condition to, Trial learned) {
        int bins = learned.bins();
        if (to.sums.length < bins) {
            to.sums = grown(to.sums, bins);
            to.observed = grown(to.observed, bins);
            to.smoothSums = grown(to.smoothSums, bins);
            to.smoothObserved = grown(to.smoothObserved, bins);
        }
        int reach = (int) Math.ceil(3 * SMOOTHING_BINS);
        for (int t = 0; t < bins; t++) {
            for (int i = 0; i < neurons; i++) {
                float y = learned.y()[t * neurons + i];
                if (!Float.isNaN(y)) {
                    to.sums[t][i] += y;
                    to.observed[t][i]++;
                }
            }
        }
        for (int t = 0; t < to.sums.length; t++) {
            Arrays.fill(to.smoothSums[t], 0);
            Arrays.fill(to.smoothObserved[t], 0);
            for (int s = Math.max(0, t - reach); s <= Math.min(to.sums.length - 1, t + reach); s++) {
                float weight = (float) Math.exp(-0.5 * (s - t) * (s - t) / (SMOOTHING_BINS * SMOOTHING_BINS));
                for (int i = 0; i < neurons; i++) {
                    to.smoothSums[t][i] += weight * to.sums[s][i];
                    to.smoothObserved[t][i] += weight * to.observed[s][i];
                }
            }
        }
    }

    private float[][] grown(float[][] rows, int bins) {
        float[][] out = Arrays.copyOf(rows, bins);
        for (int t = rows.length; t < bins; t++) {
            out[t] = new float[neurons];
        }
        return out;
    }
}
