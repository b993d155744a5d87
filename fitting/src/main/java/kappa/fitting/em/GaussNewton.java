package kappa.fitting.em;

import static kappa.fitting.model.EffectiveConnectivity.dot;

import java.util.List;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.Observation;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.DecompositionSolver;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;

/**
 * The Gauss-Newton approximation of minus the Hessian of {@link ExpectedLogLikelihood}, at the smoothed means of
 * evenly spaced bins scaled up to all, and its inverse times a vector. The activity of a neuron depends on that
 * neuron's own parameters only, and the K numbers of a transition on all neurons':
 *
 * <pre>
 * H = B + c U'U        B = Fisher information of each neuron's (m_i, W_i, b_i, observation), prior of n, and I
 *                      U = rows of Q^-1/2 df/d(parameters) at sampled transitions, c = transitions per sample
 * H^-1 g = B^-1 g - B^-1 U' (I/c + U B^-1 U')^-1 U B^-1 g        (Woodbury)
 * </pre>
 *
 * <p>Only the direction of a step depends on it: value and gradient are those of all bins. The unit matrix keeps
 * parameters, which are of order one, from moving far in a single step where the data say little of them.
 */
final class GaussNewton {

    private static final double DAMPING = 1;
    private static final int OBSERVED_BINS = 2_000;
    private static final int TRANSITION_ROWS = 256;

    private final ExpectedLogLikelihood.Layout layout;
    private final KernelModel model;
    private final int N;
    private final int K;
    private final int S;
    /** Parameters of one neuron but n. */
    private final int D;
    private final boolean[] trained;
    /** [N,D,D] inverse of B's blocks. */
    private final double[][] inverseBlocks;
    private final double[][] rows;
    private final DecompositionSolver inner;

    /**
     * @param trained of each row of the layout but those of n
     */
    GaussNewton(List<SigmaPoints> trials, KernelModel model, double[] processNoise, double[] parameters,
            boolean[] trained, Team team) {
        this.model = model;
        this.trained = trained;
        LowRankNetwork net = model.network();
        N = net.neurons();
        K = net.rank();
        S = net.inputs();
        D = K + S + 2;
        layout = new ExpectedLogLikelihood.Layout(N, K, S);
        inverseBlocks = new double[N][];
        long bins = 0;
        for (SigmaPoints trial : trials) {
            bins += trial.smoothed().trial().bins() - trial.smoothed().trial().warmUp();
        }
        int stride = (int) Math.max(1, bins / OBSERVED_BINS);
        int chunks = Math.min(N, 16);
        team.run(chunks,
                (chunk, _) -> blocks(trials, parameters, stride, chunk * N / chunks, (chunk + 1) * N / chunks));
        int samples = (int) Math.min(bins, TRANSITION_ROWS / K);
        rows = transitionRows(trials, processNoise, parameters, bins, samples);
        RealMatrix small = new Array2DRowRealMatrix(rows.length, rows.length);
        team.run(rows.length, (a, _) -> {
            double[] solved = solveBlocks(rows[a]);
            for (int b = 0; b <= a; b++) {
                double product = dot(solved, rows[b]);
                small.setEntry(a, b, product);
                small.setEntry(b, a, product);
            }
        });
        for (int a = 0; a < rows.length; a++) {
            small.addToEntry(a, a, (double) samples / bins);
        }
        inner = Smoother.factor(small).getSolver();
    }

    /** H^-1 g. */
    double[] solve(double[] gradient) {
        double[] first = solveBlocks(gradient);
        double[] along = new double[rows.length];
        for (int a = 0; a < rows.length; a++) {
            along[a] = dot(rows[a], first);
        }
        double[] weights = inner.solve(new ArrayRealVector(along, false)).toArray();
        double[] combined = new double[layout.length()];
        for (int a = 0; a < rows.length; a++) {
            for (int i = 0; i < combined.length; i++) {
                combined[i] += weights[a] * rows[a][i];
            }
        }
        double[] second = solveBlocks(combined);
        for (int i = 0; i < first.length; i++) {
            first[i] -= second[i];
        }
        return first;
    }

    private double[] solveBlocks(double[] g) {
        double[] out = new double[layout.length()];
        for (int i = 0; i < N; i++) {
            double[] inverse = inverseBlocks[i];
            for (int a = 0; a < D; a++) {
                double sum = 0;
                for (int b = 0; b < D; b++) {
                    sum += inverse[a * D + b] * g[b * N + i];
                }
                out[a * N + i] = sum;
            }
        }
        for (int i = layout.n(0); i < layout.n(K); i++) {
            out[i] = g[i] / (DAMPING + ExpectedLogLikelihood.N_PRECISION);
        }
        return out;
    }

