package kappa.fitting.em;

import java.util.Arrays;
import kappa.fitting.filter.LatentFilter;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.Observation;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;

/**
 * The E step of one trial: the extended Kalman filter forwards ({@link LatentFilter}), Rauch, Tung and Striebel's
 * smoother backwards (AIAA Journal 1965), with the filter's own linearisation F_t of the dynamics at the filtered
 * state:
 *
 * <pre>
 * G_t  = P_t F_t' (P_{t+1}^-)^-1
 * mu_t = kappa_t + G_t (mu_{t+1} - kappa_{t+1}^-)
 * V_t  = (I - G_t F_t) P_t (I - G_t F_t)' + G_t (Q + V_{t+1}) G_t'          Cov(kappa_{t+1}, kappa_t) = V_{t+1} G_t'
 * </pre>
 *
 * <p>V_t is P_t + G_t (V_{t+1} - P_{t+1}^-) G_t' written as a sum of positive definite terms, so that rounding cannot
 * make a variance negative. O(T N K^2). Not thread-safe.
 */
public final class Smoother {

    private final RnnKernels kernels;
    private final int N;
    private final int K;
    private final int S;
    private final LatentFilter filter;
    private final float[] kappaRow;
    private final float[] scratch;
    private final double[] drive;
    private final double[] slope;

    public Smoother(RnnKernels kernels, int neurons, int rank, int inputs) {
        this.kernels = kernels;
        N = neurons;
        K = rank;
        S = inputs;
        filter = new LatentFilter(kernels, neurons, rank, inputs);
        kappaRow = new float[rank];
        scratch = new float[RnnKernels.SCRATCH];
        drive = new double[rank];
        slope = new double[rank * rank];
    }

    /** Bins whose activity was left out because the filter's update was not finite. */
    public long divergences() {
        return filter.divergences();
    }

    public SmoothedTrial smooth(StateSpaceModel parameters, Trial trial) {
        int T = trial.bins();
        KernelModel model = parameters.model();
        RealVector[] filtered = new RealVector[T + 1];
        RealMatrix[] covariance = new RealMatrix[T + 1];
        RealVector[] predicted = new RealVector[T + 1];
        RealMatrix[] predictedCovariance = new RealMatrix[T + 1];
        RealMatrix[] jacobian = new RealMatrix[T];
        if (trial.warmUp() > 0) {
            filter.reset(new double[K], broad(parameters.kappaStd()));
        } else {
            filter.reset(parameters.start(), parameters.startCovariance());
        }
        filter.setInputs(trial.v(), 0);
        filtered[0] = new ArrayRealVector(filter.kappa());
        covariance[0] = matrix(filter.covariance());
        LogLikelihood likelihood = new LogLikelihood(model);
        for (int t = 1; t <= T; t++) {
            jacobian[t - 1] = jacobian(model, filter.kappa(), trial.v(), (t - 1) * S);
            filter.predict(model, parameters.processNoise());
            predicted[t] = new ArrayRealVector(filter.kappa());
            predictedCovariance[t] = matrix(filter.covariance());
            filter.setInputs(trial.v(), t * S);
            long skipped = filter.divergences();
            filter.update(model, trial.y(), (t - 1) * N);
            filtered[t] = new ArrayRealVector(filter.kappa());
            covariance[t] = matrix(filter.covariance());
            if (t > trial.warmUp() && filter.divergences() == skipped) {
                likelihood.add(trial, t, predicted[t], predictedCovariance[t], filtered[t], covariance[t]);
            }
        }

        double[] mean = new double[(T + 1) * K];
        double[] smoothedCovariance = new double[(T + 1) * K * K];
        double[] lagOne = new double[T * K * K];
        RealMatrix q = matrix(parameters.processNoise());
        RealMatrix identity = MatrixUtils.createRealIdentityMatrix(K);
        RealVector mu = filtered[T];
        RealMatrix V = covariance[T];
        store(mu, V, mean, smoothedCovariance, T);
        for (int t = T - 1; t >= 0; t--) {
            RealMatrix F = jacobian[t];
            // G' = (P^-)^-1 F P
            RealMatrix G = factor(predictedCovariance[t + 1]).getSolver().solve(F.multiply(covariance[t])).transpose();
            put(V.multiply(G.transpose()), lagOne, t);
            mu = filtered[t].add(G.operate(mu.subtract(predicted[t + 1])));
            RealMatrix rest = identity.subtract(G.multiply(F));
            V = symmetric(rest.multiply(covariance[t]).multiply(rest.transpose())
                    .add(G.multiply(q.add(V)).multiply(G.transpose())));
            store(mu, V, mean, smoothedCovariance, t);
        }
        return new SmoothedTrial(trial, mean, smoothedCovariance, lagOne, likelihood.value());
    }

