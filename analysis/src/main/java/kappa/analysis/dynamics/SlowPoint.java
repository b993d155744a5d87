package kappa.analysis.dynamics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.commons.math3.exception.MathIllegalStateException;
import org.apache.commons.math3.fitting.leastsquares.LeastSquaresBuilder;
import org.apache.commons.math3.fitting.leastsquares.LeastSquaresOptimizer.Optimum;
import org.apache.commons.math3.fitting.leastsquares.LeastSquaresProblem;
import org.apache.commons.math3.fitting.leastsquares.LevenbergMarquardtOptimizer;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;
import org.apache.commons.math3.util.MathArrays;
import org.apache.commons.math3.util.Pair;

/**
 * A local minimum of q(kappa) = |F(kappa)|^2 / 2 that is no fixed point (Sussillo and Barak 2013). Trajectories linger there,
 * as at the ghost of two fixed points that have met.
 *
 * @param kappa [K]
 * @param speed |F|, per time constant
 * @param re [K] real parts of the Jacobian's eigenvalues, largest first; empty if unknown
 * @param im [K] imaginary parts
 */
public record SlowPoint(double[] kappa, double speed, double[] re, double[] im) {

    /** Speed below which a minimum is the fixed point that Newton's iteration finds, in units of the box. */
    private static final double FIXED = 1e-7;
    private static final double SAME = 1e-3;
    private static final int STARTS = 24;
    private static final int LATER_STARTS = 4;
    private static final int STEPS_BETWEEN = 20;
    private static final double STEP = 0.25;
    private static final int EVALUATIONS = 200;
    private static final double GRADIENT = 1e-6;

    /**
     * Searches by Levenberg and Marquardt's method from random starts and from points of the trajectories that begin there:
     * best effort. Of use for K >= 3, where the flow cannot be drawn, and possible for any K.
     *
     * @return the slowest first
     */
    public static List<SlowPoint> search(ReducedDynamics dynamics) {
        int rank = dynamics.rank();
        double[] box = dynamics.bounds();
        double scale = Arrays.stream(box).max().orElseThrow();
        SplittableRandom random = new SplittableRandom(2);
        List<SlowPoint> points = new ArrayList<>();
        double[] velocity = new double[rank];
        for (int start = 0; start < STARTS && scale > 0; start++) {
            double[] kappa = new double[rank];
            for (int k = 0; k < rank; k++) {
                kappa[k] = box[k] > 0 ? random.nextDouble(-box[k], box[k]) : 0;
            }
            for (int later = 0; later <= LATER_STARTS; later++) {
                double[] least = minimise(dynamics, kappa, scale);
                if (least.length > 0 && points.stream()
                        .noneMatch(point -> MathArrays.distanceInf(point.kappa(), least) <= SAME * scale)) {
                    dynamics.velocity(least, velocity);
                    FixedPoint linear = FixedPoint.of(least, dynamics.jacobian(least));
                    points.add(new SlowPoint(least, NewtonRoots.norm(velocity), linear.re(), linear.im()));
                }
                for (int t = 0; t < STEPS_BETWEEN; t++) {
                    dynamics.velocity(kappa, velocity);
                    for (int k = 0; k < rank; k++) {
                        kappa[k] += STEP * velocity[k];
                    }
                }
            }
        }
        points.sort(Comparator.comparingDouble(SlowPoint::speed));
        return List.copyOf(points);
    }

    /** The minimum of q downhill from a start; empty if it is a fixed point or was not reached. */
    private static double[] minimise(ReducedDynamics dynamics, double[] start, double scale) {
        int rank = dynamics.rank();
        LeastSquaresProblem problem = new LeastSquaresBuilder().start(start.clone())
                .model(point -> linearised(dynamics, point)).target(new double[rank]).maxEvaluations(EVALUATIONS)
                .maxIterations(EVALUATIONS).build();
        Optimum optimum;
        try {
            optimum = new LevenbergMarquardtOptimizer().optimize(problem);
        } catch (MathIllegalStateException notReached) {
            // Out of evaluations, or at a tolerance below rounding: another start will do.
            return new double[0];
        }
        double[] kappa = optimum.getPoint().toArray();
        double[] velocity = new double[rank];
        double[] jacobian = new double[rank * rank];
        dynamics.linearise(kappa, velocity, jacobian);
        double speed = NewtonRoots.norm(velocity);
        double[] gradient = new double[rank];
        for (int k = 0; k < rank; k++) {
            for (int l = 0; l < rank; l++) {
                gradient[l] += jacobian[k * rank + l] * velocity[k];
            }
        }
        return speed > FIXED * scale && NewtonRoots.norm(gradient) < GRADIENT * speed ? kappa : new double[0];
    }

    private static Pair<RealVector, RealMatrix> linearised(ReducedDynamics dynamics, RealVector point) {
        int rank = dynamics.rank();
        double[] velocity = new double[rank];
        double[] jacobian = new double[rank * rank];
        dynamics.linearise(point.toArray(), velocity, jacobian);
        return new Pair<>(new ArrayRealVector(velocity, false), ReducedDynamics.matrix(jacobian, 0, rank));
    }
}
