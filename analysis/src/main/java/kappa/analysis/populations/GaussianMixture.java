package kappa.analysis.populations;

import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;

/**
 * A mixture of P Gaussians in d dimensions, fitted to the rows x_i of N points by expectation maximisation (Dempster,
 * Laird &amp; Rubin 1977):
 *
 * <pre>
 * p(x) = sum_p w_p N(x; mu_p, C_p)
 * r_ip = w_p N(x_i; mu_p, C_p) / p(x_i)
 * w_p  = sum_i r_ip / N      mu_p = sum_i r_ip x_i / (N w_p)      C_p = sum_i r_ip (x_i - mu_p)(x_i - mu_p)' / (N w_p)
 * </pre>
 *
 * <p>Covariances are full or diagonal, means free or zero. Every eigenvalue of a covariance is at least 1e-4, where
 * columns are expected to have unit variance: raising the smaller ones to it is what maximises the likelihood under
 * that constraint, so that the likelihood never falls, and it has a maximum.
 *
 * <p>Several starts are iterated a little and the best of them until it no longer gains (Biernacki, Celeux &amp;
 * Govaert 2003). Starts draw points far from each other as seeds, as in k-means++ (Arthur &amp; Vassilvitskii 2007),
 * and give each point to its nearest seed. Every second start, and all of them if means are zero, measures distance
 * between the matrices x x' / |x|, for which x and -x are one: it finds populations that differ by covariance and not
 * by mean. Equal arguments give equal results.
 *
 * <p>Data are d arrays of N numbers, one array a column, so that the loops run along contiguous memory. One iteration
 * costs about N P d^2 multiplications. Instances are immutable.
 */
public final class GaussianMixture {

    /** Covariance of each component. */
    public enum Shape {
        DIAGONAL, FULL
    }

    /** Mean of each component. */
    public enum Means {
        ZERO, FREE
    }

    /**
     * How to fit.
     *
     * @param shape of the covariances
     * @param means of the components
     * @param starts of which the best is continued, at least 1
     */
    public record Options(Shape shape, Means means, int starts) {

        public Options {
            if (starts < 1) {
                throw new IllegalArgumentException("starts " + starts + ", expected at least 1");
            }
        }
    }

    /** The least eigenvalue of a covariance. */
    static final double FLOOR = 1e-4;

    private static final int SHORT = 8;
    private static final int LONG = 100;
    /** Gain of log likelihood per point and iteration below which an iteration is the last. */
    private static final double ENOUGH = 1e-5;
    /** exp of less is below what double precision adds to 1. */
    private static final double NEGLIGIBLE = -40;
    private static final double LOG_TWO_PI = Math.log(2 * Math.PI);

    private final Options options;
    private final int dimensions;
    private final double[] shift; // of the columns, so that sums of squares do not cancel
    private final double[] weights;
    private final double[][] means; // [P][d], of shifted data
    private final double[][][] covariances; // [P][d][d]
    private final double[][][] whitenings; // [P][d][d] lower triangular: whitening covariance whitening' = I
    private double logLikelihood;
    private double[] history = {};

    private GaussianMixture(Options options, int number, double[] shift) {
        this.options = options;
        this.dimensions = shift.length;
        this.shift = shift;
        this.weights = new double[number];
        this.means = new double[number][dimensions];
        this.covariances = new double[number][dimensions][dimensions];
        this.whitenings = new double[number][dimensions][dimensions];
    }

    /**
     * Fits a mixture.
     *
     * @param data [d][N], finite
     * @param number P, 1 to N
     */
    public static GaussianMixture fit(double[][] data, int number, Options options, SplittableRandom random) {
        int points = check(data);
        if (number < 1 || number > points) {
            throw new IllegalArgumentException("number " + number + ", expected 1 to " + points);
        }
        double[] shift = new double[data.length];
        if (options.means == Means.FREE) {
            Arrays.setAll(shift, c -> Arrays.stream(data[c]).sum() / points);
        }
        double[][] shifted = shifted(data, shift);
        Work work = new Work(number, points);
        GaussianMixture best = null;
        int starts = number == 1 ? 1 : options.starts;
        for (int start = 0; start < starts; start++) {
            GaussianMixture mixture = new GaussianMixture(options, number, shift);
            mixture.begin(shifted, work, options.means == Means.ZERO || start % 2 == 1, random);
            mixture.iterate(shifted, work, SHORT);
            if (best == null || mixture.logLikelihood > best.logLikelihood) {
                best = mixture;
            }
        }
        best.iterate(shifted, work, LONG);
        best.sort();
        return best;
    }