    private static double[] broad(double[] kappaStd) {
        int K = kappaStd.length;
        double[] out = new double[K * K];
        for (int k = 0; k < K; k++) {
            out[k * K + k] = kappaStd[k] * kappaStd[k];
        }
        return out;
    }

    /** F = (1-alpha) I + (alpha/N) n' diag(phi') m at a state. */
    private RealMatrix jacobian(KernelModel model, double[] kappa, float[] v, int vOffset) {
        double alpha = model.network().alpha();
        for (int k = 0; k < K; k++) {
            kappaRow[k] = (float) kappa[k];
        }
        kernels.recurrent(model, kappaRow, v, vOffset, drive, slope, scratch);
        RealMatrix F = new Array2DRowRealMatrix(K, K);
        for (int k = 0; k < K; k++) {
            for (int l = 0; l < K; l++) {
                F.setEntry(k, l, alpha * slope[k * K + l] + (k == l ? 1 - alpha : 0));
            }
        }
        return F;
    }

    /**
     * log p(y_t | y_1 .. y_{t-1}) by Laplace's method: log p(y | kappa) + log N(kappa; kappa^-, P^-) - log N(kappa;
     * kappa, P) at the filtered kappa.
     */
    private final class LogLikelihood {
        private final KernelModel model;
        private final double[] squares = new double[N];
        private final double[] observed = new double[N];
        private double sum;

        LogLikelihood(KernelModel model) {
            this.model = model;
        }

        void add(Trial trial, int t, RealVector prior, RealMatrix priorCovariance, RealVector posterior,
                RealMatrix posteriorCovariance) {
            CholeskyDecomposition priorFactor = factor(priorCovariance);
            RealVector step = posterior.subtract(prior);
            sum += 0.5 * (logDeterminant(factor(posteriorCovariance)) - logDeterminant(priorFactor)
                    - step.dotProduct(priorFactor.getSolver().solve(step)));
            for (int k = 0; k < K; k++) {
                kappaRow[k] = (float) posterior.getEntry(k);
            }
            if (model.kind() == Observation.COUNTS) {
                sum -= kernels.loss(model, trial.y(), (t - 1) * N, kappaRow, 0, trial.v(), t * S, scratch);
            } else {
                kernels.squaredErrors(model, trial.y(), (t - 1) * N, kappaRow, 0, trial.v(), t * S, squares, observed,
                        scratch);
            }
        }

        double value() {
            double total = sum;
            for (int i = 0; i < N; i++) {
                double rho = model.noise()[i];
                total -= 0.5 * (squares[i] / rho + observed[i] * Math.log(2 * Math.PI * rho));
            }
            return total;
        }
    }

    /** L with a = L L' for a positive definite a that is symmetric up to rounding. */
    static CholeskyDecomposition factor(RealMatrix a) {
        return new CholeskyDecomposition(symmetric(a), 1e-12, 0);
    }

    static double logDeterminant(CholeskyDecomposition factor) {
        RealMatrix L = factor.getL();
        double sum = 0;
        for (int k = 0; k < L.getRowDimension(); k++) {
            sum += 2 * Math.log(L.getEntry(k, k));
        }
        return sum;
    }

    /** A K x K matrix out of flat rows. */
    static RealMatrix matrix(double[] flat) {
        return matrix(flat, 0, (int) Math.round(Math.sqrt(flat.length)));
    }

    /** The {@code index}th K x K matrix of an array of them. */
    static RealMatrix matrix(double[] flat, int index, int K) {
        double[][] out = new double[K][];
        for (int k = 0; k < K; k++) {
            out[k] = Arrays.copyOfRange(flat, (index * K + k) * K, (index * K + k + 1) * K);
        }
        return new Array2DRowRealMatrix(out, false);
    }

    static double[] flat(RealMatrix a) {
        double[] out = new double[a.getRowDimension() * a.getColumnDimension()];
        put(a, out, 0);
        return out;
    }

    static RealMatrix symmetric(RealMatrix a) {
        return a.add(a.transpose()).scalarMultiply(0.5);
    }

    private static void put(RealMatrix a, double[] out, int index) {
        int K = a.getRowDimension();
        for (int k = 0; k < K; k++) {
            System.arraycopy(a.getRow(k), 0, out, (index * K + k) * K, K);
        }
    }

    private static void store(RealVector mu, RealMatrix V, double[] mean, double[] covariance, int t) {
        System.arraycopy(mu.toArray(), 0, mean, t * mu.getDimension(), mu.getDimension());
        put(V, covariance, t);
    }
}
