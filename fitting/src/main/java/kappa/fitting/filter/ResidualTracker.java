package kappa.fitting.filter;

import java.util.Arrays;
import java.util.stream.Stream;

/**
 * Follows what a model leaves of each neuron's rates or currents: the neuron's own slow course, such as a baseline that
 * bleaches or drifts, and how far the model is to be believed. With the residuals e = y - prediction, the next one is
 * expected to be
 *
 * <pre>
 * d_t = a_0 (prediction_t - mean) + sum_f a_f s_f,t        s_f,t = w_f s_f,t-1 + (1 - w_f) e_t-1        w_f = exp(-1 / tau_f)
 * </pre>
 *
 * <p>with tau = 1, 6, 36, 216 bins and each neuron's a from the regression of e over about the last {@value #MEMORY_BINS} bins,
 * solved for at the end of each trial and drawn to 0 as by {@value #PRIOR_BINS} bins without residuals. Bins count by the inverse
 * of the residuals' mean square at the time ({@value #POWER_BINS} bins), so that what a model was still to learn at first is not
 * remembered by its size. a_0 lies within -1 and 0: a network is believed wholly, in part, or not at all. A neuron whose
 * predictions got worse by d is predicted without it. Nothing is allocated per bin. Not thread-safe.
 */
public final class ResidualTracker {

    private static final double[] TIME_CONSTANTS = {1, 6, 36, 216};
    private static final int SMOOTHED = TIME_CONSTANTS.length;
    private static final int F = SMOOTHED + 1;
    private static final double MEMORY_BINS = 2_000;
    private static final double PRIOR_BINS = 60;
    private static final double POWER_BINS = 200;
    /** Keeps a matrix of zeros invertible; sums are of order one for each bin. */
    private static final double LEAST = 1e-9;

    private final int neurons;
    private final double[] decays = new double[SMOOTHED];
    /** Rows of [N]: s and the prediction about the mean, a, products of these with each other (upper triangle) and with e. */
    private final double[][] features;
    private final double[][] weights;
    private final double[][] squares = new double[F * (F + 1) / 2][];
    private final double[][] products;
    /** [N] bins that the sums amount to, and by how much d has changed the squared error. */
    private final double[] bins;
    private final double[] change;
    /** [N] the residuals' mean square in the recent past; 0 before the first. */
    private final double[] power;
    /** [N] 1 where d is used, else 0. */
    private final double[] used;
    /** [N] of the present bin: what it counts, whether it was observed, e, and what is kept of the sums. */
    private final double[] weight;
    private final double[] observed;
    private final double[] residual;
    private final double[] keep;
    private final double[] expected;

    public ResidualTracker(int neurons) {
        this.neurons = neurons;
        features = new double[F][neurons];
        weights = new double[F][neurons];
        products = new double[F][neurons];
        Arrays.setAll(squares, _ -> new double[neurons]);
        Arrays.setAll(decays, f -> Math.exp(-1 / TIME_CONSTANTS[f]));
        bins = new double[neurons];
        change = new double[neurons];
        power = new double[neurons];
        used = new double[neurons];
        weight = new double[neurons];
        observed = new double[neurons];
        residual = new double[neurons];
        keep = new double[neurons];
        expected = new double[neurons];
    }

    /**
     * What is to be added to a bin's prediction, [N]; the tracker's own array, which the next call changes.
     *
     * @param predicted what is predicted without tracking, N numbers
     * @param mean each neuron's, N numbers
     */
    public double[] expected(float[] predicted, float[] mean) {
        expect(predicted, mean);
        for (int i = 0; i < neurons; i++) {
            expected[i] *= used[i];
        }
        return expected;
    }

    private void expect(float[] predicted, float[] mean) {
        double[] own = features[SMOOTHED];
        for (int i = 0; i < neurons; i++) {
            double deviation = (double) predicted[i] - mean[i];
            own[i] = Double.isNaN(deviation) ? 0 : deviation;
        }
        Arrays.fill(expected, 0);
        for (int f = 0; f < F; f++) {
            double[] a = weights[f];
            double[] s = features[f];
            for (int i = 0; i < neurons; i++) {
                expected[i] += a[i] * s[i];
            }
        }
    }

