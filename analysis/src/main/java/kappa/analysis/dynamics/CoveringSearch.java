package kappa.analysis.dynamics;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The complete search for fixed points, for K <= 2: covers the box with cells that are settled each by itself, see
 * {@link FixedPoints}. Not thread-safe.
 */
final class CoveringSearch {

    private static final double NARROWEST = 1e-6;
    /** Around a bifurcation |F| is as small as rounding long before the root: 1e-11 is reached at its cube root. */
    private static final double SAME_UNSETTLED = 1e-3;
    private static final int LEFT_OVER_STARTS = 64;

    /** A box of kappa: centre and half-widths. */
    private record Cell(double[] centre, double[] half) {}

    private enum Verdict {
        EMPTY, NEWTON_CONVERGES, UNDECIDED
    }

    private final NewtonRoots found;
    private final int rank;
    private final double[] curvature;

    CoveringSearch(ReducedDynamics dynamics, NewtonRoots found) {
        this.found = found;
        this.rank = dynamics.rank();
        this.curvature = dynamics.curvatureBounds();
    }

    /** Covers the box with settled cells, breadth first. Returns whether all were settled. */
    boolean cover(long limit) {
        ArrayDeque<Cell> cells = new ArrayDeque<>();
        cells.add(new Cell(new double[rank], found.box.clone()));
        List<Cell> unsettled = new ArrayList<>();
        while (!cells.isEmpty() && found.evaluations() < limit) {
            Cell cell = cells.poll();
            Verdict verdict = judge(cell);
            if (verdict == Verdict.NEWTON_CONVERGES) {
                found.find(cell.centre(), true, FixedPoints.SAME);
            } else if (verdict == Verdict.UNDECIDED && cell.half()[0] < NARROWEST * found.box[0]) {
                unsettled.add(cell);
            } else if (verdict == Verdict.UNDECIDED) {
                quarter(cell, cells);
            }
        }
        unsettled.addAll(cells);
        // A stride, so that the starts are spread over all that is left.
        int stride = Math.max(1, unsettled.size() / LEFT_OVER_STARTS);
        for (int c = 0; c < unsettled.size(); c += stride) {
            found.find(unsettled.get(c).centre(), false, SAME_UNSETTLED);
        }
        return unsettled.isEmpty();
    }

    private Verdict judge(Cell cell) {
        double[] half = cell.half();
        found.linearise(cell.centre());
        for (int k = 0; k < rank; k++) {
            double reach = 0;
            for (int l = 0; l < rank; l++) {
                reach += (Math.abs(found.jacobian[k * rank + l]) + 0.5 * slopeChange(k, l, half)) * half[l];
            }
            if (Math.abs(found.f[k]) > reach) {
                return Verdict.EMPTY;
            }
        }
        double[] inverse = inverse();
        if (inverse.length == 0) {
            return Verdict.UNDECIDED;
        }
        double eta = 0;
        double q = 0;
        for (int k = 0; k < rank; k++) {
            double newton = 0;
            double change = 0;
            for (int j = 0; j < rank; j++) {
                newton += inverse[k * rank + j] * found.f[j];
                for (int l = 0; l < rank; l++) {
                    change += Math.abs(inverse[k * rank + j]) * slopeChange(j, l, half) * half[l];
                }
            }
            eta = Math.max(eta, Math.abs(newton) / half[k]);
            q = Math.max(q, change / half[k]);
        }
        if (eta > 1 + 0.5 * q) {
            return Verdict.EMPTY;
        }
        return q <= 1 && eta * q <= 0.5 ? Verdict.NEWTON_CONVERGES : Verdict.UNDECIDED;
    }

    /** How much dF_k/dkappa_l can change between the centre and any point of a cell. */
    private double slopeChange(int k, int l, double[] half) {
        double sum = 0;
        for (int p = 0; p < rank; p++) {
            sum += curvature[(k * rank + l) * rank + p] * half[p];
        }
        return sum;
    }

    /** The inverse of the Jacobian for K <= 2; empty if it has none. */
    private double[] inverse() {
        double[] jacobian = found.jacobian;
        double determinant = rank == 1 ? jacobian[0] : jacobian[0] * jacobian[3] - jacobian[1] * jacobian[2];
        if (Math.abs(determinant) < Double.MIN_NORMAL) {
            return new double[0];
        }
        return rank == 1
                ? new double[]{1 / determinant}
                : new double[]{jacobian[3] / determinant, -jacobian[1] / determinant, -jacobian[2] / determinant,
                    jacobian[0] / determinant};
    }

    private void quarter(Cell cell, ArrayDeque<Cell> cells) {
        for (int corner = 0; corner < 1 << rank; corner++) {
            double[] centre = cell.centre().clone();
            double[] half = cell.half().clone();
            for (int k = 0; k < rank; k++) {
                half[k] /= 2;
                centre[k] += (corner >> k & 1) == 0 ? -half[k] : half[k];
            }
            cells.add(new Cell(centre, half));
        }
    }
}
