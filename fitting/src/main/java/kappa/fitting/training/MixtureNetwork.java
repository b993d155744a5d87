package kappa.fitting.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import kappa.fitting.model.EffectiveConnectivity;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.InvalidInputException;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.RealMatrix;

/**
 * A low-rank network given by the statistics of its neurons (Dubreuil et al. 2022; Valente 2019, section 4.2). Each
 * neuron belongs to one of P populations, and its weights are a Gaussian vector of that population,
 *
 * <pre>
 * (m_i1 .. m_iK, n_i1 .. n_iK, W_1i .. W_Si, wo_1i .. wo_Oi) = mean_p + factor_p z_i        z_i ~ N(0, I_D)
 * </pre>
 *
 * <p>with D = 2 K + S + O and covariance factor_p factor_p'. While it is trained, all z_i are drawn anew before each
 * step, so that nothing can be learnt but means and factors; afterwards networks of any number of neurons can be drawn
 * from it. What the thesis calls reproducing a network by hand is {@link #ofShares} and then {@link #sample}.
 * Biases and initial state are zero. Not thread-safe.
 */
public final class MixtureNetwork extends DrawnNetwork {

    /** How neurons are drawn. */
    public enum Draw {
        /** Independently: means and covariances, and so overlaps, are off by terms of order 1/sqrt(N). */
        RANDOM,
        /**
         * So that each population has exactly its mean and covariance: those terms are taken out of the draw, and the
         * network does what one of very many neurons does. Where networks of a few hundred neurons come out too
         * different from each other for their gradients to agree on anything, training on such draws still learns.
         */
        EXACT
    }

    /** Added to the diagonal of a singular covariance, relative to its trace, so that its Cholesky factor exists. */
    private static final double RIDGE = 1e-9;

    private final int rank;
    private final int inputs;
    private final int outputs;
    private final double alpha;
    private final double[] weights;
    private final boolean trainMeans;
    private final List<float[]> means; // per population, [D]
    private final List<float[]> factors; // per population, [D,D]
    private final float[] basis; // [N,D] z of the present network
    private final Draw draw;

    private MixtureNetwork(int neurons, int rank, int inputs, int outputs, double alpha, double[] weights,
            boolean trainMeans, Draw draw, List<float[]> means, List<float[]> factors) {
        super(empty(neurons, rank, inputs, outputs, alpha));
        double sum = Arrays.stream(weights).sum();
        if (weights.length == 0 || !(Math.abs(sum - 1) < 1e-6) || Arrays.stream(weights).anyMatch(w -> !(w > 0))) {
            throw new IllegalArgumentException(
                    "weights " + Arrays.toString(weights) + ", expected positive numbers that sum to 1");
        }
        this.rank = rank;
        this.inputs = inputs;
        this.outputs = outputs;
        this.alpha = alpha;
        this.weights = weights.clone();
        this.trainMeans = trainMeans;
        this.draw = draw;
        this.means = means;
        this.factors = factors;
        this.basis = new float[neurons * dimensions()];
    }

    /**
     * A mixture to begin training from: equal populations of mean zero whose factors are those of independent weights
     * as in {@link LowRankNetwork#initial}, and a little more, so that populations differ.
     *
     * @param neurons of the networks drawn during training
     * @param trainMeans whether means are trained too; else they stay zero
     */
    public static MixtureNetwork initial(int populations, int neurons, int rank, int inputs, double alpha,
            boolean trainMeans, SplittableRandom random) {
        LowRankNetwork one = LowRankNetwork.initial(neurons, rank, inputs, alpha, random.split());
        int outputs = one.outputs();
        int d = 2 * rank + inputs + outputs;
        double readout = 0;
        for (float weight : one.readout()) {
            readout += (double) weight * weight;
        }
        readout = Math.sqrt(readout / one.readout().length);
        List<float[]> means = new ArrayList<>();
        List<float[]> factors = new ArrayList<>();
        for (int p = 0; p < populations; p++) {
            float[] factor = new float[d * d];
            for (int c = 0; c < d; c++) {
                for (int g = 0; g < d; g++) {
                    double scale = c < d - outputs ? 1 : readout;
                    factor[c * d + g] = (float) (scale * ((c == g ? 1 : 0) + 0.1 * random.nextGaussian()));
                }
            }
            means.add(new float[d]);
            factors.add(factor);
        }
        double[] weights = new double[populations];
        Arrays.fill(weights, 1.0 / populations);
        return new MixtureNetwork(neurons, rank, inputs, outputs, alpha, weights, trainMeans, Draw.RANDOM, means,
                factors);
    }