    private static int check(double[][] data) {
        if (data.length == 0 || data[0].length == 0) {
            throw new IllegalArgumentException("data have " + data.length + " columns, expected at least one point");
        }
        for (int c = 0; c < data.length; c++) {
            if (data[c].length != data[0].length) {
                throw new IllegalArgumentException("column " + c + " of the data has " + data[c].length
                        + " points, expected " + data[0].length + " as the first has");
            }
            for (int i = 0; i < data[c].length; i++) {
                if (!Double.isFinite(data[c][i])) {
                    throw new IllegalArgumentException(
                            "data[" + c + "][" + i + "] = " + data[c][i] + ", expected a finite number");
                }
            }
        }
        return data[0].length;
    }

    private static double[][] shifted(double[][] data, double[] shift) {
        double[][] shifted = new double[data.length][];
        for (int c = 0; c < data.length; c++) {
            double by = shift[c];
            shifted[c] = Arrays.stream(data[c]).map(x -> x - by).toArray();
        }
        return shifted;
    }

    /** Arrays that all iterations share. */
    private static final class Work {
        final double[][] responsibility; // [P][N]; logarithms first
        final double[] y;
        final double[] square;

        Work(int number, int points) {
            responsibility = new double[number][points];
            y = new double[points];
            square = new double[points];
        }
    }

    /** The first responsibilities, 1 for the nearest of P seeds, and what they make of the parameters. */
    private void begin(double[][] data, Work work, boolean withoutSign, SplittableRandom random) {
        int points = work.y.length;
        double[] norm = new double[points];
        for (double[] column : data) {
            for (int i = 0; i < points; i++) {
                norm[i] += column[i] * column[i];
            }
        }
        double[] nearest = new double[points];
        Arrays.fill(nearest, Double.POSITIVE_INFINITY);
        int[] owner = new int[points];
        int seed = random.nextInt(points);
        for (int p = 0; p < weights.length; p++) {
            double sum = 0;
            double[] along = work.y;
            Arrays.fill(along, 0);
            for (double[] column : data) {
                double at = column[seed];
                for (int i = 0; i < points; i++) {
                    along[i] += at * column[i];
                }
            }
            for (int i = 0; i < points; i++) {
                double cross = withoutSign ? product(along[i], norm[i], norm[seed]) : along[i];
                double distance = Math.max(0, norm[i] + norm[seed] - 2 * cross);
                if (distance < nearest[i]) {
                    nearest[i] = distance;
                    owner[i] = p;
                }
                sum += nearest[i];
            }
            double draw = random.nextDouble() * sum;
            seed = points - 1;
            for (int i = 0; i < points; i++) {
                draw -= nearest[i];
                if (draw < 0) {
                    seed = i;
                    break;
                }
            }
        }
        for (int p = 0; p < weights.length; p++) {
            // A component without a point would otherwise begin without a covariance.
            Arrays.setAll(covariances[p], c -> unit(dimensions, c));
            whiten(p);
            for (int i = 0; i < points; i++) {
                work.responsibility[p][i] = owner[i] == p ? 1 : 0;
            }
        }
        maximise(data, work);
        logLikelihood = expect(data, work);
    }

    /** tr(x x' y y') / (|x| |y|). */
    private static double product(double xy, double xx, double yy) {
        double norms = Math.sqrt(xx * yy);
        return norms > 0 ? xy * xy / norms : 0;
    }

    private static double[] unit(int length, int one) {
        double[] unit = new double[length];
        unit[one] = 1;
        return unit;
    }

    private void iterate(double[][] data, Work work, int most) {
        int before = history.length;
        double[] values = Arrays.copyOf(history, before + most);
        // Responsibilities may be those of another start.
        double current = expect(data, work);
        int done = 0;
        while (done < most) {
            maximise(data, work);
            double next = expect(data, work);
            values[before + done++] = next;
            boolean last = next - current < ENOUGH * work.y.length;
            current = next;
            if (last) {
                break;
            }
        }
        history = Arrays.copyOf(values, before + done);
        logLikelihood = current;
    }

    /** Writes the responsibilities; returns the log likelihood of the present parameters. */
    private double expect(double[][] data, Work work) {
        int number = weights.length;
        int points = work.y.length;
        for (int p = 0; p < number; p++) {
            logDensity(data, p, work.responsibility[p], work);
        }
        double sum = 0;
        for (int i = 0; i < points; i++) {
            double largest = Double.NEGATIVE_INFINITY;
            for (int p = 0; p < number; p++) {
                largest = Math.max(largest, work.responsibility[p][i]);
            }
            double total = 0;
            for (int p = 0; p < number; p++) {
                double difference = work.responsibility[p][i] - largest;
                double value = difference == 0 ? 1 : difference < NEGLIGIBLE ? 0 : Math.exp(difference);
                work.responsibility[p][i] = value;
                total += value;
            }
            if (total > 1) {
                sum += largest + Math.log(total);
                for (int p = 0; p < number; p++) {
                    work.responsibility[p][i] /= total;
                }
            } else {
                sum += largest;
            }
        }
        return sum;
    }

