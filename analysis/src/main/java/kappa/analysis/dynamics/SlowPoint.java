package kappa.analysis.dynamics;

/**
 * A local minimum of |F| that is no fixed point. Trajectories linger there. Arrays are never changed.
 *
 * @param kappa [K]
 * @param speed |F|, per time constant
 * @param re [K] real parts of the Jacobian's eigenvalues, largest first; empty if unknown
 * @param im [K] imaginary parts
 */
public record SlowPoint(double[] kappa, double speed, double[] re, double[] im) {}
