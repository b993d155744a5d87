package kappa.analysis.dynamics;

import kappa.ingest.wire.FlowField;

/** The velocity F(kappa) of a reduced system on a grid, as the page draws it. Stateless. */
public final class FlowFields {

    /** Grid points along each dimension for K = 2. */
    private static final int POINTS_ON_A_SIDE = 25;

    private FlowFields() {}

    /**
     * The flow on [-reach, reach] in each dimension. For K = 1 with the {@link Potential}.
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

    private static FlowField line(ReducedDynamics dynamics, double reach) {
        Potential line = Potential.of(dynamics, reach);
        FlowField.Builder flow = FlowField.newBuilder();
        for (int i = 0; i < line.kappa().length; i++) {
            flow.addAxis(line.kappa()[i]).addVelocity(line.velocity()[i]).addPotential(line.potential()[i]);
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
    static double position(int i, int points, double reach) {
        return reach * (2 * i - (points - 1)) / (points - 1);
    }

    static void requireReach(double reach) {
        if (!(reach > 0 && reach < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("reach " + reach + ", expected a number above 0");
        }
    }
}