    /** log w_p N(x_i; mu_p, C_p) for every point. */
    private void logDensity(double[][] data, int p, double[] out, Work work) {
        int points = out.length;
        double[] y = work.y;
        double[] square = work.square;
        double logDeterminant = 0;
        Arrays.fill(square, 0);
        for (int c = 0; c < dimensions; c++) {
            double[] row = whitenings[p][c];
            double offset = 0;
            for (int e = 0; e <= c; e++) {
                offset -= row[e] * means[p][e];
            }
            Arrays.fill(y, offset);
            for (int e = 0; e <= c; e++) {
                double factor = row[e];
                if (factor == 0) {
                    continue; // all but the last, of a diagonal covariance
                }
                double[] column = data[e];
                for (int i = 0; i < points; i++) {
                    y[i] += factor * column[i];
                }
            }
            for (int i = 0; i < points; i++) {
                square[i] += y[i] * y[i];
            }
            logDeterminant += Math.log(row[c]);
        }
        double constant = Math.log(weights[p]) + logDeterminant - 0.5 * dimensions * LOG_TWO_PI;
        for (int i = 0; i < points; i++) {
            out[i] = constant - 0.5 * square[i];
        }
    }

    private void maximise(double[][] data, Work work) {
        int points = work.y.length;
        double[] weighted = work.y;
        for (int p = 0; p < weights.length; p++) {
            double[] r = work.responsibility[p];
            double mass = sum(r);
            weights[p] = mass / points;
            if (mass < 1) {
                continue; // nothing to estimate from, and keeping mean and covariance cannot lower the likelihood
            }
            for (int c = 0; c < dimensions; c++) {
                means[p][c] = options.means == Means.ZERO ? 0 : dot(r, data[c]) / mass;
            }
            double[][] covariance = covariances[p];
            for (int c = 0; c < dimensions; c++) {
                double[] column = data[c];
                for (int i = 0; i < points; i++) {
                    weighted[i] = r[i] * column[i];
                }
                for (int e = options.shape == Shape.FULL ? 0 : c; e <= c; e++) {
                    double value = dot(weighted, data[e]) / mass - means[p][c] * means[p][e];
                    covariance[c][e] = value;
                    covariance[e][c] = value;
                }
            }
            whiten(p);
        }
    }

    private static double sum(double[] a) {
        double sum = 0;
        for (double value : a) {
            sum += value;
        }
        return sum;
    }

