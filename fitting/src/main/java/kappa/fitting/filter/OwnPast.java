package kappa.fitting.filter;

import java.util.Arrays;
import java.util.stream.Stream;

/**
 * What each neuron's own past says of its next value: a regression on its last {@value #LAGS} values and a constant, over all
 * past bins, drawn to its last value as by {@value #PRIOR_BINS} bins.
 *
 * <pre>
 * y_t = a_0 + sum_l a_l y_t-l        a = (sum f f' + P)^-1 (sum f y + P (1, 0, ..))        f = (y_t-1, .., y_t-4, 1)
 * </pre>
 *
 * <p>Values count from the neuron's first one, against cancellation; one that was not observed is taken to be the one
 * predicted. The regression is solved by {@link #learn}, at the end of a trial. For rates and currents. Nothing is allocated
 * per bin. Not thread-safe.
 */
public final class OwnPast {

    private static final int LAGS = 4;
    private static final int F = LAGS + 1;
    private static final double PRIOR_BINS = 10;

    private final int neurons;
    /** Rows of [N]: values, newest first; sums of products of f with itself (upper triangle) and with y; a. */
    private final double[][] past;
    private final double[][] squares = new double[F * (F + 1) / 2][];
    private final double[][] products;
    private final double[][] weights;
    /** [N] the first value, NaN before it, and how many bins there were since. */
    private final double[] first;
    private final double[] bins;
    private final double[] predicted;

    public OwnPast(int neurons) {
        this.neurons = neurons;
        past = new double[LAGS][neurons];
        Arrays.setAll(squares, _ -> new double[neurons]);
        products = new double[F][neurons];
        weights = new double[F][neurons];
        Arrays.fill(weights[0], 1);
        first = new double[neurons];
        Arrays.fill(first, Double.NaN);
        bins = new double[neurons];
        predicted = new double[neurons];
    }

    /**
     * The next bin's values, [N], NaN for a neuron that was never observed; the object's own array, which the next call
     * changes.
     */
    public double[] predicted() {
        System.arraycopy(weights[LAGS], 0, predicted, 0, neurons);
        for (int lag = 0; lag < LAGS; lag++) {
            double[] a = weights[lag];
            double[] values = past[lag];
            for (int i = 0; i < neurons; i++) {
                predicted[i] += a[i] * values[i];
            }
        }
        for (int i = 0; i < neurons; i++) {
            predicted[i] += first[i];
        }
        return predicted;
    }

    /** Takes a bin into account: activity from {@code yOffset} on, N numbers, NaN where not observed. */
    public void observe(float[] y, int yOffset) {
        predicted();
        for (int i = 0; i < neurons; i++) {
            double value = y[yOffset + i];
            boolean observed = !Double.isNaN(value);
            if (observed && Double.isNaN(first[i])) {
                first[i] = value;
                predicted[i] = value;
            }
            if (Double.isNaN(first[i])) {
                continue;
            }
            double now = (observed ? value : predicted[i]) - first[i];
            if (observed && bins[i] >= LAGS) {
                add(i, now);
            }
            for (int lag = LAGS - 1; lag > 0; lag--) {
                past[lag][i] = past[lag - 1][i];
            }
            past[0][i] = now;
            bins[i]++;
        }
    }

    private void add(int i, double now) {
        int at = 0;
        for (int f = 0; f < F; f++) {
            double left = feature(f, i);
            products[f][i] += left * now;
            for (int g = f; g < F; g++) {
                squares[at++][i] += left * feature(g, i);
            }
        }
    }

    private double feature(int f, int i) {
        return f < LAGS ? past[f][i] : 1;
    }

    /** The regression over all bins so far is what predicts from here on. */
    public void learn() {
        double[] matrix = new double[F * F];
        double[] inverse = new double[F * F];
        double[] factor = new double[F * F];
        double[] right = new double[F];
        double[] solution = new double[F];
        for (int i = 0; i < neurons; i++) {
            double variance = squares[0][i] / Math.max(1, squares[squares.length - 1][i]);
            int at = 0;
            for (int f = 0; f < F; f++) {
                double prior = PRIOR_BINS * (f < LAGS ? variance : 1) + Double.MIN_NORMAL;
                for (int g = f; g < F; g++) {
                    matrix[f * F + g] = squares[at][i];
                    matrix[g * F + f] = squares[at++][i];
                }
                matrix[f * F + f] += prior;
                right[f] = products[f][i] + (f == 0 ? prior : 0);
            }
            if (SmallMatrix.invert(matrix, inverse, factor, F)) {
                SmallMatrix.apply(inverse, right, solution, F);
                for (int f = 0; f < F && Double.isFinite(solution[f]); f++) {
                    weights[f][i] = solution[f];
                }
            }
        }
    }

    /** Everything that was added up, rows of [N]: the object's own arrays, for a checkpoint. */
    double[][] rows() {
        return Stream.of(past, squares, products, weights, new double[][]{first, bins}).flatMap(Arrays::stream)
                .toArray(double[][]::new);
    }
}
