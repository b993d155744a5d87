package kappa.fitting.model;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A low-rank recurrent network, and the owner of its conventions (Valente, Pillow &amp; Ostojic 2022; Valente 2019,
 * equations 1.3 and 1.6):
 *
 * <pre>
 * x_t = (1-alpha) x_{t-1} + alpha ( J phi(x_{t-1} + b) + W' u_t )        J = m n' / N      phi = tanh
 * </pre>
 *
 * <p>From a start in the span of m and W the state is x_t = m kappa_t + W' v_t, so that only kappa (K numbers) is latent:
 *
 * <pre>
 * v_t     = (1-alpha) v_{t-1} + alpha u_t
 * kappa_t = (1-alpha) kappa_{t-1} + (alpha/N) n' phi(m kappa_{t-1} + W' v_{t-1} + b)
 * </pre>
 *
 * <p>Bin t has already seen u_t. Arrays are flat, one row per latent dimension or channel and one column per neuron, so that
 * a row is contiguous: element (k, i) of m stands at {@code m[k * neurons + i]}. Files hold m and n the other way round,
 * [N,K]. Instances are immutable by agreement: nobody writes to the arrays of a network that has been handed over.
 *
 * @param neurons N
 * @param rank K
 * @param inputs S
 * @param alpha bin width over time constant, in (0, 1]
 * @param m [K,N]
 * @param n [K,N]
 * @param w [S,N] input weights
 * @param b [N] biases
 */
public record LowRankNetwork(int neurons, int rank, int inputs, double alpha, float[] m, float[] n, float[] w,
        float[] b) {

    public LowRankNetwork {
        if (neurons < 1 || rank < 1 || inputs < 0) {
            throw new IllegalArgumentException("neurons " + neurons + ", rank " + rank + ", inputs " + inputs);
        }
        if (!(alpha > 0 && alpha <= 1)) {
            throw new IllegalArgumentException("alpha " + alpha + ", expected a number in (0, 1]");
        }
        require(m.length == neurons * rank, "m", m.length);
        require(n.length == neurons * rank, "n", n.length);
        require(w.length == neurons * inputs, "w", w.length);
        require(b.length == neurons, "b", b.length);
    }

    private static void require(boolean holds, String name, int length) {
        if (!holds) {
            throw new IllegalArgumentException(name + " has " + length + " elements");
        }
    }

    /** The factor of m n' in J: 1/N. The one place that says so. */
    public static double connectivityScale(int neurons) {
        return 1.0 / neurons;
    }

    /** phi. */
    public static double phi(double x) {
        return Math.tanh(x);
    }

    /** x with phi(x) = r, for r in (-1, 1). */
    public static double inversePhi(double r) {
        return 0.5 * (Math.log1p(r) - Math.log1p(-r));
    }

    /** phi' as a function of r = phi(x). */
    public static double phiPrimeOfRate(double rate) {
        return 1 - rate * rate;
    }

    /** alpha = bin width / time constant, at most 1. */
    public static double alpha(double binWidthSeconds, double timeConstantSeconds) {
        return Math.min(1, binWidthSeconds / timeConstantSeconds);
    }

    /** v_t = (1-alpha) v_{t-1} + alpha u_t for S channels: bin t has already seen u_t. */
    public static void advanceInputs(double alpha, float[] v, int from, float[] u, int uOffset, float[] out, int to,
            int inputs) {
        for (int s = 0; s < inputs; s++) {
            out[to + s] = (float) ((1 - alpha) * v[from + s] + alpha * u[uOffset + s]);
        }
    }

    /** A network without biases. */
    public static LowRankNetwork withoutBias(int neurons, int rank, int inputs, double alpha, float[] m, float[] n,
            float[] w) {
        return new LowRankNetwork(neurons, rank, inputs, alpha, m, n, w, new float[neurons]);
    }

    /**
     * A network to begin training from: every weight standard Gaussian, which with J = m n'/N makes currents of order one for
     * any number of neurons; no biases.
     */
    public static LowRankNetwork initial(int neurons, int rank, int inputs, double alpha, SplittableRandom random) {
        return withoutBias(neurons, rank, inputs, alpha, gaussian(neurons * rank, 1, random),
                gaussian(neurons * rank, 1, random), gaussian(neurons * inputs, 1, random));
    }

    /** Independent Gaussian weights of mean 0. */
    public static float[] gaussian(int length, double standardDeviation, SplittableRandom random) {
        float[] weights = new float[length];
        for (int i = 0; i < length; i++) {
            weights[i] = (float) (standardDeviation * random.nextGaussian());
        }
        return weights;
    }

    /**
     * The connections among the first {@code count} neurons, as a network of that many: n is rescaled so that J = m n' / count
     * has the same entries.
     */
    public LowRankNetwork among(int count) {
        float[] rescaled = leading(n, count);
        float factor = (float) (connectivityScale(neurons) / connectivityScale(count));
        for (int i = 0; i < rescaled.length; i++) {
            rescaled[i] *= factor;
        }
        return new LowRankNetwork(count, rank, inputs, alpha, leading(m, count), rescaled, leading(w, count),
                Arrays.copyOf(b, count));
    }

    /**
     * The network when some neurons are silent.
     *
     * @param silenced neurons from 0 to N - 1, in any order
     * @throws IllegalArgumentException if one of them is not there, or none is left after {@link Silencing#DELETION}
     */
    public LowRankNetwork silencing(int[] silenced, Silencing how) {
        return new LowRankNetwork(neurons, rank, inputs, alpha, m, how.outgoing(n, neurons, silenced, true), w, b);
    }

    private float[] leading(float[] rows, int count) {
        float[] out = new float[rows.length / neurons * count];
        for (int k = 0; k < rows.length / neurons; k++) {
            System.arraycopy(rows, k * neurons, out, k * count, count);
        }
        return out;
    }

    /** Overlaps sigma_kl = n_k' m_l / N, [K,K] by rows. */
    public double[] overlaps() {
        double[] sigma = new double[rank * rank];
        for (int k = 0; k < rank; k++) {
            for (int l = 0; l < rank; l++) {
                double sum = 0;
                for (int i = 0; i < neurons; i++) {
                    sum += (double) n[k * neurons + i] * m[l * neurons + i];
                }
                sigma[k * rank + l] = sum * connectivityScale(neurons);
            }
        }
        return sigma;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LowRankNetwork o && neurons == o.neurons && rank == o.rank && inputs == o.inputs
                && alpha == o.alpha && Arrays.equals(m, o.m) && Arrays.equals(n, o.n) && Arrays.equals(w, o.w)
                && Arrays.equals(b, o.b);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(m) + Arrays.hashCode(n);
    }

    @Override
    public String toString() {
        return "LowRankNetwork[N=" + neurons + ", K=" + rank + ", S=" + inputs + ", alpha=" + alpha + "]";
    }
}
