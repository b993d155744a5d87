package kappa.analysis.dynamics;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.DecompositionSolver;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.LUDecomposition;

/**
 * An ellipsoid about a fixed point that no trajectory leaves and in which all go to the point: the level set of Lyapunov's
 * function
 *
 * <pre>
 * V(d) = d' P d  <=  level        J' P + P J = -1        level = lambda_min / (lambda_max T)^2
 * </pre>
 *
 * <p>with d = kappa - centre, lambda the eigenvalues of P, and T the Euclidean norm of the bounds of all second derivatives of
 * F: dV/dt <= -|d|^2 (1 - lambda_max T |d|) is negative inside. Immutable.
 *
 * @param centre [K]
 * @param form P / level, [K,K]
 */
record TrappingRegion(double[] centre, double[] form) {

    /** A slower decay is not told from none. */
    private static final double LEAST_DECAY = 1e-9;

    /**
     * The regions of all points that attract.
     *
     * @param forward whether time runs forward; backward the sources attract
     */
    static List<TrappingRegion> around(FixedPoints points, ReducedDynamics dynamics, boolean forward) {
        double squares = 0;
        for (double bound : dynamics.curvatureBounds()) {
            squares += bound * bound;
        }
        double curvature = Math.sqrt(squares);
        int rank = dynamics.rank();
        List<TrappingRegion> regions = new ArrayList<>();
        for (FixedPoint point : points.points()) {
            double slowest = forward ? -point.re()[0] : point.re()[rank - 1];
            if (slowest > LEAST_DECAY) {
                double[] jacobian = dynamics.jacobian(point.kappa());
                for (int j = 0; j < jacobian.length && !forward; j++) {
                    jacobian[j] = -jacobian[j];
                }
                regions.add(of(point.kappa(), jacobian, curvature));
            }
        }
        return regions;
    }

    private static TrappingRegion of(double[] centre, double[] jacobian, double curvature) {
        int rank = centre.length;
        int size = rank * rank;
        Array2DRowRealMatrix equations = new Array2DRowRealMatrix(size, size);
        double[] right = new double[size];
        for (int k = 0; k < rank; k++) {
            for (int l = 0; l < rank; l++) {
                int row = k * rank + l;
                for (int p = 0; p < rank; p++) {
                    equations.addToEntry(row, p * rank + l, jacobian[p * rank + k]);
                    equations.addToEntry(row, k * rank + p, jacobian[p * rank + l]);
                }
                right[row] = k == l ? -1 : 0;
            }
        }
        DecompositionSolver solver = new LUDecomposition(equations, 0).getSolver();
        double[] solution = solver.solve(new ArrayRealVector(right, false)).toArray();
        Array2DRowRealMatrix p = new Array2DRowRealMatrix(rank, rank);
        for (int k = 0; k < rank; k++) {
            for (int l = 0; l < rank; l++) {
                p.setEntry(k, l, 0.5 * (solution[k * rank + l] + solution[l * rank + k]));
            }
        }
        double[] lambda = new EigenDecomposition(p).getRealEigenvalues();
        double largest = lambda[0];
        double smallest = lambda[0];
        for (double value : lambda) {
            largest = Math.max(largest, value);
            smallest = Math.min(smallest, value);
        }
        double reach = largest * curvature;
        double[] form = new double[size];
        for (int k = 0; k < rank; k++) {
            for (int l = 0; l < rank; l++) {
                form[k * rank + l] = p.getEntry(k, l) * reach * reach / smallest;
            }
        }
        return new TrappingRegion(centre, form);
    }

    /** V / level - 1: not above 0 inside. */
    double excess(double[] kappa) {
        int rank = centre.length;
        double value = -1;
        for (int k = 0; k < rank; k++) {
            for (int l = 0; l < rank; l++) {
                value += (kappa[k] - centre[k]) * form[k * rank + l] * (kappa[l] - centre[l]);
            }
        }
        return value;
    }
}
