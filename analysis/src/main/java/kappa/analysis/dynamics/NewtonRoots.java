package kappa.analysis.dynamics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.util.MathArrays;

/**
 * The roots of F that Newton's iteration has found so far: what the searches for {@link FixedPoints} have in common. Not
 * thread-safe.
 */
final class NewtonRoots {

    private static final double RESIDUAL = 1e-11;
    private static final double SMALLEST_DAMPING = 1e-4;
    private static final int NEWTON_STEPS = 50;

    /** [K] half-widths of a box in which all fixed points lie, none of them on its edge. */
    final double[] box;
    /** Half-width of the box where it is widest. */
    final double scale;
    /** [K] F at the point of the last {@link #linearise}. */
    final double[] f;
    /** [K,K] the Jacobian there. */
    final double[] jacobian;
    /** [K] the solution of the last {@link #solve}. */
    final double[] step;

    private final ReducedDynamics dynamics;
    private final int rank;
    private final List<double[]> roots = new ArrayList<>();
    private long evaluations;

    NewtonRoots(ReducedDynamics dynamics) {
        this.dynamics = dynamics;
        this.rank = dynamics.rank();
        this.box = dynamics.bounds();
        this.scale = Arrays.stream(box).max().orElseThrow();
        for (int k = 0; k < rank; k++) {
            // Just wider than the bound, and never flat, so that no fixed point lies on the edge.
            box[k] = 1.001 * Math.max(box[k], Math.max(1e-3 * scale, Double.MIN_NORMAL));
        }
        this.f = new double[rank];
        this.jacobian = new double[rank * rank];
        this.step = new double[rank];
    }

    /** In the order in which they were found; changes with each new one. */
    List<double[]> roots() {
        return roots;
    }

    /** Evaluations of F until now. */
    long evaluations() {
        return evaluations;
    }

    /**
     * Newton's iteration; a new root is kept.
     *
     * @param certain whether it is known to converge. If not, steps are halved while they do not reduce |F|
     * @param same distance in units of the box below which two roots are one
     */
    void find(double[] start, boolean certain, double same) {
        double[] kappa = start.clone();
        double[] trial = new double[rank];
        linearise(kappa);
        double size = norm(f);
        for (int iteration = 0; iteration < NEWTON_STEPS && size > 0; iteration++) {
            if (!solve()) {
                break;
            }
            double stepSize = norm(step);
            double damping = 1;
            double before = size;
            do {
                for (int k = 0; k < rank; k++) {
                    trial[k] = kappa[k] - damping * step[k];
                }
                linearise(trial);
                size = norm(f);
                damping /= 2;
            } while (!certain && size >= before && before > RESIDUAL * scale && damping > SMALLEST_DAMPING);
            if (size >= before && (!certain || before <= RESIDUAL * scale)) {
                // Either rounding is all that is left, or a minimum of |F| that is no root.
                size = before;
                break;
            }
            System.arraycopy(trial, 0, kappa, 0, rank);
            if (stepSize <= 1e-14 * scale) {
                break;
            }
        }
        if (size <= RESIDUAL * scale) {
            keep(kappa, same * scale);
        } else if (certain) {
            throw new IllegalStateException("Newton's iteration left |F| = " + size + " where it must converge");
        }
    }

    private void keep(double[] kappa, double same) {
        if (roots.stream().noneMatch(root -> MathArrays.distanceInf(root, kappa) <= same)) {
            roots.add(kappa);
        }
    }

    /** Evaluates F and its Jacobian. */
    void linearise(double[] kappa) {
        dynamics.linearise(kappa, f, jacobian);
        evaluations++;
    }

    /** step = J^-1 F by elimination with row pivots; false if J is singular. */
    boolean solve() {
        double[] a = jacobian.clone();
        System.arraycopy(f, 0, step, 0, rank);
        for (int column = 0; column < rank; column++) {
            int pivot = column;
            for (int row = column + 1; row < rank; row++) {
                if (Math.abs(a[row * rank + column]) > Math.abs(a[pivot * rank + column])) {
                    pivot = row;
                }
            }
            if (Math.abs(a[pivot * rank + column]) < Double.MIN_NORMAL) {
                return false;
            }
            for (int l = 0; l < rank; l++) {
                double swap = a[column * rank + l];
                a[column * rank + l] = a[pivot * rank + l];
                a[pivot * rank + l] = swap;
            }
            double swap = step[column];
            step[column] = step[pivot];
            step[pivot] = swap;
            for (int row = column + 1; row < rank; row++) {
                double factor = a[row * rank + column] / a[column * rank + column];
                for (int l = column; l < rank; l++) {
                    a[row * rank + l] -= factor * a[column * rank + l];
                }
                step[row] -= factor * step[column];
            }
        }
        for (int row = rank - 1; row >= 0; row--) {
            for (int l = row + 1; l < rank; l++) {
                step[row] -= a[row * rank + l] * step[l];
            }
            step[row] /= a[row * rank + row];
        }
        return true;
    }

    /** Euclidean. */
    static double norm(double[] vector) {
        return new ArrayRealVector(vector, false).getNorm();
    }
}