    private double current(double[] p, int i, double[] mean, int t, float[] v) {
        double x = 0;
        for (int k = 0; k < K; k++) {
            x += p[layout.m(k) + i] * mean[t * K + k];
        }
        for (int s = 0; s < S; s++) {
            x += p[layout.w(s) + i] * v[t * S + s];
        }
        return x;
    }

    private void blocks(List<SigmaPoints> trials, double[] p, int stride, int from, int to) {
        double[][] sums = new double[to - from][D * D];
        double[] slope = new double[D];
        long counted = 0;
        for (SigmaPoints points : trials) {
            Trial trial = points.smoothed().trial();
            for (int t = trial.warmUp() + 1; t <= trial.bins(); t++) {
                if (counted++ % stride != 0) {
                    continue;
                }
                for (int i = from; i < to; i++) {
                    if (!Float.isNaN(trial.y()[(t - 1) * N + i])) {
                        information(p, i, points.smoothed().mean(), t, trial.v(), slope, sums[i - from], stride);
                    }
                }
            }
        }
        for (int i = from; i < to; i++) {
            RealMatrix block = Smoother.matrix(sums[i - from], 0, D);
            for (int a = 0; a < D; a++) {
                block.addToEntry(a, a, DAMPING);
                if (!trained[a]) {
                    for (int b = 0; b < D; b++) {
                        block.setEntry(a, b, a == b ? 1 : 0);
                        block.setEntry(b, a, a == b ? 1 : 0);
                    }
                }
            }
            inverseBlocks[i] = Smoother.flat(Smoother.factor(block).getSolver().getInverse());
        }
    }

    /** Adds the Fisher information of one observation about (m_i, W_i, b_i, log g_i or c_i). */
    private void information(double[] p, int i, double[] mean, int t, float[] v, double[] slope, double[] block,
            double scale) {
        double x = current(p, i, mean, t, v);
        double r = LowRankNetwork.phi(x + p[layout.b() + i]);
        double information;
        double byCurrent;
        double byBias;
        double byObservation;
        if (model.kind() == Observation.COUNTS) {
            information = Math.exp(p[layout.observation() + i]) * (1 + r);
            byCurrent = 1 - r;
            byBias = byCurrent;
            byObservation = 1;
        } else if (model.kind() == Observation.RATES) {
            information = 1 / model.noise()[i];
            byCurrent = model.gain()[i] * LowRankNetwork.phiPrimeOfRate(r);
            byBias = byCurrent;
            byObservation = 0;
        } else {
            information = 1 / model.noise()[i];
            byCurrent = model.gain()[i];
            byBias = 0;
            byObservation = 1;
        }
        for (int k = 0; k < K; k++) {
            slope[k] = byCurrent * mean[t * K + k];
        }
        for (int s = 0; s < S; s++) {
            slope[K + s] = byCurrent * v[t * S + s];
        }
        slope[K + S] = byBias;
        slope[K + S + 1] = byObservation;
        for (int a = 0; a < D; a++) {
            for (int b = 0; b < D; b++) {
                block[a * D + b] += scale * information * slope[a] * slope[b];
            }
        }
    }

    private double[][] transitionRows(List<SigmaPoints> trials, double[] processNoise, double[] p, long bins,
            int samples) {
        double[][] out = new double[samples * K][layout.length()];
        RealMatrix whitening = MatrixUtils.inverse(Smoother.factor(Smoother.matrix(processNoise)).getL());
        double step = model.network().alpha() * LowRankNetwork.connectivityScale(N);
        long bin = 0;
        int sample = 0;
        for (SigmaPoints points : trials) {
            Trial trial = points.smoothed().trial();
            for (int t = trial.warmUp(); t < trial.bins() && sample < samples; t++) {
                if (bin++ == sample * bins / samples) {
                    for (int k = 0; k < K; k++) {
                        transitionRow(p, points.smoothed().mean(), t, trial.v(), whitening.getRow(k), step,
                                out[sample * K + k]);
                    }
                    sample++;
                }
            }
        }
        return out;
    }

    /** df/d(parameters) of a whitened direction of kappa. */
    private void transitionRow(double[] p, double[] mean, int t, float[] v, double[] direction, double step,
            double[] out) {
        for (int i = 0; i < N; i++) {
            double r = LowRankNetwork.phi(current(p, i, mean, t, v) + p[layout.b() + i]);
            double n = 0;
            for (int k = 0; k < K; k++) {
                out[layout.n(k) + i] = step * direction[k] * r;
                n += direction[k] * p[layout.n(k) + i];
            }
            double slope = step * n * LowRankNetwork.phiPrimeOfRate(r);
            for (int k = 0; k < K; k++) {
                out[layout.m(k) + i] = slope * mean[t * K + k];
            }
            for (int s = 0; s < S; s++) {
                out[layout.w(s) + i] = slope * v[t * S + s];
            }
            if (trained[K + S]) {
                out[layout.b() + i] = slope;
            }
        }
    }
}
