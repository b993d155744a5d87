package kappa.analysis.dynamics;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import kappa.ingest.wire.FixedPointType;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;

/**
 * The fixed points F(kappa) = 0 of a reduced system, with their types.
 *
 * <p>For K = 1 and 2 the search is complete. All fixed points lie in the box |kappa_k| <= sum_i |n_ki| / N. A cell of it with
 * centre c and half-widths h is settled by F(c), the Jacobian J(c), and the bounds T of the second derivatives, in one of
 * three ways, and quartered otherwise:
 *
 * <ol>
 * <li>it holds no fixed point because some |F_k(c)| exceeds what the cell can make up for, sum_l |J_kl| h_l + sum_lp T_klp
 * h_l h_p / 2;
 * <li>it holds none because the Newton step from c, in units of h, exceeds 1 + q/2, where q bounds the change of J(c)^-1 J
 * over the cell;
 * <li>with a Newton step eta and eta q <= 1/2, q <= 1, the theorem of Newton and Kantorovich applies: Newton's iteration
 * from c converges to a fixed point, which is the only one within a distance 1/q, and so in the cell.
 * </ol>
 *
 * <p>Cells narrower than a millionth of the box, which surround a bifurcation, are not quartered any more, and the work is
 * limited. What is left then is searched by Newton's iteration from a spread of starts, and {@code complete} is false. Bounds
 * are computed in double precision without directed rounding.
 *
 * <p>For K >= 3 the search is best effort and {@code complete} always false: Newton's iteration from random starts, from
 * points of the trajectories that begin there and from the mirror images of what was found; and from each start again with
 * the fixed points already found deflated (Farrell, Birkisson and Funke 2015), F times prod_j (1 + scale^2 / |kappa -
 * kappa_j|^2), whose Newton step is d / (1 - grad log prod . d) for a plain step d. It goes on until many starts in a row have
 * found nothing new and the signs of det J over all points add up to (-1)^K, which is what they do when none is missing (the
 * degree of F on a large sphere, where F = -kappa), or until its starts are used up.
 *
 * @param points in ascending order of kappa
 * @param complete whether there are provably no others
 */
public record FixedPoints(List<Point> points, boolean complete) {

    /**
     * Enough for thousands of cells at N = 1,024, and a fraction of a second on any machine: evaluations of F times neurons.
     */
    public static final long DEFAULT_WORK = 12_000_000;

    private static final double NARROWEST = 1e-6;
    private static final double SAME = 1e-6;
    /** Around a bifurcation |F| is as small as rounding long before the root: 1e-11 is reached at its cube root. */
    private static final double SAME_UNSETTLED = 1e-3;
    private static final double RESIDUAL = 1e-11;
    private static final double ZERO_EIGENVALUE = 1e-9;
    private static final double SMALLEST_DAMPING = 1e-4;
    private static final int NEWTON_STEPS = 50;
    /** For K >= 3: starts that must have found nothing new, and starts in all. */
    private static final int VAIN_STARTS = 150;
    private static final int MOST_STARTS = 1_500;
    private static final int RELAXATION_STEPS = 10;
    private static final int RELAXATIONS = 2;
    private static final int DEFLATIONS = 3;
    private static final int DEFLATED_STEPS = 30;
    private static final int LEFT_OVER_STARTS = 64;

    /**
     * One fixed point.
     *
     * @param kappa [K]
     * @param type by the eigenvalues' real parts; an eigenvalue within 1e-9 of the imaginary axis is taken with the stable ones
     *        unless all are: then a rotation is a centre
     * @param re [K] real parts of the Jacobian's eigenvalues, per time constant, largest first
     * @param im [K] imaginary parts
     */
    public record Point(double[] kappa, FixedPointType type, double[] re, double[] im) {}

    /** Searches with the default limit of work. */
    public static FixedPoints of(ReducedDynamics dynamics) {
        return of(dynamics, DEFAULT_WORK);
    }

    /**
     * Searches.
     *
     * @param work limit on evaluations of F times neurons; without effect for K >= 3, whose starts are limited in number
     */
    public static FixedPoints of(ReducedDynamics dynamics, long work) {
        Search search = new Search(dynamics);
        boolean complete = dynamics.rank() <= 2 && search.cover(work / dynamics.neurons());
        if (dynamics.rank() > 2) {
            search.scatter();
        }
        List<Point> points = search.roots.stream().map(kappa -> classify(kappa, dynamics.jacobian(kappa)))
                .sorted(Comparator.comparing(Point::kappa, Arrays::compare)).toList();
        return new FixedPoints(points, complete);
    }