    /** Eight sums side by side: one alone waits for its own last addition. */
    private static double dot(double[] a, double[] b) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        double s4 = 0;
        double s5 = 0;
        double s6 = 0;
        double s7 = 0;
        int i = 0;
        for (; i < a.length - 7; i += 8) {
            s0 += a[i] * b[i];
            s1 += a[i + 1] * b[i + 1];
            s2 += a[i + 2] * b[i + 2];
            s3 += a[i + 3] * b[i + 3];
            s4 += a[i + 4] * b[i + 4];
            s5 += a[i + 5] * b[i + 5];
            s6 += a[i + 6] * b[i + 6];
            s7 += a[i + 7] * b[i + 7];
        }
        for (; i < a.length; i++) {
            s0 += a[i] * b[i];
        }
        return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
    }

    /** The inverse of a covariance's Cholesky factor; eigenvalues below the floor are raised to it first. */
    private void whiten(int p) {
        double[][] covariance = covariances[p];
        double[][] inverse = whitenings[p];
        if (options.shape == Shape.DIAGONAL) {
            for (int c = 0; c < dimensions; c++) {
                covariance[c][c] = Math.max(covariance[c][c], FLOOR);
                inverse[c][c] = 1 / Math.sqrt(covariance[c][c]);
            }
            return;
        }
        double[][] factor = new double[dimensions][dimensions];
        if (!cholesky(covariance, FLOOR, factor)) {
            raise(covariance);
        }
        // Raised to it, the least eigenvalue is the floor but for rounding, and this cannot fail.
        if (!cholesky(covariance, 0, factor)) {
            throw new IllegalStateException("covariance of component " + p + " is not positive definite");
        }
        for (int c = 0; c < dimensions; c++) {
            for (int row = c; row < dimensions; row++) {
                double sum = row == c ? 1 : 0;
                for (int e = c; e < row; e++) {
                    sum -= factor[row][e] * inverse[e][c];
                }
                inverse[row][c] = sum / factor[row][row];
            }
        }
    }

    /** L L' = a - ridge I; false if that is not positive definite. */
    private static boolean cholesky(double[][] a, double ridge, double[][] factor) {
        for (int c = 0; c < a.length; c++) {
            for (int e = 0; e <= c; e++) {
                double sum = a[c][e] - (c == e ? ridge : 0);
                for (int g = 0; g < e; g++) {
                    sum -= factor[c][g] * factor[e][g];
                }
                if (c > e) {
                    factor[c][e] = sum / factor[e][e];
                } else if (sum > 0) {
                    factor[c][c] = Math.sqrt(sum);
                } else {
                    return false;
                }
            }
        }
        return true;
    }

    private static void raise(double[][] covariance) {
        EigenDecomposition eigen = new EigenDecomposition(new Array2DRowRealMatrix(covariance));
        int d = covariance.length;
        double[][] vectors = eigen.getV().getData();
        double[] values = eigen.getRealEigenvalues();
        for (int c = 0; c < d; c++) {
            for (int e = 0; e <= c; e++) {
                double sum = 0;
                for (int g = 0; g < d; g++) {
                    sum += Math.max(values[g], FLOOR) * vectors[c][g] * vectors[e][g];
                }
                covariance[c][e] = sum;
                covariance[e][c] = sum;
            }
        }
    }

    /** Largest weight first, so that the order says nothing of the start. */
    private void sort() {
        int[] order = IntStream.range(0, weights.length).boxed()
                .sorted(Comparator.comparingDouble((Integer p) -> -weights[p])).mapToInt(Integer::intValue).toArray();
        double[] w = weights.clone();
        double[][] mu = means.clone();
        double[][][] c = covariances.clone();
        double[][][] whitening = whitenings.clone();
        for (int p = 0; p < order.length; p++) {
            weights[p] = w[order[p]];
            means[p] = mu[order[p]];
            covariances[p] = c[order[p]];
            whitenings[p] = whitening[order[p]];
        }
    }

    /** How it was fitted. */
    public Options options() {
        return options;
    }

    /** P. */
    public int components() {
        return weights.length;
    }

    /** w_p; largest first. */
    public double weight(int component) {
        return weights[component];
    }

    /** mu_p, [d]. */
    public double[] mean(int component) {
        double[] mean = means[component].clone();
        for (int c = 0; c < mean.length; c++) {
            mean[c] += shift[c];
        }
        return mean;
    }

    /** C_p, [d][d]. */
    public double[][] covariance(int component) {
        return Arrays.stream(covariances[component]).map(double[]::clone).toArray(double[][]::new);
    }

    /** log p of all points that the mixture was fitted to, in nats. */
    public double logLikelihood() {
        return logLikelihood;
    }

    /** The log likelihood after each iteration of the start that was continued. */
    double[] history() {
        return history.clone();
    }

    /** Free numbers: weights, means unless zero, covariances. */
    public int parameters() {
        int each = (options.means == Means.FREE ? dimensions : 0)
                + (options.shape == Shape.FULL ? dimensions * (dimensions + 1) / 2 : dimensions);
        return weights.length - 1 + weights.length * each;
    }

    /**
     * The log evidence of the mixture in Schwarz's approximation (1978), in nats: log likelihood - (parameters / 2) log
     * N. It is -1/2 times what is printed as BIC.
     *
     * @param points N that it was fitted to
     */
    public double evidence(int points) {
        return logLikelihood - 0.5 * parameters() * Math.log(points);
    }

    /**
     * How far each point belongs to each component, r_ip, [P][N], summing to 1 over components.
     *
     * @param data [d][N], finite; not necessarily the points fitted to
     */
    public double[][] responsibilities(double[][] data) {
        int points = checkDimensions(data);
        Work work = new Work(weights.length, points);
        expect(shifted(data, shift), work);
        return work.responsibility;
    }

    /**
     * The most probable component of each point.
     *
     * @param data [d][N], finite; not necessarily the points fitted to
     */
    public int[] assign(double[][] data) {
        int points = checkDimensions(data);
        double[][] shifted = shifted(data, shift);
        Work work = new Work(1, points);
        int[] component = new int[points];
        double[] best = new double[points];
        Arrays.fill(best, Double.NEGATIVE_INFINITY);
        for (int p = 0; p < weights.length; p++) {
            double[] density = work.responsibility[0];
            logDensity(shifted, p, density, work);
            for (int i = 0; i < points; i++) {
                if (density[i] > best[i]) {
                    best[i] = density[i];
                    component[i] = p;
                }
            }
        }
        return component;
    }

    private int checkDimensions(double[][] data) {
        if (data.length != dimensions) {
            throw new IllegalArgumentException("data have " + data.length + " columns, expected " + dimensions);
        }
        return check(data);
    }
}
