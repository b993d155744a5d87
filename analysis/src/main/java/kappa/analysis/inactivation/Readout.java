package kappa.analysis.inactivation;

import java.util.Arrays;
import java.util.List;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;

/**
 * How behaviour is read from a network's rates: z = c + scale wo phi(x + b), with the scale of the network's own readouts. It is
 * the network's own, or regressed from what was wanted or done in a session.
 *
 * <p>The regression is Bayes'. What it is for decides its prior: silencing takes single neurons' contributions out of a sum of
 * which only the sum was ever seen. Before the data, half of the variance of z comes from a wo anywhere in the leading
 * principal components of the rates, and half from a wo along m, for that is how networks that decide are read (Valente 2019,
 * equations 3.1 to 3.4); both together make z vary as much as what is wanted of it. The residual's variance is the likeliest
 * of {@link #NOISE}, in units of the variance of what is wanted, each trial counting once. It is never below 0.3, although
 * targets are two-valued and can be fitted far better than that: a tighter fit finds directions of little variance in which
 * silencing is then wrong (measured on rank-1 to 3 fits to a full-rank network: R2 of the change of the readout .5 at 0.1, .7
 * at 0.3 and at 1).
 *
 * @param outputs O
 * @param rows [O,N] wo as in network files
 * @param offset [O] c
 * @param r2 of the regression, on the trials that it was made from; NaN if it is the network's own
 */
public record Readout(int outputs, float[] rows, double[] offset, Origin origin, double r2) {

    /** Where a readout comes from. */
    public enum Origin {
        /** The network file. */
        NETWORK,
        /** Regressed from targets. */
        TARGETS,
        /** Regressed from behaviour. */
        BEHAVIOR
    }

    private static final double[] NOISE = {0.3, 1, 3, 10, 30};

    /** An offset is all but free. */
    private static final double OFFSET_VARIANCE = 100;

    /** The readout of a network that has one, for a network of the same neurons, with what lies beyond them not read. */
    static Readout of(Network reader, Network network) {
        int outputs = reader.outputs();
        int neurons = network.neurons();
        float[] rows = new float[outputs * neurons];
        for (int o = 0; o < outputs; o++) {
            for (int i = 0; i < Math.min(neurons, reader.neurons()); i++) {
                rows[o * neurons + i] = (float) (reader.readout()[o * reader.neurons() + i] * reader.readoutScale()
                        / network.readoutScale());
            }
        }
        return new Readout(outputs, rows, new double[outputs], Origin.NETWORK, Double.NaN);
    }

    /**
     * A bin that counts.
     *
     * @param rates [N]
     * @param wanted [O]
     * @param weights [O], summing to 1 over a trial
     */
    record Sample(float[] rates, double[] wanted, double[] weights) {}

    /**
     * Regresses what is wanted on rates.
     *
     * @param trials how many trials the samples are from
     */
    static Readout regressed(LowRankNetwork network, RateSpace space, List<Sample> samples, int outputs,
            Origin origin, int trials) {
        int neurons = network.neurons();
        int rank = network.rank();
        int q = space.directions().length;
        boolean offset = origin == Origin.BEHAVIOR;
        int features = q + rank + (offset ? 1 : 0);
        double[][] directions = Arrays.copyOf(space.directions(), q + rank);
        for (int k = 0; k < rank; k++) {
            double[] m = new double[neurons];
            for (int i = 0; i < neurons; i++) {
                m[i] = network.m()[k * neurons + i];
            }
            double norm = Math.sqrt(RateSpace.dot(m, m));
            Arrays.setAll(m, i -> norm > 0 ? m[i] / norm : 0);
            directions[q + k] = m;
        }
        double[][] design = new double[samples.size()][features];
        double[] rates = new double[neurons];
        for (int s = 0; s < design.length; s++) {
            float[] sample = samples.get(s).rates();
            Arrays.setAll(rates, i -> sample[i]);
            for (int f = 0; f < q + rank; f++) {
                design[s][f] = RateSpace.dot(rates, directions[f]);
            }
            if (offset) {
                design[s][features - 1] = 1;
            }
        }
        float[] rows = new float[outputs * neurons];
        double[] constant = new double[outputs];
        double error = 0;
        double variance = 0;
        for (int o = 0; o < outputs; o++) {
            Regression regression = new Regression(design, samples, o, q, rank, offset, trials);
            double[] solution = regression.best();
            for (int f = 0; f < q + rank; f++) {
                for (int i = 0; i < neurons; i++) {
                    rows[o * neurons + i] += (float) (solution[f] * directions[f][i] / network.readoutScale());
                }
            }
            constant[o] = offset ? solution[features - 1] : 0;
            error += regression.error(solution);
            variance += regression.variance;
        }
        return new Readout(outputs, rows, constant, origin, 1 - error / variance);
    }

