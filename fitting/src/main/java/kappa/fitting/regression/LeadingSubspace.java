package kappa.fitting.regression;

import static kappa.fitting.model.EffectiveConnectivity.dot;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;

/**
 * The leading eigenvectors of a large symmetric positive semidefinite operator, which is only ever applied: subspace
 * iteration with Rayleigh-Ritz steps (Golub and Van Loan, 8.2.4). Deterministic. Stateless.
 */
public final class LeadingSubspace {

    /** Directions beyond those wanted, which let the iteration converge fast. */
    private static final int EXTRA = 5;
    private static final int MAX_ITERATIONS = 200;
    private static final double CONVERGED = 1e-10;

    private LeadingSubspace() {}

    /**
     * @param n order of the operator
     * @param count how many eigenvectors, at most n
     * @param operator must leave its argument alone
     * @return [count,N] orthonormal rows, the largest eigenvalue's first
     */
    public static double[][] of(int n, int count, UnaryOperator<double[]> operator) {
        int width = Math.min(n, count + EXTRA);
        double[][] basis = new double[width][n];
        for (int k = 0; k < width; k++) {
            for (int i = 0; i < n; i++) {
                // Any start that is not orthogonal to the answer will do; this one needs no generator.
                basis[k][i] = Math.sin((k + 1.0) * (i + 1.0)) + (i % width == k ? 1 : 0);
            }
        }
        orthonormalise(basis);
        double[] values = new double[count];
        for (int iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
            double[][] image = new double[width][];
            for (int k = 0; k < width; k++) {
                image[k] = operator.apply(basis[k]);
            }
            double[] ritz = ritz(basis, image);
            orthonormalise(image);
            basis = image;
            double change = 0;
            for (int k = 0; k < count; k++) {
                change = Math.max(change, Math.abs(ritz[k] - values[k]));
                values[k] = ritz[k];
            }
            if (!(change > CONVERGED * ritz[0])) {
                break;
            }
        }
        return Arrays.copyOf(basis, count);
    }

    /**
     * Eigenvalues of the operator within the subspace, largest first; basis and image are turned to its eigenvectors.
     */
    private static double[] ritz(double[][] basis, double[][] image) {
        int q = basis.length;
        double[][] small = new double[q][q];
        for (int k = 0; k < q; k++) {
            for (int l = 0; l <= k; l++) {
                small[k][l] = dot(basis[k], image[l]);
                small[l][k] = small[k][l];
            }
        }
        EigenDecomposition eigen = new EigenDecomposition(MatrixUtils.createRealMatrix(small));
        RealMatrix turn = eigen.getV().transpose();
        turn(basis, turn);
        turn(image, turn);
        return eigen.getRealEigenvalues();
    }

    private static void turn(double[][] rows, RealMatrix by) {
        double[][] turned = by.multiply(MatrixUtils.createRealMatrix(rows)).getData();
        System.arraycopy(turned, 0, rows, 0, rows.length);
    }

    /** Gram-Schmidt, twice for orthogonality to rounding; a row that vanishes is replaced by a coordinate. */
    private static void orthonormalise(double[][] rows) {
        for (int k = 0; k < rows.length; k++) {
            double[] row = rows[k];
            double before = Math.sqrt(dot(row, row));
            int coordinate = 0;
            while (!(removeEarlier(rows, k) > 1e-13 * before)) {
                Arrays.fill(row, 0);
                row[coordinate++] = 1;
                before = 1;
            }
            double norm = Math.sqrt(dot(row, row));
            for (int i = 0; i < row.length; i++) {
                row[i] /= norm;
            }
        }
    }

    /** What is left of row k beside the rows before it: its norm. */
    private static double removeEarlier(double[][] rows, int k) {
        for (int pass = 0; pass < 2; pass++) {
            for (int l = 0; l < k; l++) {
                double along = dot(rows[k], rows[l]);
                for (int i = 0; i < rows[k].length; i++) {
                    rows[k][i] -= along * rows[l][i];
                }
            }
        }
        return Math.sqrt(dot(rows[k], rows[k]));
    }
}
