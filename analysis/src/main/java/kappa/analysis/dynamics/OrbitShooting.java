package kappa.analysis.dynamics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.apache.commons.math3.exception.MathIllegalStateException;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.DecompositionSolver;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.ode.ContinuousOutputModel;
import org.apache.commons.math3.ode.FirstOrderDifferentialEquations;
import org.apache.commons.math3.ode.nonstiff.DormandPrince853Integrator;

/** Newton's iteration for a periodic orbit: see {@link LimitCycles}. Not thread-safe. */
final class OrbitShooting {

    private static final double TOLERANCE = 1e-11;
    private static final double RESIDUAL = 1e-8;
    private static final double SMALLEST_EXTENT = 1e-4;
    private static final double LONGEST_STEP = 4;
    private static final int EVALUATIONS = 20_000;
    private static final int ITERATIONS = 20;

    private final ReducedDynamics dynamics;
    private final int rank;
    private final double scale;
    private final double[] velocity;
    private final double[] jacobian;
    /** State: kappa [K], M [K,K], and the integral of the Jacobian's trace. */
    private final int size;

    OrbitShooting(ReducedDynamics dynamics, double scale) {
        this.dynamics = dynamics;
        this.rank = dynamics.rank();
        this.scale = scale;
        this.velocity = new double[rank];
        this.jacobian = new double[rank * rank];
        this.size = rank + rank * rank + 1;
    }

    /**
     * The orbit near a guess, or null if the iteration does not come to one.
     *
     * @param guess [K]
     * @param time a guess of the period
     * @param direction 1 or -1: the direction of time in which the orbit attracts, if it does in one
     */
    LimitCycle refine(double[] guess, double time, int direction) {
        double[] kappa = guess.clone();
        double period = time;
        double[] start = new double[rank];
        for (int iteration = 0; iteration < ITERATIONS; iteration++) {
            double[] end = new double[size];
            if (!integrate(kappa, period, direction, end, null)) {
                return null;
            }
            dynamics.velocity(kappa, start);
            dynamics.velocity(end, velocity);
            double residual = 0;
            Array2DRowRealMatrix equations = new Array2DRowRealMatrix(rank + 1, rank + 1);
            ArrayRealVector right = new ArrayRealVector(rank + 1);
            for (int k = 0; k < rank; k++) {
                for (int l = 0; l < rank; l++) {
                    equations.setEntry(k, l, end[rank + k * rank + l] - (k == l ? 1 : 0));
                }
                equations.setEntry(k, rank, direction * velocity[k]);
                equations.setEntry(rank, k, start[k]);
                right.setEntry(k, kappa[k] - end[k]);
                residual = Math.max(residual, Math.abs(kappa[k] - end[k]));
            }
            DecompositionSolver solver = new LUDecomposition(equations, 0).getSolver();
            if (!solver.isNonSingular()) {
                return null;
            }
            double[] step = solver.solve(right).toArray();
            double length = 0;
            for (int k = 0; k < rank; k++) {
                length = Math.max(length, Math.abs(step[k]));
            }
            if (residual < RESIDUAL * scale && length < 100 * RESIDUAL * scale) {
                return cycle(kappa, period, direction, end);
            }
            double damping = Math.min(1, Math.min(0.2 * scale / length, 0.3 * period / Math.abs(step[rank])));
            for (int k = 0; k < rank; k++) {
                kappa[k] += damping * step[k];
            }
            period += damping * step[rank];
        }
        return null;
    }

    /** Returns whether it went well. */
    private boolean integrate(double[] kappa, double period, int direction, double[] end,
            ContinuousOutputModel output) {
        DormandPrince853Integrator integrator = new DormandPrince853Integrator(1e-12, LONGEST_STEP,
                TOLERANCE * scale, TOLERANCE);
        integrator.setMaxEvaluations(EVALUATIONS);
        if (output != null) {
            integrator.addStepHandler(output);
        }
        double[] state = new double[size];
        System.arraycopy(kappa, 0, state, 0, rank);
        for (int k = 0; k < rank; k++) {
            state[rank + k * rank + k] = 1;
        }
        FirstOrderDifferentialEquations equations = Trajectories.equations(size, (_, y, derivative) -> {
            dynamics.linearise(y, velocity, jacobian);
            for (int k = 0; k < rank; k++) {
                derivative[k] = direction * velocity[k];
                for (int l = 0; l < rank; l++) {
                    double sum = 0;
                    for (int p = 0; p < rank; p++) {
                        sum += jacobian[k * rank + p] * y[rank + p * rank + l];
                    }
                    derivative[rank + k * rank + l] = direction * sum;
                }
            }
            derivative[size - 1] = 0;
            for (int k = 0; k < rank; k++) {
                derivative[size - 1] += jacobian[k * rank + k];
            }
        });
        try {
            integrator.integrate(equations, 0, state, period, end);
        } catch (MathIllegalStateException tooLong) {
            // The evaluations are used up: this is no orbit that can be followed.
            return false;
        }
        return Arrays.stream(end).allMatch(Double::isFinite);
    }

    private LimitCycle cycle(double[] kappa, double period, int direction, double[] end) {
        ContinuousOutputModel output = new ContinuousOutputModel();
        if (!integrate(kappa, period, direction, end, output)) {
            return null;
        }
        double[] orbit = new double[LimitCycles.SAMPLES * rank];
        double extent = 0;
        for (int s = 0; s < LimitCycles.SAMPLES; s++) {
            double part = (double) s / LimitCycles.SAMPLES;
            output.setInterpolatedTime(period * (direction > 0 || s == 0 ? part : 1 - part));
            System.arraycopy(output.getInterpolatedState(), 0, orbit, s * rank, rank);
            for (int k = 0; k < rank; k++) {
                extent = Math.max(extent, Math.abs(orbit[s * rank + k] - orbit[k]));
            }
        }
        if (extent < SMALLEST_EXTENT * scale) {
            // A fixed point is periodic with any period.
            return null;
        }
        List<double[]> multipliers = multipliers(end, direction);
        double[] re = multipliers.stream().mapToDouble(value -> value[0]).toArray();
        double[] im = multipliers.stream().mapToDouble(value -> value[1]).toArray();
        boolean stable = multipliers.stream().allMatch(value -> Math.hypot(value[0], value[1]) < 1);
        return new LimitCycle(period, orbit, re, im, stable);
    }

    private List<double[]> multipliers(double[] end, int direction) {
        if (rank == 2) {
            // Liouville: the determinant of M(T), without the cancellation in it.
            return List.of(new double[]{Math.exp(end[size - 1]), 0});
        }
        EigenDecomposition decomposition = new EigenDecomposition(ReducedDynamics.matrix(end, rank, rank));
        List<double[]> values = new ArrayList<>();
        for (int k = 0; k < rank; k++) {
            double re = decomposition.getRealEigenvalue(k);
            double im = decomposition.getImagEigenvalue(k);
            double square = re * re + im * im;
            // Backward in time they are the inverses.
            values.add(direction > 0 ? new double[]{re, im} : new double[]{re / square, -im / square});
        }
        values.sort(Comparator.comparingDouble(value -> Math.hypot(value[0] - 1, value[1])));
        values.removeFirst();
        values.sort(Comparator.comparingDouble((double[] value) -> Math.hypot(value[0], value[1])).reversed());
        return values;
    }
}
