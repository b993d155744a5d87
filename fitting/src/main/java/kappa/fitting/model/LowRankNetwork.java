package kappa.fitting.model;

import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import kappa.ingest.recording.InputBasis;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.SingularValueDecomposition;

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
 * @param readout [O,N], or empty: z = readout phi(x + b) / N
 * @param initialState h0, [N] currents x before a trial's first bin
 * @param fittedTo what ties it to the recording that it was fitted to
 */
public record LowRankNetwork(int neurons, int rank, int inputs, double alpha, float[] m, float[] n, float[] w,
        float[] b, float[] readout, float[] initialState, FittedTo fittedTo) implements Network {

    /** Large enough for the readout of a rank-1 network to reach the targets while kappa is still of order one. */
    private static final double INITIAL_READOUT = 4;

    /**
     * What ties a network to the recording that it was fitted to.
     *
     * @param gain [N] g of spike counts, or empty if unknown
     * @param scale [N] of currents y = scale x + offset, or empty if x is in the recording's unit
     * @param offset [N] likewise
     * @param hidden how many of its neurons, the last ones, nobody recorded
     * @param basis that its inputs are made with, if they are not the recording's own
     */
    public record FittedTo(float[] gain, float[] scale, float[] offset, int hidden, Optional<InputBasis> basis) {

        /** No gain is known, every neuron was recorded, and the inputs are the recording's own. */
        public static final FittedTo NOTHING = new FittedTo(new float[0], 0, Optional.empty());

        /** Not currents, or in their own unit. */
        public FittedTo(float[] gain, int hidden, Optional<InputBasis> basis) {
            this(gain, new float[0], new float[0], hidden, basis);
        }
    }

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
        require(readout.length % neurons == 0, "readout", readout.length);
        require(initialState.length == neurons, "initial state", initialState.length);
        require(fittedTo.gain.length == 0 || fittedTo.gain.length == neurons, "gain", fittedTo.gain.length);
        require(fittedTo.scale.length == 0 || fittedTo.scale.length == neurons, "scale", fittedTo.scale.length);
        require(fittedTo.offset.length == fittedTo.scale.length, "offset", fittedTo.offset.length);
        if (fittedTo.hidden < 0 || fittedTo.hidden >= neurons) {
            throw new IllegalArgumentException(fittedTo.hidden + " of " + neurons + " neurons are hidden");
        }
    }

    /** A network without readout that starts at x = 0 and was fitted to nothing. */
    public LowRankNetwork(int neurons, int rank, int inputs, double alpha, float[] m, float[] n, float[] w, float[] b) {
        this(neurons, rank, inputs, alpha, m, n, w, b, new float[0], new float[neurons], FittedTo.NOTHING);
    }

    @Override
    public LowRankNetwork withReadout(float[] rows) {
        return new LowRankNetwork(neurons, rank, inputs, alpha, m, n, w, b, rows, initialState, fittedTo);
    }

    @Override
    public LowRankNetwork withInitialState(float[] x) {
        return new LowRankNetwork(neurons, rank, inputs, alpha, m, n, w, b, readout, x, fittedTo);
    }

    /** The same with the gains of spike counts, [N]. */
    public LowRankNetwork withGain(float[] gain) {
        return fittedTo(new FittedTo(gain, fittedTo.scale, fittedTo.offset, fittedTo.hidden, fittedTo.basis));
    }

    /** The same, tied to a recording. */
    public LowRankNetwork fittedTo(FittedTo recording) {
        return new LowRankNetwork(neurons, rank, inputs, alpha, m, n, w, b, readout, initialState, recording);
    }

    @Override
    public LowRankNetwork copy() {
        return new LowRankNetwork(neurons, rank, inputs, alpha, m.clone(), n.clone(), w.clone(), b.clone(),
                readout.clone(), initialState.clone(),
                new FittedTo(fittedTo.gain.clone(), fittedTo.scale.clone(), fittedTo.offset.clone(), fittedTo.hidden,
                        fittedTo.basis));
    }

    @Override
    public float[] gain() {
        return fittedTo.gain;
    }

    @Override
    public float[] currentScale() {
        return fittedTo.scale;
    }

    @Override
    public float[] currentOffset() {
        return fittedTo.offset;
    }

    @Override
    public int hidden() {
        return fittedTo.hidden;
    }

    @Override
    public Optional<InputBasis> basis() {
        return fittedTo.basis;
    }

    @Override
    public double readoutScale() {
        return connectivityScale(neurons);
    }

    /** The connections among the neurons that were recorded. */
    public LowRankNetwork recorded() {
        return hidden() == 0 ? this : among(neurons - hidden());
    }

    /** x = m kappa, [N]: the currents of a latent state without inputs. */
    public float[] currents(double[] kappa) {
        float[] x = new float[neurons];
        for (int k = 0; k < rank; k++) {
            for (int i = 0; i < neurons; i++) {
                x[i] += (float) (m[k * neurons + i] * kappa[k]);
            }
        }
        return x;
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
     * any number of neurons; no biases; a Gaussian readout of standard deviation 4.
     */
    public static LowRankNetwork initial(int neurons, int rank, int inputs, double alpha, SplittableRandom random) {
        LowRankNetwork network = withoutBias(neurons, rank, inputs, alpha, gaussian(neurons * rank, 1, random),
                gaussian(neurons * rank, 1, random), gaussian(neurons * inputs, 1, random));
        return network.withReadout(gaussian(neurons, INITIAL_READOUT, random));
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
     * The connections among the first {@code count} neurons, as a network of that many without readout: n is rescaled so that
     * J = m n' / count has the same entries.
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

    /** kappa with m kappa nearest to currents x, [N]. */
    public double[] nearestKappa(float[] x) {
        double[][] columns = new double[neurons][rank];
        double[] wanted = new double[neurons];
        for (int i = 0; i < neurons; i++) {
            wanted[i] = x[i];
            for (int k = 0; k < rank; k++) {
                columns[i][k] = m[k * neurons + i];
            }
        }
        return new SingularValueDecomposition(new Array2DRowRealMatrix(columns, false)).getSolver()
                .solve(new ArrayRealVector(wanted, false)).toArray();
    }

    @Override
    public LowRankNetwork silencing(int[] silenced, Silencing how) {
        return new LowRankNetwork(neurons, rank, inputs, alpha, m, how.outgoing(n, neurons, silenced, true), w, b,
                how.outgoing(readout, neurons, silenced, true), initialState, fittedTo);
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
                && Arrays.equals(b, o.b) && Arrays.equals(readout, o.readout)
                && Arrays.equals(initialState, o.initialState) && Arrays.equals(gain(), o.gain())
                && Arrays.equals(currentScale(), o.currentScale())
                && Arrays.equals(currentOffset(), o.currentOffset()) && hidden() == o.hidden()
                && basis().equals(o.basis());
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
