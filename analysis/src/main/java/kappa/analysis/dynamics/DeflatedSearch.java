package kappa.analysis.dynamics;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The search for fixed points for K >= 3, best effort: Newton's iteration from many starts, with the points already found
 * deflated, see {@link FixedPoints}. Not thread-safe.
 */
final class DeflatedSearch {

    /** Starts that must have found nothing new, and starts in all. */
    private static final int VAIN_STARTS = 150;
    private static final int MOST_STARTS = 1_500;
    private static final int RELAXATION_STEPS = 10;
    private static final int RELAXATIONS = 2;
    private static final int DEFLATIONS = 3;
    private static final int DEFLATED_STEPS = 30;

    private final ReducedDynamics dynamics;
    private final NewtonRoots found;
    private final int rank;

    DeflatedSearch(ReducedDynamics dynamics, NewtonRoots found) {
        this.dynamics = dynamics;
        this.found = found;
        this.rank = dynamics.rank();
    }

    /** Adds the fixed points that it finds to those already found. */
    void run() {
        SplittableRandom random = new SplittableRandom(1);
        found.find(new double[rank], false, FixedPoints.SAME);
        int vain = 0;
        for (int start = 0; start < MOST_STARTS && (vain < VAIN_STARTS || !degreeHolds()); start++) {
            int before = found.roots().size();
            double[] kappa = new double[rank];
            double size = random.nextDouble();
            for (int k = 0; k < rank; k++) {
                kappa[k] = size * random.nextDouble(-found.box[k], found.box[k]);
            }
            for (int relaxation = 0; relaxation <= RELAXATIONS; relaxation++) {
                found.find(kappa, false, FixedPoints.SAME);
                relax(kappa);
            }
            for (int deflation = 0; deflation < DEFLATIONS && deflated(kappa); deflation++) {
                // Each time with one root more to keep away from.
            }
            // Without input and biases F is odd: the mirror image of a root is one too.
            for (double[] root : List.copyOf(found.roots().subList(before, found.roots().size()))) {
                found.find(Arrays.stream(root).map(k -> -k).toArray(), false, FixedPoints.SAME);
            }
            vain = found.roots().size() > before ? 0 : vain + 1;
        }
    }

    private void relax(double[] kappa) {
        for (int t = 0; t < RELAXATION_STEPS; t++) {
            dynamics.velocity(kappa, found.f);
            for (int k = 0; k < rank; k++) {
                kappa[k] += 0.5 * found.f[k];
            }
        }
    }

    /** Newton's iteration away from all known roots, and then to a root; returns whether it found a new one. */
    private boolean deflated(double[] start) {
        int before = found.roots().size();
        double[] kappa = start.clone();
        for (int iteration = 0; iteration < DEFLATED_STEPS; iteration++) {
            found.linearise(kappa);
            if (NewtonRoots.norm(found.f) < 1e-3 * found.scale) {
                found.find(kappa, false, FixedPoints.SAME);
                return found.roots().size() > before;
            }
            if (!found.solve()) {
                return false;
            }
            // grad log prod . d, with d minus what solve gives.
            double along = 0;
            for (double[] root : found.roots()) {
                double square = 0;
                double product = 0;
                for (int k = 0; k < rank; k++) {
                    square += (kappa[k] - root[k]) * (kappa[k] - root[k]);
                    product += (kappa[k] - root[k]) * found.step[k];
                }
                along += 2 * found.scale * found.scale * product / (square * (square + found.scale * found.scale));
            }
            double factor = 1 / (1 - along);
            double length = Math.abs(factor) * NewtonRoots.norm(found.step);
            if (!Double.isFinite(length)) {
                return false;
            }
            factor *= Math.min(1, 0.5 * found.scale / length);
            double furthest = 0;
            for (int k = 0; k < rank; k++) {
                kappa[k] -= factor * found.step[k];
                furthest = Math.max(furthest, Math.abs(kappa[k]) / found.box[k]);
            }
            if (furthest > 3) {
                return false;
            }
        }
        return false;
    }

    /** Whether the signs of det J over the roots add up to those of F = -kappa. */
    private boolean degreeHolds() {
        int sum = found.roots().stream()
                .mapToInt(root -> FixedPoint.of(root, dynamics.jacobian(root)).determinantSign())
                .sum();
        return sum == (rank % 2 == 0 ? 1 : -1);
    }
}
