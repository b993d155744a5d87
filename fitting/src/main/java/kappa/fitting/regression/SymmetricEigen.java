package kappa.fitting.regression;

import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;

/** The small eigenproblem inside a subspace iteration. Stateless. */
final class SymmetricEigen {

    private SymmetricEigen() {}

    /**
     * The eigenvalues of the operator within a subspace, largest first; both bases are turned to its eigenvectors.
     *
     * @param basis [Q,N] orthonormal rows
     * @param image [Q,N] the operator applied to them
     */
    static double[] ritz(double[][] basis, double[][] image) {
        int q = basis.length;
        double[][] small = new double[q][q];
        for (int k = 0; k < q; k++) {
            for (int l = 0; l <= k; l++) {
                double sum = 0;
                for (int i = 0; i < basis[k].length; i++) {
                    sum += basis[k][i] * image[l][i];
                }
                small[k][l] = sum;
                small[l][k] = sum;
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
}
