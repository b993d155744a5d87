package kappa.analysis.dynamics;

/**
 * One periodic orbit.
 *
 * @param period T in time constants
 * @param orbit [P,K] by rows, at equal steps of T / P, in the order of time
 * @param multipliersRe [K-1] real parts of the Floquet multipliers, the eigenvalues of M(T) but for the one that is 1;
 *        largest modulus first
 * @param multipliersIm [K-1] imaginary parts
 * @param stable whether all are within the unit circle
 */
public record LimitCycle(double period, double[] orbit, double[] multipliersRe, double[] multipliersIm,
        boolean stable) {}
