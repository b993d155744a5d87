package kappa.analysis.dynamics;

import java.util.List;

/**
 * Basins of attraction of a two-dimensional system: the attractor that the trajectory from each point of a grid reaches.
 *
 * <p>Attractors are numbered from 0: first the stable fixed points in the order of {@link FixedPoints#points}, then the
 * stable orbits in the order of {@link LimitCycles#cycles}. Trajectories follow the interpolated {@link PlaneFlow} in
 * Runge-Kutta steps of a tenth of a time constant, so that points within a small part of a grid step of a boundary may be
 * given to the wrong side. A point's fate is certain once it is in the ellipsoid about a fixed point that nothing leaves, and
 * taken for certain on coming within a hundredth of a stable orbit's extent of it.
 *
 * @param axis [G] grid along both dimensions
 * @param attractor [G,G], kappa_2 by rows: the attractor's number, or -1 where 200 time constants did not tell (on the
 *        boundary itself, or where the flow is slow)
 * @param fractions of the grid's points that belong to each attractor
 */
public record Basins(double[] axis, int[] attractor, double[] fractions) {

    /** The number of a point whose trajectory reached no attractor in time. */
    public static final int UNDECIDED = -1;

    private static final int POINTS_ON_A_SIDE = 41;
    private static final double STEP = 0.1;
    private static final int STEPS = 2_000;
    private static final double NEAR = 1e-2;

    /** Follows the flow from a grid on [-reach, reach] in both dimensions, the flow's own reach. */
    public static Basins of(PlaneFlow flow, FixedPoints points, LimitCycles cycles) {
        double[] axis = FlowField.grid(POINTS_ON_A_SIDE, flow.reach());
        List<TrappingRegion> regions = TrappingRegion.around(points, flow.dynamics(), true);
        List<LimitCycle> orbits = cycles.cycles().stream().filter(LimitCycle::stable).toList();
        int[] attractor = new int[axis.length * axis.length];
        double[] fractions = new double[regions.size() + orbits.size()];
        for (int i = 0; i < attractor.length; i++) {
            int row = i / axis.length;
            attractor[i] = follow(new double[]{axis[i % axis.length], axis[row]}, flow, regions, orbits);
            if (attractor[i] >= 0) {
                fractions[attractor[i]] += 1.0 / attractor.length;
            }
        }
        return new Basins(axis, attractor, fractions);
    }

    private static int follow(double[] kappa, PlaneFlow flow, List<TrappingRegion> regions,
            List<LimitCycle> orbits) {
        double[] a = new double[2];
        double[] b = new double[2];
        double[] c = new double[2];
        double[] d = new double[2];
        for (int step = 0; step < STEPS; step++) {
            for (int r = 0; r < regions.size(); r++) {
                if (regions.get(r).excess(kappa) <= 0) {
                    return r;
                }
            }
            if (step % 10 == 0) {
                for (int o = 0; o < orbits.size(); o++) {
                    if (near(kappa, orbits.get(o).orbit())) {
                        return regions.size() + o;
                    }
                }
            }
            double x = kappa[0];
            double y = kappa[1];
            flow.velocity(x, y, a);
            flow.velocity(x + STEP / 2 * a[0], y + STEP / 2 * a[1], b);
            flow.velocity(x + STEP / 2 * b[0], y + STEP / 2 * b[1], c);
            flow.velocity(x + STEP * c[0], y + STEP * c[1], d);
            for (int k = 0; k < 2; k++) {
                kappa[k] += STEP / 6 * (a[k] + 2 * b[k] + 2 * c[k] + d[k]);
            }
        }
        return UNDECIDED;
    }

    private static boolean near(double[] kappa, double[] orbit) {
        double nearest = Double.POSITIVE_INFINITY;
        double extent = 0;
        int points = orbit.length / 2;
        for (int p = 0; p < points; p++) {
            int q = (p + 1) % points;
            double x = orbit[2 * p];
            double y = orbit[2 * p + 1];
            extent = Math.max(extent, Math.hypot(x - orbit[0], y - orbit[1]));
            double dx = orbit[2 * q] - x;
            double dy = orbit[2 * q + 1] - y;
            double part = Math.clamp(((kappa[0] - x) * dx + (kappa[1] - y) * dy) / (dx * dx + dy * dy), 0, 1);
            nearest = Math.min(nearest, Math.hypot(kappa[0] - x - part * dx, kappa[1] - y - part * dy));
        }
        return nearest < NEAR * extent;
    }
}
