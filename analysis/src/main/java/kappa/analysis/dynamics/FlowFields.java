package kappa.analysis.dynamics;

import kappa.ingest.wire.FlowField;

/** The velocity F(kappa) of a reduced system on a grid, as the page draws it. Stateless. */
public final class FlowFields {

    /** Grid points for K = 1: V follows from them by integration. */
    private static final int POINTS_ON_A_LINE = 201;
    /** Grid points along each dimension for K = 2. */
    private static final int POINTS_ON_A_SIDE = 25;

    private FlowFields() {}

    /**
     * The flow on [-reach, reach] in each dimension. For K = 1 with the potential V' = -F (Valente 2019, equation 2.5), by the
     * trapezoidal rule with end corrections, V = 0 at its lowest grid point.
     *
     * @throws IllegalArgumentException for K > 2, or if the reach is not above 0
     */
    public static FlowField of(ReducedDynamics dynamics, double reach) {
        if (dynamics.rank() > 2) {
            throw new IllegalArgumentException("rank " + dynamics.rank() + ", expected 1 or 2 for a flow field");
        }
        if (!(reach > 0 && reach < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("reach " + reach + ", expected a number above 0");
        }
        return dynamics.rank() == 1 ? line(dynamics, reach) : plane(dynamics, reach);
    }

    private static FlowField line(ReducedDynamics dynamics, double reach) {
        FlowField.Builder flow = FlowField.newBuilder();
        double[] kappa = new double[1];
        double[] f = new double[1];
        double[] slope = new double[1];
        double[] potential = new double[POINTS_ON_A_LINE];
        double h = 2 * reach / (POINTS_ON_A_LINE - 1);
        double before = 0;
        double slopeBefore = 0;
        double lowest = 0;
        for (int i = 0; i < POINTS_ON_A_LINE; i++) {
            kappa[0] = position(i, POINTS_ON_A_LINE, reach);
            dynamics.linearise(kappa, f, slope);
            flow.addAxis(kappa[0]).addVelocity(f[0]);
            if (i > 0) {
                potential[i] = potential[i - 1] - h * (before + f[0]) / 2 - h * h * (slopeBefore - slope[0]) / 12;
            }
            lowest = Math.min(lowest, potential[i]);
            before = f[0];
            slopeBefore = slope[0];
        }
        for (double value : potential) {
            flow.addPotential(value - lowest);
        }
        return flow.build();
    }

    private static FlowField plane(ReducedDynamics dynamics, double reach) {
        FlowField.Builder flow = FlowField.newBuilder();
        double[] kappa = new double[2];
        double[] f = new double[2];
        for (int y = 0; y < POINTS_ON_A_SIDE; y++) {
            kappa[1] = position(y, POINTS_ON_A_SIDE, reach);
            flow.addAxis(kappa[1]);
            for (int x = 0; x < POINTS_ON_A_SIDE; x++) {
                kappa[0] = position(x, POINTS_ON_A_SIDE, reach);
                dynamics.velocity(kappa, f);
                flow.addVelocity(f[0]).addVelocity(f[1]);
            }
        }
        return flow.build();
    }

    /** Symmetric about 0 to the last bit, with 0 itself in the middle. */
    private static double position(int i, int points, double reach) {
        return reach * (2 * i - (points - 1)) / (points - 1);
    }
}
