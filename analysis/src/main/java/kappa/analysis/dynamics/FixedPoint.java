package kappa.analysis.dynamics;

import java.util.Arrays;

/**
 * One fixed point of a reduced system.
 *
 * @param kappa [K]
 * @param type by the signs of the eigenvalues' real parts
 * @param re [K] real parts of the Jacobian's eigenvalues, per time constant, largest first
 * @param im [K] imaginary parts
 */
public record FixedPoint(double[] kappa, Type type, double[] re, double[] im) {

    /** Real parts closer to 0 than this count as 0. */
    private static final double ZERO_EIGENVALUE = 1e-9;

    /** What trajectories near the point do. An eigenvalue of 0 counts as decaying, unless all are 0 and the flow rotates. */
    public enum Type {
        /** All eigenvalues decay and are real. */
        STABLE_NODE,
        /** All eigenvalues decay, some are complex. */
        STABLE_FOCUS,
        /** Some eigenvalues grow and some decay. */
        SADDLE,
        /** All eigenvalues grow and are real. */
        UNSTABLE_NODE,
        /** All eigenvalues grow, some are complex. */
        UNSTABLE_FOCUS,
        /** All real parts are 0 and some eigenvalues are complex. */
        CENTRE,
        /** A type that this version does not know. Occurs only in results that another version published. */
        UNKNOWN
    }

    /** The point with type and eigenvalues of its Jacobian [K,K]. */
    static FixedPoint of(double[] kappa, double[] jacobian) {
        double[][] eigenvalues = ReducedDynamics.eigenvalues(jacobian);
        return new FixedPoint(kappa, type(eigenvalues[0], eigenvalues[1]), eigenvalues[0], eigenvalues[1]);
    }

    private static Type type(double[] re, double[] im) {
        long growing = Arrays.stream(re).filter(value -> value > ZERO_EIGENVALUE).count();
        long neutral = Arrays.stream(re).filter(value -> Math.abs(value) <= ZERO_EIGENVALUE).count();
        boolean rotates = Arrays.stream(im).anyMatch(value -> value != 0);
        if (neutral == re.length && rotates) {
            return Type.CENTRE;
        }
        if (growing == 0) {
            return rotates ? Type.STABLE_FOCUS : Type.STABLE_NODE;
        }
        if (growing == re.length) {
            return rotates ? Type.UNSTABLE_FOCUS : Type.UNSTABLE_NODE;
        }
        return Type.SADDLE;
    }

    /** The sign of det J, 1 or -1. Complex pairs have a product above 0. */
    int determinantSign() {
        int sign = 1;
        for (int k = 0; k < re.length; k++) {
            sign = im[k] == 0 && re[k] < 0 ? -sign : sign;
        }
        return sign;
    }
}