    /**
     * The mixture that has the means and covariances of a network's populations, to which its neurons belong in part.
     * Where populations overlap, whole neurons would make each of them narrower than it is.
     *
     * @param shares of each neuron in each population, [P][N], which sum to 1 over populations: responsibilities
     * @param freeMeans whether means are the populations' and trained; else they are zero and covariances are second
     *        moments
     * @param draw how networks are drawn while the mixture is trained
     * @param drawn neurons of these networks
     * @throws InvalidInputException if the network has biases or an initial state, which the mixture does not know
     */
    public static MixtureNetwork ofShares(LowRankNetwork network, double[][] shares, boolean freeMeans, Draw draw,
            int drawn) {
        requireNone("biases 'b'", network.b());
        requireNone("an initial state 'h0'", network.initialState());
        int neurons = network.neurons();
        int count = shares.length;
        int rank = network.rank();
        int d = 2 * rank + network.inputs() + network.outputs();
        double[] weights = new double[count];
        List<float[]> means = new ArrayList<>();
        List<float[]> factors = new ArrayList<>();
        List<float[]> parts = parts(network);
        for (int p = 0; p < count; p++) {
            double[] mean = new double[d];
            double[][] square = new double[d][d];
            double members = 0;
            for (int i = 0; i < neurons; i++) {
                double share = shares[p][i];
                if (share > 0) {
                    double[] row = row(parts, neurons, i, d);
                    for (int c = 0; c < d; c++) {
                        mean[c] += freeMeans ? share * row[c] : 0;
                        for (int e = 0; e < d; e++) {
                            square[c][e] += share * row[c] * row[e];
                        }
                    }
                    members += share;
                }
            }
            if (members == 0) {
                throw new IllegalArgumentException("population " + p + " has no neuron");
            }
            weights[p] = members / neurons;
            RealMatrix covariance = new Array2DRowRealMatrix(d, d);
            for (int c = 0; c < d; c++) {
                mean[c] /= members;
            }
            for (int c = 0; c < d; c++) {
                for (int e = 0; e < d; e++) {
                    covariance.setEntry(c, e, square[c][e] / members - mean[c] * mean[e]);
                }
            }
            means.add(floats(mean));
            factors.add(cholesky(covariance));
        }
        return new MixtureNetwork(drawn, rank, network.inputs(), network.outputs(), network.alpha(), weights,
                freeMeans, draw, means, factors);
    }

    private static void requireNone(String what, float[] values) {
        for (float value : values) {
            if (value != 0) {
                throw new InvalidInputException(
                        "network: it has " + what + ", expected none to describe it by populations");
            }
        }
    }

    /** What a neuron weighs, in the order of the class comment. */
    private static double[] row(List<float[]> parts, int neurons, int i, int d) {
        double[] row = new double[d];
        int c = 0;
        for (float[] part : parts) {
            for (int at = i; at < part.length; at += neurons) {
                row[c++] = part[at];
            }
        }
        return row;
    }