    /** One output. */
    private static final class Regression {
        private final double[][] design;
        private final double[] y;
        private final double[] w;
        private final int trials;
        private final double[] prior; // variances of the weights
        private final double variance; // of what is wanted, about zero or about its mean if there is an offset
        private final RealMatrix square;
        private final RealVector along;

        Regression(double[][] design, List<Sample> samples, int o, int q, int rank, boolean offset, int trials) {
            this.design = design;
            this.trials = trials;
            int count = design.length;
            int features = design[0].length;
            y = new double[count];
            w = new double[count];
            double total = 0;
            double mean = 0;
            for (int s = 0; s < count; s++) {
                y[s] = samples.get(s).wanted()[o];
                w[s] = samples.get(s).weights()[o];
                total += w[s];
                mean += w[s] > 0 ? w[s] * y[s] : 0;
            }
            mean = offset ? mean / total : 0;
            double[][] sums = new double[features][features];
            double[] products = new double[features];
            double spread = 0;
            for (int s = 0; s < count; s++) {
                if (w[s] > 0) {
                    spread += w[s] * (y[s] - mean) * (y[s] - mean);
                    for (int a = 0; a < features; a++) {
                        products[a] += w[s] * design[s][a] * y[s];
                        for (int b = 0; b <= a; b++) {
                            sums[a][b] += w[s] * design[s][a] * design[s][b];
                        }
                    }
                }
            }
            for (int a = 0; a < features; a++) {
                for (int b = 0; b < a; b++) {
                    sums[b][a] = sums[a][b];
                }
            }
            variance = spread / total;
            square = MatrixUtils.createRealMatrix(sums);
            along = new ArrayRealVector(products);
            double anywhere = 0;
            double alongM = 0;
            for (int f = 0; f < q + rank; f++) {
                anywhere += f < q ? sums[f][f] / total : 0;
                alongM += f < q ? 0 : sums[f][f] / total;
            }
            prior = new double[features];
            Arrays.fill(prior, 0, q, variance / 2 / Math.max(anywhere, Double.MIN_NORMAL));
            Arrays.fill(prior, q, q + rank, variance / 2 / Math.max(alongM, Double.MIN_NORMAL));
            if (offset) {
                prior[features - 1] = OFFSET_VARIANCE * (variance + mean * mean);
            }
        }

        double[] best() {
            double[] best = new double[prior.length];
            double highest = Double.NEGATIVE_INFINITY;
            if (!(variance > 0)) {
                return best;
            }
            double squares = 0;
            for (int s = 0; s < y.length; s++) {
                squares += w[s] > 0 ? w[s] * y[s] * y[s] : 0;
            }
            for (double share : NOISE) {
                double noise = share * variance;
                RealMatrix precision = square.scalarMultiply(1 / noise);
                double logPrior = 0;
                for (int f = 0; f < prior.length; f++) {
                    precision.addToEntry(f, f, 1 / prior[f]);
                    logPrior += Math.log(prior[f]);
                }
                CholeskyDecomposition cholesky = new CholeskyDecomposition(precision, 1e-9, 0);
                RealVector solution = cholesky.getSolver().solve(along.mapDivide(noise));
                double logDeterminant = 0;
                for (int f = 0; f < prior.length; f++) {
                    logDeterminant += 2 * Math.log(cholesky.getL().getEntry(f, f));
                }
                double evidence = -0.5 * (trials * Math.log(noise) + logPrior + logDeterminant
                        + (squares - along.dotProduct(solution)) / noise);
                if (evidence > highest) {
                    highest = evidence;
                    best = solution.toArray();
                }
            }
            return best;
        }

        /** Mean squared error. */
        double error(double[] solution) {
            double sum = 0;
            double total = 0;
            for (int s = 0; s < y.length; s++) {
                if (w[s] > 0) {
                    double residual = y[s] - RateSpace.dot(design[s], solution);
                    sum += w[s] * residual * residual;
                    total += w[s];
                }
            }
            return sum / total;
        }
    }
}
