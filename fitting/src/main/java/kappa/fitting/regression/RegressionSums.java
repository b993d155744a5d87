package kappa.fitting.regression;

import java.util.Arrays;

/**
 * Sufficient statistics of a multivariate regression, added up block by block: A'A and D'A of regressors a and targets d, and
 * the solution under a constraint of rank. O(N^2) memory: 16 bytes (N + Q)^2 together. Not thread-safe.
 *
 * <p>Regressors come in two parts: the first N are subject to the constraint, the last Q (inputs and the constant) are not.
 */
final class RegressionSums {

    /** Beyond the rank, directions that take part in the iteration, so that it converges fast. */
    private static final int EXTRA = 5;
    private static final int MAX_ITERATIONS = 1_000;
    private static final double CONVERGED = 1e-13;
    /** Inputs that are never used, or add up to a constant, leave a direction without variance. */
    private static final double FREE_RIDGE = 1e-10;

    private final int n;
    private final int free;
    private final int all;
    private final double[][] aa; // upper triangle of A'A, [N + Q,N + Q]
    private final double[][] da; // D'A, [N,N + Q]
    private long rows;

    RegressionSums(int n, int free) {
        this.n = n;
        this.free = free;
        all = n + free;
        aa = new double[all][all];
        da = new double[n][all];
    }

    long rows() {
        return rows;
    }

    /**
     * Adds rows.
     *
     * @param a [count,N + Q]
     * @param d [count,N]
     */
    void add(double[][] a, double[][] d, int count) {
        rows += count;
        for (int i = 0; i < all; i++) {
            addProducts(aa[i], a, i, a, count, i);
        }
        for (int i = 0; i < n; i++) {
            addProducts(da[i], d, i, a, count, 0);
        }
    }

    /** out_j += sum_t left_t,i a_t,j for j from {@code from} on, four rows at a time so that out is read and written less. */
    private void addProducts(double[] out, double[][] left, int i, double[][] a, int count, int from) {
        int t = 0;
        for (; t + 4 <= count; t += 4) {
            double l0 = left[t][i];
            double l1 = left[t + 1][i];
            double l2 = left[t + 2][i];
            double l3 = left[t + 3][i];
            double[] a0 = a[t];
            double[] a1 = a[t + 1];
            double[] a2 = a[t + 2];
            double[] a3 = a[t + 3];
            for (int j = from; j < all; j++) {
                out[j] += l0 * a0[j] + l1 * a1[j] + l2 * a2[j] + l3 * a3[j];
            }
        }
        for (; t < count; t++) {
            double l = left[t][i];
            double[] row = a[t];
            for (int j = from; j < all; j++) {
                out[j] += l * row[j];
            }
        }
    }

    /**
     * The constrained solution D ~ J A_1 + F A_2 with rank J = K.
     *
     * @param left [K,N] orthonormal rows
     * @param right [K,N]: J = left' right
     * @param unconstrained [N,Q] F
     */
    record Solution(double[][] left, double[][] right, double[][] unconstrained) {}

