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
 * @param readout [O,N], or empty: z = readout phi(x + b)
 * @param initialState h0, [N] currents x before a trial's first bin
 */
public record FullRankNetwork(int neurons, int inputs, double alpha, float[] wrec, float[] w, float[] b,
        float[] readout, float[] initialState) implements Network {

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
        if (readout.length % neurons != 0 || initialState.length != neurons) {
            throw new IllegalArgumentException("readout has " + readout.length + ", initial state "
                    + initialState.length + " elements for " + neurons + " neurons");
        }
    }

    /** A network without readout that starts at x = 0. */
    public FullRankNetwork(int neurons, int inputs, double alpha, float[] wrec, float[] w, float[] b) {
        this(neurons, inputs, alpha, wrec, w, b, new float[0], new float[neurons]);
    }

    @Override
    public FullRankNetwork withReadout(float[] rows) {
        return new FullRankNetwork(neurons, inputs, alpha, wrec, w, b, rows, initialState);
    }

    @Override
    public FullRankNetwork withInitialState(float[] x) {
        return new FullRankNetwork(neurons, inputs, alpha, wrec, w, b, readout, x);
    }

    @Override
    public FullRankNetwork copy() {
        return new FullRankNetwork(neurons, inputs, alpha, wrec.clone(), w.clone(), b.clone(), readout.clone(),
                initialState.clone());
    }

    @Override
    public double readoutScale() {
        return 1;
    }

    /** Standard deviation of the weights of a random J, 1/sqrt(N): its eigenvalues fill the unit disc for any N. */
    public static double connectivityDeviation(int neurons) {
        return 1 / Math.sqrt(neurons);
    }

    /** Standard deviation of a random readout, 1/N: it begins next to silent, however many neurons it sums. */
    public static double readoutDeviation(int neurons) {
        return 1.0 / neurons;
    }

    /**
     * A network to begin training from: Gaussian J of standard deviation 1/sqrt(N), standard Gaussian W, no biases, a Gaussian
     * readout of standard deviation 1/N.
     */
    public static FullRankNetwork initial(int neurons, int inputs, double alpha, SplittableRandom random) {
        FullRankNetwork network = new FullRankNetwork(neurons, inputs, alpha,
                LowRankNetwork.gaussian(neurons * neurons, connectivityDeviation(neurons), random),
                LowRankNetwork.gaussian(neurons * inputs, 1, random), new float[neurons]);
        return network.withReadout(LowRankNetwork.gaussian(neurons, readoutDeviation(neurons), random));
    }

    @Override
    public FullRankNetwork silencing(int[] silenced, Silencing how) {
        return new FullRankNetwork(neurons, inputs, alpha, how.outgoing(wrec, neurons, silenced, false), w, b,
                how.outgoing(readout, neurons, silenced, false), initialState);
    }

    @Override
    public String toString() {
        return "FullRankNetwork[N=" + neurons + ", S=" + inputs + ", alpha=" + alpha + "]";
    }
}
