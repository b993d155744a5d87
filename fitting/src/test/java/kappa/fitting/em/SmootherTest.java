package kappa.fitting.em;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.Observation;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SmootherTest {

    private static final int N = 7;
    private static final int S = 2;
    private static final int T = 9;

    private static float[] gaussian(SplittableRandom random, int length, double sd) {
        float[] out = new float[length];
        for (int i = 0; i < length; i++) {
            out[i] = (float) (sd * random.nextGaussian());
        }
        return out;
    }

    /**
     * A network whose currents stay near 1e-4, where phi(x) = x to eight digits, seen through large gains: linear and
     * Gaussian.
     */
    private static StateSpaceModel linear(int K, SplittableRandom random) {
        LowRankNetwork net = LowRankNetwork.withoutBias(N, K, S, 0.2, gaussian(random, K * N, 1e-4),
                gaussian(random, K * N, 1e4), gaussian(random, S * N, 1e-4));
        float[] gain = new float[N];
        float[] noise = new float[N];
        for (int i = 0; i < N; i++) {
            gain[i] = (float) (1e4 * (0.5 + random.nextDouble()));
            noise[i] = (float) (0.3 + random.nextDouble());
        }
        double[] q = new double[K * K];
        double[] startCovariance = new double[K * K];
        double[] start = new double[K];
        double[] std = new double[K];
        for (int k = 0; k < K; k++) {
            start[k] = 0.3 - 0.4 * k;
            std[k] = 1 + 0.5 * k;
            for (int l = 0; l < K; l++) {
                q[k * K + l] = k == l ? 0.1 : 0.04;
                startCovariance[k * K + l] = k == l ? 0.5 : -0.2;
            }
        }
        return new StateSpaceModel(KernelModel.of(net, Observation.CURRENTS, gain, gaussian(random, N, 0.5), noise),
                q, start, startCovariance, std);
    }

    private static Trial trial(SplittableRandom random, int warmUp) {
        float[] y = gaussian(random, T * N, 1);
        for (int i = 0; i < y.length; i++) {
            if (random.nextInt(5) == 0) {
                y[i] = Float.NaN;
            }
        }
        Arrays.fill(y, 3 * N, 4 * N, Float.NaN);
        return new Trial(0, 0, T, warmUp, y, gaussian(random, (T + 1) * S, 1), 0);
    }

    /** The joint Gaussian of all states, conditioned on all observations at once. */
    private static final class Dense {
        final int K;
        RealVector mean;
        RealMatrix covariance;
        double logLikelihood;

        Dense(StateSpaceModel p, Trial trial, int observedBins) {
            LowRankNetwork net = p.model().network();
            K = net.rank();
            RealMatrix m = transposed(net.m(), K);
            RealMatrix n = transposed(net.n(), K);
            RealMatrix w = transposed(net.w(), S);
            double a = net.alpha();
            RealMatrix coupling = n.transpose().scalarMultiply(a / N);
            RealMatrix F = MatrixUtils.createRealIdentityMatrix(K).scalarMultiply(1 - a).add(coupling.multiply(m));
            int size = (T + 1) * K;
            mean = new ArrayRealVector(size);
            covariance = new Array2DRowRealMatrix(size, size);
            RealMatrix first = Smoother.matrix(p.startCovariance());
            mean.setSubVector(0, new ArrayRealVector(p.start()));
            if (trial.warmUp() > 0) {
                mean.set(0);
                first = MatrixUtils.createRealDiagonalMatrix(
                        Arrays.stream(p.kappaStd()).map(std -> std * std).toArray());
            }
            covariance.setSubMatrix(first.getData(), 0, 0);
            for (int t = 1; t <= T; t++) {
                RealVector drive = coupling.operate(w.operate(row(trial.v(), t - 1, S)));
                mean.setSubVector(t * K, F.operate(mean.getSubVector((t - 1) * K, K)).add(drive));
                for (int s = 0; s < t; s++) {
                    RealMatrix cross = F.multiply(block(t - 1, s));
                    covariance.setSubMatrix(cross.getData(), t * K, s * K);
                    covariance.setSubMatrix(cross.transpose().getData(), s * K, t * K);
                }
                covariance.setSubMatrix(F.multiply(block(t - 1, t - 1)).multiply(F.transpose())
                        .add(Smoother.matrix(p.processNoise())).getData(), t * K, t * K);
            }
            if (observedBins > 0) {
                condition(p, trial, m, w, observedBins);
            }
        }

        private void condition(StateSpaceModel p, Trial trial, RealMatrix m, RealMatrix w, int observedBins) {
            int observed = 0;
            for (int i = 0; i < observedBins * N; i++) {
                observed += Float.isNaN(trial.y()[i]) ? 0 : 1;
            }
            RealMatrix H = new Array2DRowRealMatrix(observed, mean.getDimension());
            RealMatrix R = new Array2DRowRealMatrix(observed, observed);
            RealVector residual = new ArrayRealVector(observed);
            int row = 0;
            for (int t = 1; t <= observedBins; t++) {
                RealVector input = w.operate(row(trial.v(), t, S));
                for (int i = 0; i < N; i++) {
                    double y = trial.y()[(t - 1) * N + i];
                    if (!Double.isNaN(y)) {
                        double g = p.model().gain()[i];
                        for (int k = 0; k < K; k++) {
                            H.setEntry(row, t * K + k, g * m.getEntry(i, k));
                        }
                        R.setEntry(row, row, p.model().noise()[i]);
                        residual.setEntry(row++, y - g * input.getEntry(i) - p.model().offset()[i]);
                    }
                }
            }
            residual = residual.subtract(H.operate(mean));
            RealMatrix marginal = H.multiply(covariance).multiply(H.transpose()).add(R);
            CholeskyDecomposition factor = new CholeskyDecomposition(marginal, 1e-9, 0);
            RealVector weighted = factor.getSolver().solve(residual);
            double logDeterminant = 0;
            for (int i = 0; i < observed; i++) {
                logDeterminant += 2 * Math.log(factor.getL().getEntry(i, i));
            }
            logLikelihood = -0.5
                    * (residual.dotProduct(weighted) + logDeterminant + observed * Math.log(2 * Math.PI));
            RealMatrix gain = covariance.multiply(H.transpose());
            mean = mean.add(gain.operate(weighted));
            covariance = covariance.subtract(gain.multiply(factor.getSolver().solve(gain.transpose())));
        }

        RealMatrix block(int t, int s) {
            return covariance.getSubMatrix(t * K, t * K + K - 1, s * K, s * K + K - 1);
        }

        private static RealVector row(float[] rows, int t, int length) {
            RealVector out = new ArrayRealVector(length);
            for (int s = 0; s < length; s++) {
                out.setEntry(s, rows[t * length + s]);
            }
            return out;
        }

        private static RealMatrix transposed(float[] flat, int rows) {
            RealMatrix out = new Array2DRowRealMatrix(N, rows);
            for (int r = 0; r < rows; r++) {
                for (int i = 0; i < N; i++) {
                    out.setEntry(i, r, flat[r * N + i]);
                }
            }
            return out;
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "2, 0", "3, 0", "2, 4"})
    void shouldBeTheExactPosteriorOfALinearSystem(int K, int warmUp) {
        SplittableRandom random = new SplittableRandom(40 + K);
        StateSpaceModel p = linear(K, random);
        Trial trial = trial(random, warmUp);
        SmoothedTrial smoothed = new Smoother(KernelProvider.kernels(), N, K, S).smooth(p, trial);
        Dense dense = new Dense(p, trial, T);
        for (int t = 0; t <= T; t++) {
            for (int k = 0; k < K; k++) {
                // The filter's sums over neurons are in float, of terms up to a hundred.
                assertThat(smoothed.mean()[t * K + k]).as("mean, bin %d", t)
                        .isCloseTo(dense.mean.getEntry(t * K + k), within(1e-5));
                for (int l = 0; l < K; l++) {
                    assertThat(smoothed.covariance()[(t * K + k) * K + l]).as("covariance, bin %d", t)
                            .isCloseTo(dense.block(t, t).getEntry(k, l), within(1e-6));
                    if (t < T) {
                        assertThat(smoothed.lagOne()[(t * K + k) * K + l]).as("lag-one covariance, bin %d", t)
                                .isCloseTo(dense.block(t + 1, t).getEntry(k, l), within(1e-6));
                    }
                }
            }
        }
        double expected = dense.logLikelihood - (warmUp == 0 ? 0 : new Dense(p, trial, warmUp).logLikelihood);
        assertThat(smoothed.logLikelihood()).isCloseTo(expected, within(1e-3));
    }

    @ParameterizedTest
    @EnumSource(Observation.class)
    void shouldKeepEveryCovariancePositiveDefinite(Observation kind) {
        int K = 3;
        SplittableRandom random = new SplittableRandom(9);
        LowRankNetwork net = new LowRankNetwork(N, K, S, 0.2, gaussian(random, K * N, 1), gaussian(random, K * N, 3),
                gaussian(random, S * N, 0.5), gaussian(random, N, 0.3));
        float[] noise = new float[N];
        Arrays.fill(noise, 1e-4f);
        float[] gain = new float[N];
        Arrays.fill(gain, 1f);
        double[] q = {1e-7, 0, 0, 0, 0.1, 0, 0, 0, 1e-3};
        double[] certain = {1e-8, 0, 0, 0, 1e-8, 0, 0, 0, 1e-8};
        StateSpaceModel p = new StateSpaceModel(KernelModel.of(net, kind, gain, new float[N], noise), q, new double[K],
                certain, new double[]{1, 1, 1});
        Trial trial = trial(random, 0);
        if (kind == Observation.COUNTS) {
            for (int i = 0; i < trial.y().length; i++) {
                trial.y()[i] = Float.isNaN(trial.y()[i]) ? Float.NaN : random.nextInt(3);
            }
        }
        Smoother smoother = new Smoother(KernelProvider.kernels(), N, K, S);
        SmoothedTrial smoothed = smoother.smooth(p, trial);
        assertThat(smoother.divergences()).isZero();
        assertThat(smoothed.logLikelihood()).isFinite();
        for (int t = 0; t < T; t++) {
            RealMatrix both = new Array2DRowRealMatrix(2 * K, 2 * K);
            both.setSubMatrix(Smoother.matrix(smoothed.covariance(), t, K).getData(), 0, 0);
            both.setSubMatrix(Smoother.matrix(smoothed.covariance(), t + 1, K).getData(), K, K);
            RealMatrix cross = Smoother.matrix(smoothed.lagOne(), t, K);
            both.setSubMatrix(cross.getData(), K, 0);
            both.setSubMatrix(cross.transpose().getData(), 0, K);
            // Throws unless the joint covariance of two neighbouring states is positive definite.
            Smoother.factor(both);
        }
    }

    @Test
    void shouldFollowThePredictionWhereNothingIsObserved() {
        SplittableRandom random = new SplittableRandom(3);
        StateSpaceModel p = linear(2, random);
        Trial trial = trial(random, 0);
        Arrays.fill(trial.y(), Float.NaN);
        SmoothedTrial smoothed = new Smoother(KernelProvider.kernels(), N, 2, S).smooth(p, trial);
        Dense prior = new Dense(p, trial, 0);
        for (int i = 0; i < smoothed.mean().length; i++) {
            // As above.
            assertThat(smoothed.mean()[i]).isCloseTo(prior.mean.getEntry(i), within(1e-5));
        }
        assertThat(smoothed.logLikelihood()).isCloseTo(0, within(1e-9));
    }
}