    /**
     * Minimises |D - J A_1 - F A_2|^2 + lambda |J|^2 over J of rank K and F, exactly: A_2 is regressed out of both, and with
     * C = A_1'A_1 + lambda I and B = D'A_1 of what is left, J = U U' B C^-1, where U are the leading eigenvectors of
     * B C^-1 B' (Izenman 1975). They are found by subspace iteration with Rayleigh-Ritz steps.
     *
     * @param ridge lambda, in units of the mean variance sum of the first N regressors
     * @param targetScale [N] factors of the rows of D'A
     */
    Solution solve(int rank, double ridge, double[] targetScale) {
        double[][] qq = new double[free][free];
        double trace = 0;
        for (int q = 0; q < free; q++) {
            trace += aa[n + q][n + q];
        }
        for (int q = 0; q < free; q++) {
            for (int p = q; p < free; p++) {
                qq[q][p] = aa[n + q][n + p] + (p == q ? FREE_RIDGE * trace + Double.MIN_NORMAL : 0);
            }
        }
        Cholesky freePart = new Cholesky(qq);
        double[][] onFree = new double[n][]; // A_1'A_2 (A_2'A_2)^-1, [N,Q]
        double[][] c = new double[n][n];
        double[][] b = new double[n][n];
        for (int i = 0; i < n; i++) {
            onFree[i] = new double[free];
            System.arraycopy(aa[i], n, onFree[i], 0, free);
            freePart.solve(onFree[i]);
        }
        double variance = 0;
        for (int i = 0; i < n; i++) {
            System.arraycopy(aa[i], i, c[i], i, n - i);
            System.arraycopy(da[i], 0, b[i], 0, n);
            for (int j = 0; j < n; j++) {
                for (int q = 0; q < free; q++) {
                    if (j >= i) {
                        c[i][j] -= aa[i][n + q] * onFree[j][q];
                    }
                    b[i][j] -= da[i][n + q] * onFree[j][q];
                }
                b[i][j] *= targetScale[i];
            }
            variance += c[i][i];
        }
        double lambda = ridge * Math.max(0, variance) / n + Double.MIN_NORMAL;
        for (int i = 0; i < n; i++) {
            c[i][i] += lambda;
        }
        Cholesky factor = new Cholesky(c);
        double[][] left = leading(rank, b, factor);
        double[][] right = new double[rank][];
        for (int k = 0; k < rank; k++) {
            right[k] = transposedTimes(b, left[k]);
            factor.solve(right[k]);
        }
        double[][] f = new double[n][free];
        double[] along = new double[rank * free];
        for (int k = 0; k < rank; k++) {
            for (int q = 0; q < free; q++) {
                for (int j = 0; j < n; j++) {
                    along[k * free + q] += right[k][j] * aa[j][n + q];
                }
            }
        }
        for (int i = 0; i < n; i++) {
            for (int q = 0; q < free; q++) {
                f[i][q] = targetScale[i] * da[i][n + q];
                for (int k = 0; k < rank; k++) {
                    f[i][q] -= left[k][i] * along[k * free + q];
                }
            }
            freePart.solve(f[i]);
        }
        return new Solution(left, right, f);
    }

    /** The leading eigenvectors of B C^-1 B', as rows. */
    private double[][] leading(int rank, double[][] b, Cholesky factor) {
        int width = Math.min(n, rank + EXTRA);
        double[][] x = new double[width][n];
        for (int k = 0; k < width; k++) {
            for (int i = 0; i < n; i++) {
                // Any start that is not orthogonal to the answer will do; this one needs no generator.
                x[k][i] = Math.sin((k + 1.0) * (i + 1.0)) + (i % width == k ? 1 : 0);
            }
        }
        orthonormalise(x);
        double[] values = new double[rank];
        for (int iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
            double[][] image = new double[width][];
            for (int k = 0; k < width; k++) {
                double[] back = transposedTimes(b, x[k]);
                factor.solve(back);
                image[k] = times(b, back);
            }
            double[] ritz = SymmetricEigen.ritz(x, image);
            orthonormalise(image);
            x = image;
            double change = 0;
            for (int k = 0; k < rank; k++) {
                change = Math.max(change, Math.abs(ritz[k] - values[k]) / Math.max(ritz[0], Double.MIN_NORMAL));
                values[k] = ritz[k];
            }
            if (change < CONVERGED && iteration > 2) {
                break;
            }
        }
        double[][] out = new double[rank][];
        System.arraycopy(x, 0, out, 0, rank);
        return out;
    }

    /** Gram-Schmidt, twice for orthogonality to rounding; a row that vanishes is replaced by a coordinate. */
    private static void orthonormalise(double[][] x) {
        for (int k = 0; k < x.length; k++) {
            double before = Math.sqrt(dot(x[k], x[k]));
            for (int attempt = -1; attempt < x[k].length; attempt++) {
                for (int pass = 0; pass < 2; pass++) {
                    for (int l = 0; l < k; l++) {
                        double along = dot(x[k], x[l]);
                        for (int i = 0; i < x[k].length; i++) {
                            x[k][i] -= along * x[l][i];
                        }
                    }
                }
                double norm = Math.sqrt(dot(x[k], x[k]));
                if (norm > 1e-13 * before && norm > 0) {
                    for (int i = 0; i < x[k].length; i++) {
                        x[k][i] /= norm;
                    }
                    break;
                }
                Arrays.fill(x[k], 0);
                x[k][attempt + 1] = 1;
                before = 1;
            }
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double[] times(double[][] matrix, double[] x) {
        double[] out = new double[matrix.length];
        for (int i = 0; i < matrix.length; i++) {
            out[i] = dot(matrix[i], x);
        }
        return out;
    }

    private static double[] transposedTimes(double[][] matrix, double[] x) {
        double[] out = new double[matrix[0].length];
        for (int i = 0; i < matrix.length; i++) {
            double factor = x[i];
            double[] row = matrix[i];
            for (int j = 0; j < out.length; j++) {
                out[j] += factor * row[j];
            }
        }
        return out;
    }
}