    /**
     * Takes a bin into account. Neurons that were not observed stay as they are.
     *
     * @param y activity from {@code yOffset} on, N numbers, NaN where not observed
     * @param predicted what was predicted of the bin without tracking, N numbers
     * @param mean as in {@link #expected}
     * @return by how much {@link #expected}, as it was before, changes the squared error of the bin: the sum of (e - d)^2 - e^2
     *         over observed neurons
     */
    public double learn(float[] y, int yOffset, float[] predicted, float[] mean) {
        expect(predicted, mean);
        double sum = 0;
        for (int i = 0; i < neurons; i++) {
            double e = (double) y[yOffset + i] - predicted[i];
            double seen = Double.isNaN(e) ? 0 : 1;
            double left = Double.isNaN(e) ? 0 : e;
            double step = power[i] == 0 ? seen : seen / POWER_BINS;
            power[i] += step * (left * left - power[i]);
            observed[i] = seen;
            residual[i] = left;
            weight[i] = power[i] > 0 ? seen / power[i] : 0;
            keep[i] = 1 - seen / MEMORY_BINS;
            double worse = seen * expected[i] * (expected[i] - 2 * left);
            sum += used[i] * worse;
            change[i] = keep[i] * change[i] + weight[i] * worse;
            bins[i] = keep[i] * bins[i] + seen;
        }
        int at = 0;
        for (int f = 0; f < F; f++) {
            for (int g = f; g < F; g++) {
                add(squares[at++], features[f], features[g]);
            }
            add(products[f], features[f], residual);
        }
        for (int f = 0; f < SMOOTHED; f++) {
            double[] s = features[f];
            double step = 1 - decays[f];
            for (int i = 0; i < neurons; i++) {
                s[i] += step * observed[i] * (residual[i] - s[i]);
            }
        }
        return sum;
    }

    private void add(double[] to, double[] left, double[] right) {
        for (int i = 0; i < neurons; i++) {
            to[i] = keep[i] * to[i] + weight[i] * left[i] * right[i];
        }
    }

    /** A trial is over: the weights are those that would have predicted the bins so far best. */
    public void endTrial() {
        Solver solver = new Solver();
        for (int i = 0; i < neurons; i++) {
            solver.solve(i, F, 0);
            double belief = solver.solution[SMOOTHED];
            if (belief > 0 || belief < -1) {
                // A network is believed wholly, in part or not at all: another sign or more than it says is chance.
                belief = Math.clamp(belief, -1, 0);
                solver.solve(i, SMOOTHED, belief);
                solver.solution[SMOOTHED] = belief;
            }
            for (int f = 0; f < F; f++) {
                weights[f][i] = solver.usable && Double.isFinite(solver.solution[f]) ? solver.solution[f] : 0;
            }
            used[i] = change[i] <= 0 ? 1 : 0;
        }
    }

    /** Solves for the first weights of one neuron, given the last where these are not all. */
    private final class Solver {

        private final double[] matrix = new double[F * F];
        private final double[] inverse = new double[F * F];
        private final double[] factor = new double[F * F];
        private final double[] right = new double[F];
        private final double[] solution = new double[F];
        private boolean usable;

        void solve(int i, int size, double last) {
            double prior = PRIOR_BINS / Math.max(1, bins[i]);
            int at = 0;
            for (int f = 0; f < F; f++) {
                right[f] = products[f][i];
                for (int g = f; g < F; g++) {
                    double value = squares[at++][i];
                    if (g < size) {
                        matrix[f * size + g] = value;
                        matrix[g * size + f] = value;
                    } else if (f < size) {
                        right[f] -= last * value;
                    }
                }
            }
            for (int f = 0; f < size; f++) {
                matrix[f * size + f] = (1 + prior) * matrix[f * size + f] + LEAST;
            }
            usable = SmallMatrix.invert(matrix, inverse, factor, size);
            SmallMatrix.apply(inverse, right, solution, size);
        }
    }

    /** Everything that was added up, for a checkpoint. */
    public double[] save() {
        double[][] rows = rows();
        double[] out = new double[rows.length * neurons];
        for (int r = 0; r < rows.length; r++) {
            System.arraycopy(rows[r], 0, out, r * neurons, neurons);
        }
        return out;
    }

    /** Goes on where {@link #save} was called. */
    public void restore(double[] saved) {
        double[][] rows = rows();
        for (int r = 0; r < rows.length; r++) {
            System.arraycopy(saved, r * neurons, rows[r], 0, neurons);
        }
    }

    private double[][] rows() {
        return Stream.of(features, weights, products, squares, new double[][]{bins, change, power, used})
                .flatMap(Arrays::stream).toArray(double[][]::new);
    }
}
