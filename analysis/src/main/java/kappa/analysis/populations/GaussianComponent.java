package kappa.analysis.populations;

import java.util.Arrays;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;

/** One component w N(x; mu, C) of a {@link GaussianMixture} in d dimensions, which is changed while the mixture is fitted. */
final class GaussianComponent {

    /** The least eigenvalue of a covariance. */
    static final double FLOOR = 1e-4;

    private static final double LOG_TWO_PI = Math.log(2 * Math.PI);

    double weight;
    final double[] mean;
    final double[][] covariance;
    private final double[][] whitening; // lower triangular: whitening covariance whitening' = I

    /** Mean zero and unit covariance: a component without a point would otherwise begin without a covariance. */
    GaussianComponent(int dimensions) {
        mean = new double[dimensions];
        covariance = new double[dimensions][dimensions];
        whitening = new double[dimensions][dimensions];
        for (int c = 0; c < dimensions; c++) {
            covariance[c][c] = 1;
        }
        whiten();
    }

    /**
     * The moments that make the data likeliest.
     *
     * @param r how far each point belongs to this component, [N]
     * @param scratch [N]
     */
    void estimate(double[][] data, double[] r, boolean zeroMean, double[] scratch) {
        double mass = 0;
        for (double value : r) {
            mass += value;
        }
        weight = mass / r.length;
        if (mass < 1) {
            return; // nothing to estimate from, and keeping mean and covariance cannot lower the likelihood
        }
        for (int c = 0; c < mean.length; c++) {
            mean[c] = zeroMean ? 0 : dot(r, data[c]) / mass;
        }
        for (int c = 0; c < mean.length; c++) {
            for (int i = 0; i < r.length; i++) {
                scratch[i] = r[i] * data[c][i];
            }
            for (int e = 0; e <= c; e++) {
                covariance[c][e] = dot(scratch, data[e]) / mass - mean[c] * mean[e];
                covariance[e][c] = covariance[c][e];
            }
        }
        whiten();
    }

    /** log w N(x_i; mu, C) for every point; {@code y} and {@code square} are scratch, [N]. */
    void logDensity(double[][] data, double[] out, double[] y, double[] square) {
        double logDeterminant = 0;
        Arrays.fill(square, 0);
        for (int c = 0; c < mean.length; c++) {
            double[] row = whitening[c];
            double offset = 0;
            for (int e = 0; e <= c; e++) {
                offset -= row[e] * mean[e];
            }
            Arrays.fill(y, offset);
            for (int e = 0; e <= c; e++) {
                double factor = row[e];
                double[] column = data[e];
                for (int i = 0; i < out.length; i++) {
                    y[i] += factor * column[i];
                }
            }
            for (int i = 0; i < out.length; i++) {
                square[i] += y[i] * y[i];
            }
            logDeterminant += Math.log(row[c]);
        }
        double constant = Math.log(weight) + logDeterminant - 0.5 * mean.length * LOG_TWO_PI;
        for (int i = 0; i < out.length; i++) {
            out[i] = constant - 0.5 * square[i];
        }
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

    /** The inverse of the covariance's Cholesky factor; eigenvalues below the floor are raised to it first. */
    private void whiten() {
        double[][] factor = new double[mean.length][mean.length];
        if (!cholesky(covariance, FLOOR, factor)) {
            raise(covariance);
        }
        // Raised to it, the least eigenvalue is the floor but for rounding, and this cannot fail.
        if (!cholesky(covariance, 0, factor)) {
            throw new IllegalStateException("a component's covariance is not positive definite");
        }
        for (int c = 0; c < mean.length; c++) {
            for (int row = c; row < mean.length; row++) {
                double sum = row == c ? 1 : 0;
                for (int e = c; e < row; e++) {
                    sum -= factor[row][e] * whitening[e][c];
                }
                whitening[row][c] = sum / factor[row][row];
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
}