    /** Type and eigenvalues of a fixed point with the given Jacobian [K,K]. */
    static Point classify(double[] kappa, double[] jacobian) {
        int rank = kappa.length;
        Array2DRowRealMatrix matrix = new Array2DRowRealMatrix(rank, rank);
        for (int k = 0; k < rank; k++) {
            for (int l = 0; l < rank; l++) {
                matrix.setEntry(k, l, jacobian[k * rank + l]);
            }
        }
        EigenDecomposition decomposition = new EigenDecomposition(matrix);
        List<double[]> eigenvalues = new ArrayList<>();
        for (int k = 0; k < rank; k++) {
            eigenvalues.add(new double[]{decomposition.getRealEigenvalue(k), decomposition.getImagEigenvalue(k)});
        }
        eigenvalues.sort(Comparator.comparing((double[] e) -> e[0]).thenComparing(e -> e[1]).reversed());
        double[] re = eigenvalues.stream().mapToDouble(e -> e[0]).toArray();
        double[] im = eigenvalues.stream().mapToDouble(e -> e[1]).toArray();
        int growing = 0;
        int neutral = 0;
        boolean rotates = false;
        for (int k = 0; k < rank; k++) {
            growing += re[k] > ZERO_EIGENVALUE ? 1 : 0;
            neutral += Math.abs(re[k]) <= ZERO_EIGENVALUE ? 1 : 0;
            rotates |= im[k] != 0;
        }
        FixedPointType type;
        if (neutral == rank && rotates) {
            type = FixedPointType.CENTRE;
        } else if (growing == 0) {
            type = rotates ? FixedPointType.STABLE_FOCUS : FixedPointType.STABLE_NODE;
        } else if (growing == rank) {
            type = rotates ? FixedPointType.UNSTABLE_FOCUS : FixedPointType.UNSTABLE_NODE;
        } else {
            type = FixedPointType.SADDLE;
        }
        return new Point(kappa, type, re, im);
    }

    /** A box of kappa: centre and half-widths. */
    private record Cell(double[] centre, double[] half) {}

    private enum Verdict {
        EMPTY, NEWTON_CONVERGES, UNDECIDED
    }

    /** State of one search. */
    private static final class Search {
        private final ReducedDynamics dynamics;
        private final int rank;
        private final double[] box;
        private final double scale;
        private final double[] curvature;
        private final double[] f;
        private final double[] jacobian;
        private final double[] step;
        private final List<double[]> roots = new ArrayList<>();
        private long evaluations;

        Search(ReducedDynamics dynamics) {
            this.dynamics = dynamics;
            this.rank = dynamics.rank();
            this.box = dynamics.bounds();
            double widest = 0;
            for (double width : box) {
                widest = Math.max(widest, width);
            }
            this.scale = widest;
            for (int k = 0; k < rank; k++) {
                // Just wider than the bound, and never flat, so that no fixed point lies on the edge.
                box[k] = 1.001 * Math.max(box[k], Math.max(1e-3 * widest, Double.MIN_NORMAL));
            }
            this.curvature = dynamics.curvatureBounds();
            this.f = new double[rank];
            this.jacobian = new double[rank * rank];
            this.step = new double[rank];
        }

        /** Covers the box with settled cells, breadth first. Returns whether all were settled. */
        boolean cover(long limit) {
            ArrayDeque<Cell> cells = new ArrayDeque<>();
            cells.add(new Cell(new double[rank], box.clone()));
            List<Cell> unsettled = new ArrayList<>();
            while (!cells.isEmpty() && evaluations < limit) {
                Cell cell = cells.poll();
                Verdict verdict = judge(cell);
                if (verdict == Verdict.NEWTON_CONVERGES) {
                    newton(cell.centre(), true, SAME);
                } else if (verdict == Verdict.UNDECIDED && cell.half()[0] < NARROWEST * box[0]) {
                    unsettled.add(cell);
                } else if (verdict == Verdict.UNDECIDED) {
                    quarter(cell, cells);
                }
            }
            unsettled.addAll(cells);
            // A stride, so that the starts are spread over all that is left.
            int stride = Math.max(1, unsettled.size() / LEFT_OVER_STARTS);
            for (int c = 0; c < unsettled.size(); c += stride) {
                newton(unsettled.get(c).centre(), false, SAME_UNSETTLED);
            }
            return unsettled.isEmpty();
        }

