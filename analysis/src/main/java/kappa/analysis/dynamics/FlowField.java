package kappa.analysis.dynamics;

/**
 * The velocity F(kappa) of a reduced system on a grid, to be drawn.
 *
 * @param axis [G] grid, the same along each dimension of kappa
 * @param velocity for K = 1 [G], F at each point; for K = 2 [G,G,2], kappa_2 by rows
 * @param potential [G] for K = 1 the potential V' = -F (Valente 2019, equation 2.5): kappa runs down V, and stable fixed
 *        points are its minima; 0 at its lowest grid point. Empty for K = 2
 */
public record FlowField(double[] axis, double[] velocity, double[] potential) {

    static final int POINTS_ON_A_LINE = 201;
    /** Grid points along each dimension for K = 2. */
    private static final int POINTS_ON_A_SIDE = 25;

    /**
     * The flow on [-reach, reach] in each dimension.
     *
     * @throws IllegalArgumentException for K > 2, or if the reach is not above 0
     */
    public static FlowField of(ReducedDynamics dynamics, double reach) {
        if (dynamics.rank() > 2) {
            throw new IllegalArgumentException("rank " + dynamics.rank() + ", expected 1 or 2 for a flow field");
        }
        requireReach(reach);
        return dynamics.rank() == 1 ? line(dynamics, reach) : plane(dynamics, reach);
    }

    /** With the potential by the trapezoidal rule with end corrections, an error of order h^4. */
    private static FlowField line(ReducedDynamics dynamics, double reach) {
        double[] axis = grid(POINTS_ON_A_LINE, reach);
        double[] velocity = new double[POINTS_ON_A_LINE];
        double[] potential = new double[POINTS_ON_A_LINE];
        double[] f = new double[1];
        double[] slope = new double[1];
        double h = 2 * reach / (POINTS_ON_A_LINE - 1);
        double slopeBefore = 0;
        double lowest = 0;
        for (int i = 0; i < POINTS_ON_A_LINE; i++) {
            dynamics.linearise(new double[]{axis[i]}, f, slope);
            velocity[i] = f[0];
            if (i > 0) {
                potential[i] = potential[i - 1] - h * (velocity[i - 1] + velocity[i]) / 2
                        - h * h * (slopeBefore - slope[0]) / 12;
            }
            lowest = Math.min(lowest, potential[i]);
            slopeBefore = slope[0];
        }
        for (int i = 0; i < POINTS_ON_A_LINE; i++) {
            potential[i] -= lowest;
        }
        return new FlowField(axis, velocity, potential);
    }

    private static FlowField plane(ReducedDynamics dynamics, double reach) {
        double[] axis = grid(POINTS_ON_A_SIDE, reach);
        double[] velocity = new double[2 * axis.length * axis.length];
        double[] f = new double[2];
        for (int y = 0; y < axis.length; y++) {
            for (int x = 0; x < axis.length; x++) {
                dynamics.velocity(new double[]{axis[x], axis[y]}, f);
                System.arraycopy(f, 0, velocity, 2 * (y * axis.length + x), 2);
            }
        }
        return new FlowField(axis, velocity, new double[0]);
    }

    /** Points from -reach to reach, symmetric about 0 to the last bit, with 0 itself in the middle of an odd number. */
    static double[] grid(int points, double reach) {
        double[] axis = new double[points];
        for (int i = 0; i < points; i++) {
            axis[i] = reach * (2 * i - (points - 1)) / (points - 1);
        }
        return axis;
    }

    static void requireReach(double reach) {
        if (!(reach > 0 && reach < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("reach " + reach + ", expected a number above 0");
        }
    }
}
