package kappa.fitting.filter;

import java.util.Arrays;

/**
 * Follows what a model leaves of each neuron's rates or currents: the neuron's own slow course, such as a baseline that bleaches or
 * drifts. With the residuals e = y - prediction, the next one is expected to be
 *
 * <pre>
 * d_t = sum_f a_f s_f,t        s_f,t = w_f s_f,t-1 + (1 - w_f) e_t-1        w_f = exp(-1 / tau_f),  tau = 1, 6, 36, 216 bins
 * </pre>
 *
 * <p>with each neuron's a from the regression of e on s over about the last {@value #MEMORY_BINS} bins, solved for at the end of
 * each trial and drawn to 0 as by {@value #PRIOR_BINS} bins without residuals. A neuron whose predictions got worse by it is
 * predicted without it. Nothing is allocated per bin. Not thread-safe.
 */
public final class ResidualTracker {

    private static final double[] TIME_CONSTANTS = {1, 6, 36, 216};
    private static final int F = TIME_CONSTANTS.length;
    private static final double MEMORY_BINS = 2_000;
    private static final double PRIOR_BINS = 30;

    private final int neurons;
    private final double forgetting = 1 - 1 / MEMORY_BINS;
    private final double[] decays = new double[F];
    /** Rows of [N]: s, a, the products of s with s (upper triangle), those of s with e. */
    private final double[][] smoothed;
    private final double[][] weights;
    private final double[][] squares = new double[F * (F + 1) / 2][];
    private final double[][] products;
    /** [N] bins that the sums amount to, and by how much d has changed the squared error. */
    private final double[] bins;
    private final double[] change;
    /** [N] 1 where d is used, else 0. */
    private final double[] used;
    private final double[] residual;
    private final double[] observed;
    private final double[] expected;

    public ResidualTracker(int neurons) {
        this.neurons = neurons;
        smoothed = new double[F][neurons];
        weights = new double[F][neurons];
        products = new double[F][neurons];
        Arrays.setAll(squares, _ -> new double[neurons]);
        Arrays.setAll(decays, f -> Math.exp(-1 / TIME_CONSTANTS[f]));
        bins = new double[neurons];
        change = new double[neurons];
        used = new double[neurons];
        residual = new double[neurons];
        observed = new double[neurons];
        expected = new double[neurons];
    }

    /** What is to be added to the next bin's prediction, [N]; the tracker's own array, which the next bin changes. */
    public double[] expected() {
        for (int i = 0; i < neurons; i++) {
            expected[i] = used[i] * unchecked(i);
        }
        return expected;
    }

    private double unchecked(int i) {
        double d = 0;
        for (int f = 0; f < F; f++) {
            d += weights[f][i] * smoothed[f][i];
        }
        return d;
    }

    /**
     * Takes a bin into account. Neurons that were not observed stay as they are.
     *
     * @param y activity from {@code yOffset} on, N numbers, NaN where not observed
     * @param predicted what was predicted of the bin without tracking, N numbers
     * @return by how much {@link #expected}, as it was before, changes the squared error of the bin: the sum of (e - d)^2 - e^2
     *         over observed neurons
     */
    public double learn(float[] y, int yOffset, float[] predicted) {
        double sum = 0;
        for (int i = 0; i < neurons; i++) {
            double e = (double) y[yOffset + i] - predicted[i];
            observed[i] = Double.isNaN(e) ? 0 : 1;
            residual[i] = Double.isNaN(e) ? 0 : e;
        }
        for (int i = 0; i < neurons; i++) {
            double d = unchecked(i);
            double worse = observed[i] * d * (d - 2 * residual[i]);
            sum += used[i] * worse;
            double keep = 1 - observed[i] * (1 - forgetting);
            change[i] = keep * change[i] + worse;
            bins[i] = keep * bins[i] + observed[i];
        }
        int at = 0;
        for (int f = 0; f < F; f++) {
            double[] s = smoothed[f];
            for (int g = f; g < F; g++) {
                add(squares[at++], s, smoothed[g]);
            }
            add(products[f], s, residual);
        }
        for (int f = 0; f < F; f++) {
            double[] s = smoothed[f];
            double step = 1 - decays[f];
            for (int i = 0; i < neurons; i++) {
                s[i] += step * observed[i] * (residual[i] - s[i]);
            }
        }
        return sum;
    }

    private void add(double[] to, double[] left, double[] right) {
        for (int i = 0; i < neurons; i++) {
            to[i] = (1 - observed[i] * (1 - forgetting)) * to[i] + observed[i] * left[i] * right[i];
        }
    }

    /** A trial is over: the weights are those that would have predicted the bins so far best. */
    public void endTrial() {
        double[] matrix = new double[F * F];
        double[] inverse = new double[F * F];
        double[] factor = new double[F * F];
        double[] right = new double[F];
        double[] solution = new double[F];
        for (int i = 0; i < neurons; i++) {
            double prior = PRIOR_BINS / Math.max(1, bins[i]);
            int at = 0;
            for (int f = 0; f < F; f++) {
                for (int g = f; g < F; g++) {
                    double value = squares[at++][i];
                    matrix[f * F + g] = value;
                    matrix[g * F + f] = value;
                }
                matrix[f * F + f] = (1 + prior) * matrix[f * F + f] + Double.MIN_NORMAL;
                right[f] = products[f][i];
            }
            boolean usable = SmallMatrix.invert(matrix, inverse, factor, F);
            SmallMatrix.apply(inverse, right, solution, F);
            for (int f = 0; f < F; f++) {
                weights[f][i] = usable && Double.isFinite(solution[f]) ? solution[f] : 0;
            }
            used[i] = change[i] <= 0 ? 1 : 0;
        }
    }

    /** Everything that was added up, for a checkpoint. */
    public double[] save() {
        double[] out = new double[rows().length * neurons];
        for (int r = 0; r < rows().length; r++) {
            System.arraycopy(rows()[r], 0, out, r * neurons, neurons);
        }
        return out;
    }

    /** Goes on where {@link #save} was called. */
    public void restore(double[] saved) {
        for (int r = 0; r < rows().length; r++) {
            System.arraycopy(saved, r * neurons, rows()[r], 0, neurons);
        }
    }

    private double[][] rows() {
        double[][] rows = Arrays.copyOf(smoothed, 3 * F + squares.length + 3);
        System.arraycopy(weights, 0, rows, F, F);
        System.arraycopy(products, 0, rows, 2 * F, F);
        System.arraycopy(squares, 0, rows, 3 * F, squares.length);
        rows[rows.length - 3] = bins;
        rows[rows.length - 2] = change;
        rows[rows.length - 1] = used;
        return rows;
    }
}