        private Verdict judge(Cell cell) {
            double[] half = cell.half();
            linearise(cell.centre());
            for (int k = 0; k < rank; k++) {
                double reach = 0;
                for (int l = 0; l < rank; l++) {
                    reach += (Math.abs(jacobian[k * rank + l]) + 0.5 * slopeChange(k, l, half)) * half[l];
                }
                if (Math.abs(f[k]) > reach) {
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
                    newton += inverse[k * rank + j] * f[j];
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

        /** The search for K >= 3. */
        void scatter() {
            SplittableRandom random = new SplittableRandom(1);
            newton(new double[rank], false, SAME);
            int vain = 0;
            for (int start = 0; start < MOST_STARTS && (vain < VAIN_STARTS || !degreeHolds()); start++) {
                int before = roots.size();
                double[] kappa = new double[rank];
                double size = random.nextDouble();
                for (int k = 0; k < rank; k++) {
                    kappa[k] = size * random.nextDouble(-box[k], box[k]);
                }
                for (int relaxation = 0; relaxation <= RELAXATIONS; relaxation++) {
                    newton(kappa, false, SAME);
                    relax(kappa);
                }
                for (int deflation = 0; deflation < DEFLATIONS && deflated(kappa); deflation++) {
                    // Each time with one root more to keep away from.
                }
                // Without input and biases F is odd: the mirror image of a root is one too.
                for (double[] root : List.copyOf(roots.subList(before, roots.size()))) {
                    newton(Arrays.stream(root).map(k -> -k).toArray(), false, SAME);
                }
                vain = roots.size() > before ? 0 : vain + 1;
            }
        }

        private void relax(double[] kappa) {
            for (int t = 0; t < RELAXATION_STEPS; t++) {
                dynamics.velocity(kappa, f);
                for (int k = 0; k < rank; k++) {
                    kappa[k] += 0.5 * f[k];
                }
            }
        }

        /** Newton's iteration away from all known roots, and then to a root; returns whether it found a new one. */
        private boolean deflated(double[] start) {
            int before = roots.size();
            double[] kappa = start.clone();
            for (int iteration = 0; iteration < DEFLATED_STEPS; iteration++) {
                linearise(kappa);
                if (norm(f) < 1e-3 * scale) {
                    newton(kappa, false, SAME);
                    return roots.size() > before;
                }
                if (!solve()) {
                    return false;
                }
                // grad log prod . d, with d minus what solve gives.
                double along = 0;
                for (double[] root : roots) {
                    double square = 0;
                    double product = 0;
                    for (int k = 0; k < rank; k++) {
                        square += (kappa[k] - root[k]) * (kappa[k] - root[k]);
                        product += (kappa[k] - root[k]) * step[k];
                    }
                    along += 2 * scale * scale * product / (square * (square + scale * scale));
                }
                double factor = 1 / (1 - along);
                double length = Math.abs(factor) * norm(step);
                if (!Double.isFinite(length)) {
                    return false;
                }
                factor *= Math.min(1, 0.5 * scale / length);
                double furthest = 0;
                for (int k = 0; k < rank; k++) {
                    kappa[k] -= factor * step[k];
                    furthest = Math.max(furthest, Math.abs(kappa[k]) / box[k]);
                }
                if (furthest > 3) {
                    return false;
                }
            }
            return false;
        }

        /** Whether the signs of det J over the roots add up to those of F = -kappa. */
        private boolean degreeHolds() {
            int sum = 0;
            for (double[] root : roots) {
                Point point = classify(root, dynamics.jacobian(root));
                int sign = 1;
                for (int k = 0; k < rank; k++) {
                    // Complex pairs have a product above 0.
                    sign = point.im()[k] == 0 && point.re()[k] < 0 ? -sign : sign;
                }
                sum += sign;
            }
            return sum == (rank % 2 == 0 ? 1 : -1);
        }

        /**
         * Newton's iteration; a new root is kept.
         *
         * @param certain whether it is known to converge. If not, steps are halved while they do not reduce |F|
         * @param same distance in units of the box below which two roots are one
         */
        private void newton(double[] start, boolean certain, double same) {
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
            for (double[] root : roots) {
                double distance = 0;
                for (int k = 0; k < rank; k++) {
                    distance = Math.max(distance, Math.abs(root[k] - kappa[k]));
                }
                if (distance <= same) {
                    return;
                }
            }
            roots.add(kappa);
        }

        private void linearise(double[] kappa) {
            dynamics.linearise(kappa, f, jacobian);
            evaluations++;
        }

        /** step = J^-1 F by elimination with row pivots; false if J is singular. */
        private boolean solve() {
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

        private static double norm(double[] vector) {
            double sum = 0;
            for (double value : vector) {
                sum += value * value;
            }
            return Math.sqrt(sum);
        }
    }
}
