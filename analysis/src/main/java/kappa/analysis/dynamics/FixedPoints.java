package kappa.analysis.dynamics;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

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
public record FixedPoints(List<FixedPoint> points, boolean complete) {

    /**
     * Enough for thousands of cells at N = 1,024, and a fraction of a second on any machine: evaluations of F times neurons.
     */
    public static final long DEFAULT_WORK = 12_000_000;

    /** Distance in units of the box below which two fixed points are one. */
    static final double SAME = 1e-6;

    public static FixedPoints of(ReducedDynamics dynamics) {
        return of(dynamics, DEFAULT_WORK);
    }

    /**
     * @param work limit on evaluations of F times neurons; without effect for K >= 3, whose starts are limited in number
     */
    public static FixedPoints of(ReducedDynamics dynamics, long work) {
        NewtonRoots found = new NewtonRoots(dynamics);
        boolean complete = dynamics.rank() <= 2
                && new CoveringSearch(dynamics, found).cover(work / dynamics.neurons());
        if (dynamics.rank() > 2) {
            new DeflatedSearch(dynamics, found).run();
        }
        return new FixedPoints(found.roots().stream().map(kappa -> FixedPoint.of(kappa, dynamics.jacobian(kappa)))
                .sorted(Comparator.comparing(FixedPoint::kappa, Arrays::compare)).toList(), complete);
    }
}
