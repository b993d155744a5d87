package kappa.analysis.dynamics;

import org.apache.commons.math3.analysis.interpolation.BicubicInterpolatingFunction;

/**
 * F of a two-dimensional system on a grid, and between its points by bicubic interpolation of F and its Jacobian: an error of
 * order h^4, for a hundredth of the cost. The grid covers the box that all that stays lies in, and at least [-reach, reach]
 * in both dimensions; beyond it F itself is evaluated. For pictures; what must be exact is refined with F. Not thread-safe.
 */
public final class PlaneFlow {

    /** Grid points a side: at least these, and so many that a step is an eighth of the scale on which tanh bends. */
    private static final int FEWEST = 65;
    private static final int MOST = 145;
    private static final double STEP = 0.125;
    private static final double MARGIN = 1.001;

    private final ReducedDynamics dynamics;
    private final double reach;
    private final double[][] axes = new double[2][];
    private final double[][][] f; // [2][nx][ny]
    private final double[][][][] slope; // [2][2][nx][ny]: dF_k / dkappa_l
    private final BicubicInterpolatingFunction[] interpolation = new BicubicInterpolatingFunction[2];
    private final double[] point = new double[2];

    /**
     * Evaluates the grid.
     *
     * @param reach of the picture that it is for
     * @throws IllegalArgumentException for K other than 2, or if the reach is not above 0
     */
    public PlaneFlow(ReducedDynamics dynamics, double reach) {
        if (dynamics.rank() != 2) {
            throw new IllegalArgumentException("rank " + dynamics.rank() + ", expected 2 for a plane");
        }
        FlowField.requireReach(reach);
        this.dynamics = dynamics;
        this.reach = reach;
        double[] box = dynamics.bounds();
        double[] steepness = dynamics.steepness();
        for (int k = 0; k < 2; k++) {
            double half = MARGIN * Math.max(box[k], reach);
            int nodes = (int) Math.clamp(Math.ceil(2 * half * steepness[k] / STEP), FEWEST, MOST);
            axes[k] = FlowField.grid(nodes, half);
        }
        int nx = axes[0].length;
        int ny = axes[1].length;
        this.f = new double[2][nx][ny];
        this.slope = new double[2][2][nx][ny];
        double[] velocity = new double[2];
        double[] jacobian = new double[4];
        for (int x = 0; x < nx; x++) {
            for (int y = 0; y < ny; y++) {
                point[0] = axes[0][x];
                point[1] = axes[1][y];
                dynamics.linearise(point, velocity, jacobian);
                for (int k = 0; k < 2; k++) {
                    f[k][x][y] = velocity[k];
                    slope[k][0][x][y] = jacobian[2 * k];
                    slope[k][1][x][y] = jacobian[2 * k + 1];
                }
            }
        }
        for (int k = 0; k < 2; k++) {
            interpolation[k] = new BicubicInterpolatingFunction(axes[0], axes[1], f[k], slope[k][0], slope[k][1],
                    twist(slope[k][0], axes[1]));
        }
    }

    /** d^2 F / dkappa_1 dkappa_2 by central differences of the slope along the second axis, one-sided at the edges. */
    private static double[][] twist(double[][] slope, double[] axis) {
        int ny = axis.length;
        double[][] twist = new double[slope.length][ny];
        for (int x = 0; x < slope.length; x++) {
            for (int y = 0; y < ny; y++) {
                int above = Math.min(y + 1, ny - 1);
                int below = Math.max(y - 1, 0);
                twist[x][y] = (slope[x][above] - slope[x][below]) / (axis[above] - axis[below]);
            }
        }
        return twist;
    }

    /** Writes F at (x, y) to {@code velocity} [2]. */
    public void velocity(double x, double y, double[] velocity) {
        if (interpolation[0].isValidPoint(x, y)) {
            velocity[0] = interpolation[0].value(x, y);
            velocity[1] = interpolation[1].value(x, y);
        } else {
            point[0] = x;
            point[1] = y;
            dynamics.velocity(point, velocity);
        }
    }

    ReducedDynamics dynamics() {
        return dynamics;
    }

    double reach() {
        return reach;
    }

    /** Positions of the grid along dimension k. */
    double[] axis(int k) {
        return axes[k];
    }

    /** F_k at a grid point. */
    double value(int k, int x, int y) {
        return f[k][x][y];
    }

    /** dF_k / dkappa_l at a grid point. */
    double slope(int k, int l, int x, int y) {
        return slope[k][l][x][y];
    }
}