    private static float[] floats(double[] values) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) values[i];
        }
        return out;
    }

    private static float[] cholesky(RealMatrix covariance) {
        int d = covariance.getRowDimension();
        double ridge = RIDGE * covariance.getTrace() / d + Double.MIN_NORMAL;
        for (int c = 0; c < d; c++) {
            covariance.addToEntry(c, c, ridge);
        }
        RealMatrix l = new CholeskyDecomposition(covariance, 1e-6, 0).getL();
        float[] factor = new float[d * d];
        for (int c = 0; c < d; c++) {
            for (int g = 0; g < d; g++) {
                factor[c * d + g] = (float) l.getEntry(c, g);
            }
        }
        return factor;
    }

    private static LowRankNetwork empty(int neurons, int rank, int inputs, int outputs, double alpha) {
        return LowRankNetwork.withoutBias(neurons, rank, inputs, alpha, new float[neurons * rank],
                new float[neurons * rank], new float[neurons * inputs]).withReadout(new float[neurons * outputs]);
    }

    /** D, numbers a neuron. */
    public int dimensions() {
        return 2 * rank + inputs + outputs;
    }

    /** P. */
    public int populations() {
        return weights.length;
    }

    /** Fraction of the neurons that belong to a population. */
    public double weight(int population) {
        return weights[population];
    }

    /** Mean of a population, [D]. */
    public double[] mean(int population) {
        double[] out = new double[dimensions()];
        Arrays.setAll(out, c -> means.get(population)[c]);
        return out;
    }

    /** Covariance of a population, [D,D] by rows. */
    public double[] covariance(int population) {
        int d = dimensions();
        float[] factor = factors.get(population);
        double[] out = new double[d * d];
        for (int c = 0; c < d; c++) {
            for (int e = 0; e < d; e++) {
                for (int g = 0; g < d; g++) {
                    out[c * d + e] += (double) factor[c * d + g] * factor[e * d + g];
                }
            }
        }
        return out;
    }

    /** The population of a neuron: populations follow each other in every network drawn. */
    public int population(int neuron, int neurons) {
        double upTo = 0;
        for (int p = 0; p < weights.length - 1; p++) {
            upTo += weights[p];
            if (neuron < Math.round(upTo * neurons)) {
                return p;
            }
        }
        return weights.length - 1;
    }

    /**
     * A network of any number of neurons drawn from the mixture.
     *
     * @throws InvalidInputException if an exact draw has D + 1 neurons or fewer in a population
     */
    public LowRankNetwork sample(int neurons, Draw how, SplittableRandom random) {
        LowRankNetwork drawn = empty(neurons, rank, inputs, outputs, alpha);
        float[] z = new float[neurons * dimensions()];
        draw(z, how, random);
        fill(drawn, z);
        return drawn;
    }

    private void draw(float[] z, Draw how, SplittableRandom random) {
        for (int i = 0; i < z.length; i++) {
            z[i] = (float) random.nextGaussian();
        }
        if (how == Draw.EXACT) {
            whiten(z, z.length / dimensions());
        }
    }

    /** Gives z of each population mean 0 and covariance I. */
    private void whiten(float[] z, int neurons) {
        int d = dimensions();
        int from = 0;
        for (int p = 0; p < populations(); p++) {
            int to = from;
            while (to < neurons && population(to, neurons) == p) {
                to++;
            }
            if (to - from <= d + 1) {
                throw new InvalidInputException("neurons: " + neurons + " give population " + p + " only "
                        + (to - from) + ", expected more than " + (d + 1));
            }
            whiten(z, d, from, to);
            from = to;
        }
    }

    /** Rows from (inclusive) to (exclusive) of z, each with D numbers, get mean 0 and covariance I: Gram-Schmidt. */
    private static void whiten(float[] z, int d, int from, int to) {
        double[][] columns = new double[d][to - from];
        for (int c = 0; c < d; c++) {
            double[] column = columns[c];
            double sum = 0;
            for (int i = from; i < to; i++) {
                column[i - from] = z[i * d + c];
                sum += z[i * d + c];
            }
            for (int i = 0; i < column.length; i++) {
                column[i] -= sum / column.length;
            }
            for (int pass = 0; pass < 2; pass++) {
                for (int e = 0; e < c; e++) {
                    double along = meanProduct(column, columns[e]);
                    for (int i = 0; i < column.length; i++) {
                        column[i] -= along * columns[e][i];
                    }
                }
            }
            double size = Math.sqrt(meanProduct(column, column));
            for (int i = 0; i < column.length; i++) {
                column[i] /= size;
                z[(from + i) * d + c] = (float) column[i];
            }
        }
    }

    private static double meanProduct(double[] a, double[] b) {
        return EffectiveConnectivity.dot(a, b) / a.length;
    }

    /** Rows mean + factor z into the parts of a network. */
    private void fill(LowRankNetwork target, float[] z) {
        int d = dimensions();
        int neurons = target.neurons();
        List<float[]> parts = parts(target);
        for (int i = 0; i < neurons; i++) {
            int p = population(i, neurons);
            float[] factor = factors.get(p);
            int c = 0;
            for (float[] part : parts) {
                for (int at = i; at < part.length; at += neurons) {
                    double sum = means.get(p)[c];
                    for (int g = 0; g < d; g++) {
                        sum += (double) factor[c * d + g] * z[i * d + g];
                    }
                    part[at] = (float) sum;
                    c++;
                }
            }
        }
    }

    private static List<float[]> parts(LowRankNetwork network) {
        return List.of(network.m(), network.n(), network.w(), network.readout());
    }

    @Override
    public List<float[]> parameters() {
        List<float[]> all = new ArrayList<>(factors);
        if (trainMeans) {
            all.addAll(means);
        }
        return all;
    }

    @Override
    public void resample(SplittableRandom random) {
        draw(basis, draw, random);
        fill();
    }

    @Override
    void fill() {
        fill(network(), basis);
    }

    /** dL/dmean = sum over the population of dL/drow; dL/dfactor = sum of dL/drow z'. */
    @Override
    public List<float[]> gradient(NetworkGradient gradient) {
        int d = dimensions();
        int neurons = network().neurons();
        List<float[]> slopes = List.of(gradient.of(NetworkParameter.M), gradient.of(NetworkParameter.N),
                gradient.of(NetworkParameter.WI), gradient.of(NetworkParameter.WO));
        double[][] mean = new double[populations()][d];
        double[][] factor = new double[populations()][d * d];
        for (int i = 0; i < neurons; i++) {
            int p = population(i, neurons);
            double[] row = row(slopes, neurons, i, d);
            for (int c = 0; c < d; c++) {
                mean[p][c] += row[c];
                for (int g = 0; g < d; g++) {
                    factor[p][c * d + g] += row[c] * basis[i * d + g];
                }
            }
        }
        List<float[]> all = new ArrayList<>();
        for (double[] values : factor) {
            all.add(floats(values));
        }
        if (trainMeans) {
            for (double[] values : mean) {
                all.add(floats(values));
            }
        }
        return all;
    }
}
