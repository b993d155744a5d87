package kappa.fitting.network;

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

    @Override
    public String toString() {
        return "FullRankNetwork[N=" + neurons + ", S=" + inputs + ", alpha=" + alpha + "]";
    }
}
