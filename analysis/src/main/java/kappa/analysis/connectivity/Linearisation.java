package kappa.analysis.connectivity;

import java.util.Arrays;
import kappa.analysis.dynamics.ReducedDynamics;
import kappa.fitting.model.LowRankNetwork;

/**
 * The reduced dynamics about one point, under an input held constant (Valente 2019, equations 4.12, 4.14 and 4.15): an
 * input acts on kappa directly, and through the slopes of the neurons, which it saturates one more than the other,
 *
 * <pre>
 * x = m kappa + W' u + b      sigma_eff_kl = (1/N) sum_i n_ki phi'(x_i) m_li      dF/dkappa = -1 + sigma_eff
 * </pre>
 *
 * <p>At kappa = 0 without input and biases sigma_eff is sigma.
 *
 * @param effectiveOverlaps sigma_eff, [K,K] by rows; empty if unknown
 * @param re [K] real parts of the eigenvalues of dF/dkappa, per time constant, largest first; empty if unknown
 * @param im [K] imaginary parts; a rotation where not 0
 * @param saturation mean of 1 - phi' over the neurons: 0 where all are linear, towards 1 where all are saturated
 */
public record Linearisation(double[] effectiveOverlaps, double[] re, double[] im, double saturation) {

    /**
     * Linearises about a point; costs O(N K^2).
     *
     * @param drive u [S]
     * @param kappa [K]
     * @throws IllegalArgumentException if the drive has not S numbers or the point not K, or a weight is not finite
     */
    public static Linearisation of(LowRankNetwork network, double[] drive, double[] kappa) {
        if (kappa.length != network.rank()) {
            throw new IllegalArgumentException("kappa has " + kappa.length + " numbers, expected " + network.rank());
        }
        ReducedDynamics dynamics = new ReducedDynamics(network, drive);
        double[][] eigenvalues = ReducedDynamics.eigenvalues(dynamics.jacobian(kappa));
        return new Linearisation(dynamics.effectiveOverlaps(kappa), eigenvalues[0], eigenvalues[1],
                1 - Arrays.stream(slopes(network, drive, kappa)).average().orElseThrow());
    }

    /** phi'(x_i) in (0, 1], [N]. */
    static double[] slopes(LowRankNetwork network, double[] drive, double[] kappa) {
        int neurons = network.neurons();
        double[] slopes = new double[neurons];
        for (int i = 0; i < neurons; i++) {
            double x = network.b()[i];
            for (int k = 0; k < kappa.length; k++) {
                x += kappa[k] * network.m()[k * neurons + i];
            }
            for (int s = 0; s < drive.length; s++) {
                x += drive[s] * network.w()[s * neurons + i];
            }
            slopes[i] = LowRankNetwork.phiPrimeOfRate(LowRankNetwork.phi(x));
        }
        return slopes;
    }

    /** dF/dkappa, [K,K] by rows. */
    public double[] jacobian() {
        double[] jacobian = effectiveOverlaps.clone();
        for (int k = 0; k < re.length; k++) {
            jacobian[k * re.length + k] -= 1;
        }
        return jacobian;
    }
}
