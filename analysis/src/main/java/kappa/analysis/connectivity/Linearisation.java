package kappa.analysis.connectivity;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import kappa.analysis.dynamics.ReducedDynamics;
import kappa.fitting.model.LowRankNetwork;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;

/**
 * The reduced dynamics about one point, under an input held constant (Valente 2019, equations 4.12, 4.14 and 4.15): an
 * input acts on kappa directly, and through the slopes of the neurons, which it saturates one more than the other,
 *
 * <pre>
 * x = m kappa + W' u + b      sigma_eff_kl = (1/N) sum_i n_ki phi'(x_i) m_li      dF/dkappa = -1 + sigma_eff
 * </pre>
 *
 * <p>At kappa = 0 without input and biases sigma_eff is sigma. Arrays are the receiver's and never changed.
 *
 * @param drive u [S]
 * @param kappa [K]
 * @param effectiveOverlaps sigma_eff, [K,K] by rows
 * @param jacobian of F, [K,K] by rows, per time constant
 * @param re [K] real parts of its eigenvalues, largest first
 * @param im [K] imaginary parts; a rotation where not 0
 * @param slopes phi'(x_i) in (0, 1], [N]; 1 - phi' is how far a neuron is saturated
 */
public record Linearisation(double[] drive, double[] kappa, double[] effectiveOverlaps, double[] jacobian, double[] re,
        double[] im, double[] slopes) {

    /**
     * Linearises about a point; costs O(N K^2).
     *
     * @throws IllegalArgumentException if the drive has not S numbers or the point not K, or a weight is not finite
     */
    public static Linearisation of(LowRankNetwork network, double[] drive, double[] kappa) {
        int rank = network.rank();
        if (kappa.length != rank) {
            throw new IllegalArgumentException("kappa has " + kappa.length + " numbers, expected " + rank);
        }
        ReducedDynamics dynamics = new ReducedDynamics(network, drive);
        double[] jacobian = dynamics.jacobian(kappa);
        double[][] rows = new double[rank][];
        Arrays.setAll(rows, k -> Arrays.copyOfRange(jacobian, k * rank, (k + 1) * rank));
        EigenDecomposition eigen = new EigenDecomposition(new Array2DRowRealMatrix(rows, false));
        double[][] values = IntStream.range(0, rank)
                .mapToObj(k -> new double[]{eigen.getRealEigenvalue(k), eigen.getImagEigenvalue(k)})
                .sorted(Comparator.comparing((double[] e) -> e[0]).thenComparing(e -> e[1]).reversed())
                .toArray(double[][]::new);
        return new Linearisation(drive.clone(), kappa.clone(), dynamics.effectiveOverlaps(kappa), jacobian,
                Arrays.stream(values).mapToDouble(e -> e[0]).toArray(),
                Arrays.stream(values).mapToDouble(e -> e[1]).toArray(), slopes(network, drive, kappa));
    }

    /** At the origin with one input channel held. */
    public static Linearisation underInput(LowRankNetwork network, int channel, double amplitude) {
        double[] drive = new double[network.inputs()];
        drive[channel] = amplitude;
        return of(network, drive, new double[network.rank()]);
    }

    private static double[] slopes(LowRankNetwork network, double[] drive, double[] kappa) {
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

    /** Mean of 1 - phi' over the neurons: 0 where all are linear, towards 1 where all are saturated. */
    public double saturation() {
        return 1 - Arrays.stream(slopes).average().orElseThrow();
    }

    /** Mean of phi' over some of the neurons, such as a population. */
    public double meanSlope(int[] neurons) {
        return Arrays.stream(neurons).mapToDouble(i -> slopes[i]).average().orElseThrow();
    }
}
