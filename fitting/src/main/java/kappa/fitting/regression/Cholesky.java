package kappa.fitting.regression;

/**
 * U'U = A of a symmetric positive definite matrix, by rows, so that every inner loop runs along a row and is vectorised
 * (Commons Math works by columns of dot products, which are not). Immutable.
 */
public final class Cholesky {

    /** What is left of a pivot below this share of its diagonal is rounding. */
    private static final double ROUNDING = 1e-14;

    private final double[][] u;

    /** @param a upper triangle, which is overwritten */
    public Cholesky(double[][] a) {
        int n = a.length;
        double[] diagonal = new double[n];
        for (int k = 0; k < n; k++) {
            diagonal[k] = a[k][k];
        }
        for (int k = 0; k < n; k++) {
            double[] row = a[k];
            double pivot = Math.sqrt(Math.max(row[k], ROUNDING * diagonal[k] + Double.MIN_NORMAL));
            row[k] = pivot;
            for (int j = k + 1; j < n; j++) {
                row[j] /= pivot;
            }
            for (int i = k + 1; i < n; i++) {
                double factor = row[i];
                double[] target = a[i];
                for (int j = i; j < n; j++) {
                    target[j] -= factor * row[j];
                }
            }
        }
        u = a;
    }

    /** x = A^-1 x, in place. */
    public void solve(double[] x) {
        int n = u.length;
        for (int k = 0; k < n; k++) {
            double[] row = u[k];
            double value = x[k] / row[k];
            x[k] = value;
            for (int j = k + 1; j < n; j++) {
                x[j] -= value * row[j];
            }
        }
        for (int k = n - 1; k >= 0; k--) {
            double[] row = u[k];
            double sum = x[k];
            for (int j = k + 1; j < n; j++) {
                sum -= row[j] * x[j];
            }
            x[k] = sum / row[k];
        }
    }
}
