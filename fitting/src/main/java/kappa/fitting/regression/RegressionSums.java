package kappa.fitting.regression;

import kappa.fitting.model.EffectiveConnectivity;

/**
 * Sufficient statistics of a multivariate regression, added up block by block: A'A and D'A of regressors a and
 * targets d, and the solution under a constraint of rank. O(N^2) memory: 16 bytes (N + Q)^2 together. Not
 * thread-safe.
 *
 * <p>Regressors come in two parts: the first N are subject to the constraint, the last Q (inputs and the constant)
 * are not.
 */
final class RegressionSums {

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

    /**
     * out_j += sum_t left_t,i a_t,j for j from {@code from} on, four rows at a time so that out is read and written
     * less.
     */
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
     * Minimises |D - J A_1 - F A_2|^2 + lambda |J|^2 over J of rank K and F, exactly: A_2 is regressed out of both,
     * and with C = A_1'A_1 + lambda I and B = D'A_1 of what is left, J = U U' B C^-1, where U are the leading
     * eigenvectors of B C^-1 B' (Izenman 1975). They are found by subspace iteration with Rayleigh-Ritz steps.
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
        double[][] left = LeadingSubspace.of(n, rank, x -> {
            double[] back = transposedTimes(b, x);
            factor.solve(back);
            return times(b, back);
        });
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

    private static double[] times(double[][] matrix, double[] x) {
        double[] out = new double[matrix.length];
        for (int i = 0; i < matrix.length; i++) {
            out[i] = EffectiveConnectivity.dot(matrix[i], x);
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
