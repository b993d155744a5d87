package kappa.fitting.model;

import java.util.SplittableRandom;

/**
 * A recurrent network with unconstrained connectivity (Valente 2019, equation 1.6), of which a low-rank network is fitted as
 * a summary:
 *
 * <pre>
 * x_t = (1-alpha) x_{t-1} + alpha ( J phi(x_{t-1} + b) + W' u_t )        J = wrec, unscaled        phi = tanh
 * </pre>
 *
 * <p>Bin t has already seen u_t. Immutable by agreement: nobody writes to the arrays of a network that has been handed over.
 *
 * @param neurons N
 * @param inputs S
 * @param alpha bin width over time constant, in (0, 1]
 * @param wrec [N,N]: element (i, j) at {@code i * neurons + j} is the weight from neuron j to neuron i
 * @param w [S,N] input weights
 * @param b [N] biases
 */
public record FullRankNetwork(int neurons, int inputs, double alpha, float[] wrec, float[] w, float[] b) {

    public FullRankNetwork {
        if (neurons < 1 || inputs < 0) {
            throw new IllegalArgumentException("neurons " + neurons + ", inputs " + inputs);
        }
        if (!(alpha > 0 && alpha <= 1)) {
            throw new IllegalArgumentException("alpha " + alpha + ", expected a number in (0, 1]");
        }
        if (wrec.length != neurons * neurons || w.length != neurons * inputs || b.length != neurons) {
            throw new IllegalArgumentException("wrec has " + wrec.length + ", w " + w.length + ", b " + b.length
                    + " elements for " + neurons + " neurons and " + inputs + " inputs");
        }
    }

    /** Standard deviation of the weights of a random J, 1/sqrt(N): its eigenvalues fill the unit disc for any N. */
    public static double connectivityDeviation(int neurons) {
        return 1 / Math.sqrt(neurons);
    }

    /** Standard deviation of a random readout, 1/N: it begins next to silent, however many neurons it sums. */
    public static double readoutDeviation(int neurons) {
        return 1.0 / neurons;
    }

    /** A network to begin training from: Gaussian J of standard deviation 1/sqrt(N), standard Gaussian W, no biases. */
    public static FullRankNetwork initial(int neurons, int inputs, double alpha, SplittableRandom random) {
        return new FullRankNetwork(neurons, inputs, alpha,
                LowRankNetwork.gaussian(neurons * neurons, connectivityDeviation(neurons), random),
                LowRankNetwork.gaussian(neurons * inputs, 1, random), new float[neurons]);
    }

    /**
     * The network when some neurons are silent.
     *
     * @param silenced neurons from 0 to N - 1, in any order
     * @throws IllegalArgumentException if one of them is not there, or none is left after {@link Silencing#DELETION}
     */
    public FullRankNetwork silencing(int[] silenced, Silencing how) {
        return new FullRankNetwork(neurons, inputs, alpha, how.outgoing(wrec, neurons, silenced, false), w, b);
    }

    @Override
    public String toString() {
        return "FullRankNetwork[N=" + neurons + ", S=" + inputs + ", alpha=" + alpha + "]";
    }
}
