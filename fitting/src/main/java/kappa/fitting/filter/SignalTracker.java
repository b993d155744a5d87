package kappa.fitting.filter;

import java.util.Arrays;
import java.util.stream.Stream;

/**
 * What is added to a model's one-step prediction of rates or currents: what is expected to be left of it
 * ({@link ResidualTracker}), d, or what the neuron's own past says ({@link OwnPast}), o, or a mixture:
 *
 * <pre>
 * (1 - q) d + q (o - prediction)        0 &lt;= q &lt;= 1
 * </pre>
 *
 * <p>Each neuron's q is the one that would have predicted about the last {@value #MIX_BINS} bins best. It begins at 1: before a
 * network has learned, a neuron's last value is worth more than it, and a neuron with a course of its own stays with it. Bins
 * count by the inverse of the mean square of the model's errors at the time. Nothing is allocated per bin. Not thread-safe.
 */
final class SignalTracker {

    private static final double MIX_BINS = 200;
    /** q is drawn to 1 as by this many bins in which d and o differ by as much as the model errs. */
    private static final double PRIOR_BINS = 1;

    private final int neurons;
    private final ResidualTracker residuals;
    private final OwnPast past;
    /** [N] sums of the squared distance of o and d, and of its product with d's error. */
    private final double[] squares;
    private final double[] products;
    /** [N] the mean square of the model's errors in the recent past; 0 before the first. */
    private final double[] power;
    private final double[] expected;
    /** [N] of the present bin: d, and o - prediction - d. */
    private double[] left;
    private final double[] gap;

    SignalTracker(int neurons) {
        this.neurons = neurons;
        residuals = new ResidualTracker(neurons);
        past = new OwnPast(neurons);
        squares = new double[neurons];
        products = new double[neurons];
        power = new double[neurons];
        expected = new double[neurons];
        gap = new double[neurons];
    }

    /**
     * What is to be added to a bin's prediction, [N]; the tracker's own array, which the next call changes.
     *
     * @param predicted what the model predicts, N numbers
     * @param mean each neuron's, N numbers
     */
    double[] expected(float[] predicted, float[] mean) {
        left = residuals.expected(predicted, mean);
        double[] own = past.predicted();
        for (int i = 0; i < neurons; i++) {
            double distance = own[i] - predicted[i] - left[i];
            gap[i] = Double.isNaN(distance) ? 0 : distance;
            double q = Math.clamp((products[i] + PRIOR_BINS) / (squares[i] + PRIOR_BINS), 0, 1);
            expected[i] = left[i] + q * gap[i];
        }
        return expected;
    }

    /**
     * Takes a bin into account.
     *
     * @param y activity from {@code yOffset} on, N numbers, NaN where not observed
     * @param predicted what the model predicted of the bin, N numbers
     * @param mean as in {@link #expected}
     * @return by how much {@link #expected}, as it was before, changes the squared error of the bin, over observed neurons
     */
    double learn(float[] y, int yOffset, float[] predicted, float[] mean) {
        expected(predicted, mean);
        double sum = 0;
        for (int i = 0; i < neurons; i++) {
            double error = (double) y[yOffset + i] - predicted[i];
            if (Double.isNaN(error)) {
                continue;
            }
            sum += expected[i] * (expected[i] - 2 * error);
            power[i] += (power[i] == 0 ? 1 : 1 / MIX_BINS) * (error * error - power[i]);
            double weight = power[i] > 0 ? 1 / power[i] : 0;
            squares[i] = (1 - 1 / MIX_BINS) * squares[i] + weight * gap[i] * gap[i];
            products[i] = (1 - 1 / MIX_BINS) * products[i] + weight * gap[i] * (error - left[i]);
        }
        residuals.learn(y, yOffset, predicted, mean);
        past.observe(y, yOffset);
        return sum;
    }

    /** A trial is over: what was learned is what predicts from here on. */
    void endTrial() {
        residuals.endTrial();
        past.learn();
    }

    /** Everything that was added up, for a checkpoint. */
    double[] save() {
        double[] ofResiduals = residuals.save();
        double[][] rows = rows();
        double[] out = Arrays.copyOf(ofResiduals, ofResiduals.length + rows.length * neurons);
        for (int r = 0; r < rows.length; r++) {
            System.arraycopy(rows[r], 0, out, ofResiduals.length + r * neurons, neurons);
        }
        return out;
    }

    /** Goes on where {@link #save} was called; where an older kappa saved the residuals only, the rest begins anew. */
    void restore(double[] saved) {
        residuals.restore(saved);
        double[][] rows = rows();
        int at = residuals.save().length;
        for (int r = 0; r < rows.length && saved.length > at; r++) {
            System.arraycopy(saved, at + r * neurons, rows[r], 0, neurons);
        }
    }

    private double[][] rows() {
        return Stream.concat(Arrays.stream(past.rows()), Stream.of(squares, products, power)).toArray(double[][]::new);
    }
}
