package kappa.analysis.dynamics;

/**
 * The velocity of a one-dimensional system and its potential (Valente 2019, equation 2.5), V' = -F, on a grid: kappa runs
 * down V, and stable fixed points are its minima.
 *
 * @param kappa [G] grid, symmetric about 0
 * @param velocity [G] F(kappa), per time constant
 * @param potential [G] V(kappa) by the trapezoidal rule with end corrections (an error of order h^4), 0 at its lowest grid
 *        point
 */
public record Potential(double[] kappa, double[] velocity, double[] potential) {

    /** Grid points. */
    static final int POINTS = 201;

    /**
     * The potential on [-reach, reach].
     *
     * @throws IllegalArgumentException for K > 1, or if the reach is not above 0
     */
    public static Potential of(ReducedDynamics dynamics, double reach) {
        if (dynamics.rank() != 1) {
            throw new IllegalArgumentException("rank " + dynamics.rank() + ", expected 1 for a potential");
        }
        FlowField.requireReach(reach);
        double[] axis = FlowField.grid(POINTS, reach);
        double[] velocity = new double[POINTS];
        double[] potential = new double[POINTS];
        double[] kappa = new double[1];
        double[] f = new double[1];
        double[] slope = new double[1];
        double h = 2 * reach / (POINTS - 1);
        double slopeBefore = 0;
        double lowest = 0;
        for (int i = 0; i < POINTS; i++) {
            kappa[0] = axis[i];
            dynamics.linearise(kappa, f, slope);
            velocity[i] = f[0];
            if (i > 0) {
                potential[i] = potential[i - 1] - h * (velocity[i - 1] + velocity[i]) / 2
                        - h * h * (slopeBefore - slope[0]) / 12;
            }
            lowest = Math.min(lowest, potential[i]);
            slopeBefore = slope[0];
        }
        for (int i = 0; i < POINTS; i++) {
            potential[i] -= lowest;
        }
        return new Potential(axis, velocity, potential);
    }
}
