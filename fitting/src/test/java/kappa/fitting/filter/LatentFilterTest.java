package kappa.fitting.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.recording.Observation;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The filter against the same equations written with dense matrices in double precision, N-dimensional where the filter is
 * K-dimensional, and against posteriors that are known in closed form.
 */
class LatentFilterTest {

    private static final int N = 23;
    private static final int S = 2;
    private static final int BINS = 40;

    /** A random network and what was seen of it. */
    private record Problem(KernelModel model, double[] processNoise, float[] y, float[] v) {

        static Problem random(int K, Observation kind) {
            SplittableRandom random = new SplittableRandom(100 + K);
            LowRankNetwork net = new LowRankNetwork(N, K, S, 0.2, gaussian(random, K * N, 1),
                    gaussian(random, K * N, 1.5), gaussian(random, S * N, 0.5), gaussian(random, N, 0.3));
            float[] gain = new float[N];
            float[] noise = new float[N];
            for (int i = 0; i < N; i++) {
                gain[i] = (float) (0.5 + random.nextDouble());
                noise[i] = (float) (0.1 + random.nextDouble());
            }
            float[] offset = kind == Observation.COUNTS ? new float[N] : gaussian(random, N, 0.2);
            float[] y = gaussian(random, BINS * N, 0.7);
            for (int i = 0; i < y.length; i++) {
                if (kind == Observation.COUNTS) {
                    y[i] = random.nextInt(4);
                }
                if (random.nextInt(10) == 0) {
                    y[i] = Float.NaN;
                }
            }
            double[] q = new double[K * K];
            for (int k = 0; k < K; k++) {
                for (int l = 0; l < K; l++) {
                    q[k * K + l] = k == l ? 0.03 : 0.01;
                }
            }
            return new Problem(KernelModel.of(net, kind, gain, offset, noise), q, y,
                    gaussian(random, (BINS + 1) * S, 1));
        }

        private static float[] gaussian(SplittableRandom random, int length, double sd) {
            float[] out = new float[length];
            for (int i = 0; i < length; i++) {
                out[i] = (float) (sd * random.nextGaussian());
            }
            return out;
        }
    }

    /** science.md, section 3, word for word. */
    private static final class DenseFilter {
        final LowRankNetwork net;
        final KernelModel model;
        final int K;
        final RealMatrix m;
        final RealMatrix n;
        final RealMatrix w;
        RealVector kappa;
        RealMatrix P;

        DenseFilter(KernelModel model, double variance) {
            this.model = model;
            net = model.network();
            K = net.rank();
            m = columns(net.m(), K);
            n = columns(net.n(), K);
            w = columns(net.w(), S);
            kappa = new ArrayRealVector(K);
            P = MatrixUtils.createRealIdentityMatrix(K).scalarMultiply(variance);
        }

        /** [N,rows] of an array [rows,N]. */
        private static RealMatrix columns(float[] flat, int rows) {
            RealMatrix out = new Array2DRowRealMatrix(N, rows);
            for (int r = 0; r < rows; r++) {
                for (int i = 0; i < N; i++) {
                    out.setEntry(i, r, flat[r * N + i]);
                }
            }
            return out;
        }

        private RealVector current(float[] v, int t) {
            RealVector inputs = new ArrayRealVector(S);
            for (int s = 0; s < S; s++) {
                inputs.setEntry(s, v[t * S + s]);
            }
            return m.operate(kappa).add(w.operate(inputs));
        }

        void predict(float[] v, int t, double[] q) {
            RealVector x = current(v, t);
            RealVector r = new ArrayRealVector(N);
            RealMatrix slope = new Array2DRowRealMatrix(N, N);
            for (int i = 0; i < N; i++) {
                double rate = Math.tanh(x.getEntry(i) + net.b()[i]);
                r.setEntry(i, rate);
                slope.setEntry(i, i, 1 - rate * rate);
            }
            double alpha = net.alpha();
            RealMatrix F = MatrixUtils.createRealIdentityMatrix(K).scalarMultiply(1 - alpha)
                    .add(n.transpose().multiply(slope).multiply(m).scalarMultiply(alpha / N));
            kappa = kappa.mapMultiply(1 - alpha).add(n.transpose().operate(r).mapMultiply(alpha / N));
            P = F.multiply(P).multiply(F.transpose());
            for (int k = 0; k < K; k++) {
                for (int l = 0; l < K; l++) {
                    P.addToEntry(k, l, q[k * K + l]);
                }
            }
        }

        void update(float[] y, int yOffset, float[] v, int t) {
            RealVector prior = kappa;
            RealMatrix priorInverse = MatrixUtils.inverse(P);
            for (int pass = 0; pass < 2; pass++) {
                RealVector x = current(v, t);
                RealVector score = new ArrayRealVector(N);
                RealMatrix info = new Array2DRowRealMatrix(N, N);
                for (int i = 0; i < N; i++) {
                    if (Float.isNaN(y[yOffset + i])) {
                        continue;
                    }
                    double observed = y[yOffset + i];
                    double g = model.gain()[i];
                    double c = model.offset()[i];
                    double rho = model.noise()[i];
                    double r = Math.tanh(x.getEntry(i) + net.b()[i]);
                    switch (model.kind()) {
                        case COUNTS -> {
                            score.setEntry(i, (observed - g * (1 + r)) * (1 - r));
                            info.setEntry(i, i, g * (1 - r) * (1 - r) * (1 + r));
                        }
                        case RATES -> {
                            score.setEntry(i, g * (1 - r * r) * (observed - g * r - c) / rho);
                            info.setEntry(i, i, g * g * (1 - r * r) * (1 - r * r) / rho);
                        }
                        case CURRENTS -> {
                            score.setEntry(i, g * (observed - g * x.getEntry(i) - c) / rho);
                            info.setEntry(i, i, g * g / rho);
                        }
                    }
                }
                P = MatrixUtils.inverse(priorInverse.add(m.transpose().multiply(info).multiply(m)));
                kappa = kappa.add(P.operate(m.transpose().operate(score)
                        .subtract(priorInverse.operate(kappa.subtract(prior)))));
            }
        }
    }

    static Stream<Arguments> ranksAndObservations() {
        return Stream.of(1, 2, 3)
                .flatMap(rank -> Stream.of(Observation.values()).map(kind -> Arguments.of(rank, kind)));
    }

    @ParameterizedTest
    @MethodSource("ranksAndObservations")
    void shouldAgreeWithTheDenseFilterAtEveryBin(int K, Observation kind) {
        Problem p = Problem.random(K, kind);
        LatentFilter filter = new LatentFilter(KernelProvider.kernels(), N, K, S);
        filter.reset(0.5);
        filter.setInputs(p.v, 0);
        DenseFilter dense = new DenseFilter(p.model, 0.5);
        for (int t = 1; t <= BINS; t++) {
            filter.predict(p.model, p.processNoise);
            filter.setInputs(p.v, t * S);
            dense.predict(p.v, t - 1, p.processNoise);
            same(filter, dense, K, "predicted, bin " + t);
            filter.update(p.model, p.y, (t - 1) * N);
            dense.update(p.y, (t - 1) * N, p.v, t);
            same(filter, dense, K, "updated, bin " + t);
        }
        assertThat(filter.divergences()).isZero();
    }

    private static void same(LatentFilter filter, DenseFilter dense, int K, String when) {
        for (int k = 0; k < K; k++) {
            // Sums over neurons in float: 1e-6 of terms of order ten, times the posterior variance, over two passes.
            assertThat(filter.kappa()[k]).as("kappa, " + when).isCloseTo(dense.kappa.getEntry(k), within(2e-5));
            for (int l = 0; l < K; l++) {
                assertThat(filter.covariance()[k * K + l]).as("covariance, " + when)
                        .isCloseTo(dense.P.getEntry(k, l), within(1e-6));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ranksAndObservations")
    void shouldKeepTheCovarianceSymmetricAndPositive(int K, Observation kind) {
        Problem p = Problem.random(K, kind);
        LatentFilter filter = new LatentFilter(KernelProvider.kernels(), N, K, S);
        filter.setInputs(p.v, 0);
        double[] inverse = new double[K * K];
        for (int t = 1; t <= BINS; t++) {
            filter.predict(p.model, p.processNoise);
            filter.setInputs(p.v, t * S);
            filter.update(p.model, p.y, (t - 1) * N);
            assertThat(SmallMatrix.invert(filter.covariance(), inverse, new double[K * K], K)).isTrue();
            for (int k = 0; k < K; k++) {
                for (int l = 0; l < k; l++) {
                    // Double precision.
                    assertThat(filter.covariance()[k * K + l]).isCloseTo(filter.covariance()[l * K + k],
                            within(1e-12));
                }
            }
        }
    }

    /** y = g x + c + noise is linear in kappa: the update is exact, whatever N, by the textbook's gain form in N dimensions. */
    @ParameterizedTest
    @MethodSource("ranks")
    void shouldBeTheExactPosteriorForCurrents(int K) {
        Problem p = Problem.random(K, Observation.CURRENTS);
        LatentFilter filter = new LatentFilter(KernelProvider.kernels(), N, K, S);
        double[] mean = new double[K];
        RealMatrix prior = new Array2DRowRealMatrix(K, K);
        for (int k = 0; k < K; k++) {
            mean[k] = 0.3 - 0.2 * k;
            for (int l = 0; l < K; l++) {
                prior.setEntry(k, l, k == l ? 0.8 : 0.3);
            }
        }
        double[] flat = new double[K * K];
        for (int k = 0; k < K; k++) {
            System.arraycopy(prior.getRow(k), 0, flat, k * K, K);
        }
        filter.restore(mean, flat, new float[S]);
        filter.setInputs(p.v, S);

        // Gain form: K = P H' (H P H' + R)^-1 over the observed neurons.
        int observed = 0;
        for (int i = 0; i < N; i++) {
            observed += Float.isNaN(p.y[i]) ? 0 : 1;
        }
        RealMatrix H = new Array2DRowRealMatrix(observed, K);
        RealMatrix R = new Array2DRowRealMatrix(observed, observed);
        RealVector residual = new ArrayRealVector(observed);
        LowRankNetwork net = p.model.network();
        int row = 0;
        for (int i = 0; i < N; i++) {
            if (Float.isNaN(p.y[i])) {
                continue;
            }
            double x = 0;
            for (int k = 0; k < K; k++) {
                H.setEntry(row, k, p.model.gain()[i] * net.m()[k * N + i]);
                x += net.m()[k * N + i] * mean[k];
            }
            for (int s = 0; s < S; s++) {
                x += net.w()[s * N + i] * p.v[S + s];
            }
            R.setEntry(row, row, p.model.noise()[i]);
            residual.setEntry(row++, p.y[i] - p.model.gain()[i] * x - p.model.offset()[i]);
        }
        RealMatrix gain = prior.multiply(H.transpose())
                .multiply(MatrixUtils.inverse(H.multiply(prior).multiply(H.transpose()).add(R)));
        RealVector expected = new ArrayRealVector(mean).add(gain.operate(residual));
        RealMatrix covariance = prior.subtract(gain.multiply(H).multiply(prior));

        filter.update(p.model, p.y, 0);
        for (int k = 0; k < K; k++) {
            // As above: float sums over neurons.
            assertThat(filter.kappa()[k]).isCloseTo(expected.getEntry(k), within(2e-5));
            for (int l = 0; l < K; l++) {
                assertThat(filter.covariance()[k * K + l]).isCloseTo(covariance.getEntry(k, l), within(1e-6));
            }
        }
    }

    static Stream<Integer> ranks() {
        return Stream.of(1, 2, 3);
    }

    /** One neuron, K = 1: the mode of the posterior on a grid, and Laplace's variance at it, up to the number of passes. */
    @Test
    void shouldFindTheModeOfThePosteriorOfCounts() {
        LowRankNetwork net = LowRankNetwork.withoutBias(1, 1, 0, 0.2, new float[]{0.8f}, new float[]{1}, new float[0]);
        KernelModel model = KernelModel.of(net, Observation.COUNTS, new float[]{2}, new float[1], new float[]{1});
        LatentFilter filter = new LatentFilter(KernelProvider.kernels(), 1, 1, 0);
        filter.restore(new double[]{0.1}, new double[]{0.05}, new float[0]);
        filter.update(model, new float[]{4}, 0);
        double best = 0;
        double bestLog = Double.NEGATIVE_INFINITY;
        for (double kappa = -2; kappa < 2; kappa += 1e-5) {
            double mean = 2 * (1 + Math.tanh(0.8 * kappa));
            double log = 4 * Math.log(mean) - mean - (kappa - 0.1) * (kappa - 0.1) / (2 * 0.05);
            if (log > bestLog) {
                bestLog = log;
                best = kappa;
            }
        }
        // Two Fisher steps from the prior leave an error of second order in a step of 0.07.
        assertThat(filter.kappa()[0]).isCloseTo(best, within(2e-4));
        double r = Math.tanh(0.8 * best);
        double variance = 1 / (1 / 0.05 + 0.64 * 2 * (1 - r) * (1 - r) * (1 + r));
        // The information is taken before the last step.
        assertThat(filter.covariance()[0]).isCloseTo(variance, within(2e-4));
    }

    @Test
    void shouldLeaveThePredictionAloneWhereNothingWasObserved() {
        Problem p = Problem.random(2, Observation.COUNTS);
        LatentFilter filter = new LatentFilter(KernelProvider.kernels(), N, 2, S);
        filter.reset(0.4);
        filter.predict(p.model, p.processNoise);
        double[] kappa = filter.kappa().clone();
        double[] covariance = filter.covariance().clone();
        float[] nothing = new float[N];
        Arrays.fill(nothing, Float.NaN);
        filter.update(p.model, nothing, 0);
        for (int i = 0; i < 4; i++) {
            // Inverted twice.
            assertThat(filter.covariance()[i]).isCloseTo(covariance[i], within(1e-12));
        }
        assertThat(filter.kappa()).containsExactly(kappa);
    }

    @Test
    void shouldFollowTheTruthOfTheNetworkItKnowsAndSayHowFarItMayBeOff() {
        int K = 2;
        Problem p = Problem.random(K, Observation.CURRENTS);
        LowRankNetwork net = p.model.network();
        SplittableRandom random = new SplittableRandom(77);
        double sd = 0.1;
        double[] q = {sd * sd, 0, 0, sd * sd};
        LatentFilter filter = new LatentFilter(KernelProvider.kernels(), N, K, S);
        double[] truth = new double[K];
        float[] v = new float[S];
        float[] y = new float[N];
        double distance = 0;
        int bins = 2_000;
        for (int t = 0; t < bins; t++) {
            double[] next = new double[K];
            for (int i = 0; i < N; i++) {
                double x = net.m()[i] * truth[0] + net.m()[N + i] * truth[1];
                double r = Math.tanh(x + net.b()[i]);
                for (int k = 0; k < K; k++) {
                    next[k] += net.alpha() / N * net.n()[k * N + i] * r;
                }
            }
            for (int k = 0; k < K; k++) {
                truth[k] = (1 - net.alpha()) * truth[k] + next[k] + sd * random.nextGaussian();
            }
            for (int i = 0; i < N; i++) {
                double x = net.m()[i] * truth[0] + net.m()[N + i] * truth[1];
                y[i] = (float) (p.model.gain()[i] * x + p.model.offset()[i]
                        + Math.sqrt(p.model.noise()[i]) * random.nextGaussian());
            }
            filter.predict(p.model, q);
            filter.setInputs(v, 0);
            filter.update(p.model, y, 0);
            double[] inverse = new double[K * K];
            SmallMatrix.invert(filter.covariance(), inverse, new double[K * K], K);
            for (int k = 0; k < K; k++) {
                for (int l = 0; l < K; l++) {
                    distance += (truth[k] - filter.kappa()[k]) * inverse[k * K + l] * (truth[l] - filter.kappa()[l]);
                }
            }
        }
        // Squared distances in units of the covariance are chi-square with K = 2 degrees of freedom: mean 2. The mean of 2,000
        // has a standard deviation of 0.045; neighbouring bins go together, which doubles it.
        assertThat(distance / bins).isCloseTo(2, within(0.3));
    }

    @Test
    void shouldSkipAnUpdateThatIsNotFinite() {
        Problem p = Problem.random(2, Observation.CURRENTS);
        LatentFilter filter = new LatentFilter(KernelProvider.kernels(), N, 2, S);
        filter.reset(0.4);
        float[] infinite = new float[N];
        infinite[3] = Float.POSITIVE_INFINITY;
        filter.update(p.model, infinite, 0);
        assertThat(filter.divergences()).isEqualTo(1);
        assertThat(filter.kappa()).containsExactly(0, 0);
        assertThat(filter.covariance()).containsExactly(0.4, 0, 0, 0.4);
    }

    /** Two neurons that the model holds silent spike: the score pulls kappa towards them, and does not say how far. */
    @ParameterizedTest
    @EnumSource(value = Observation.class, names = {"COUNTS", "RATES"})
    void shouldMoveKappaByABoundedStepWherePhiIsFlat(Observation kind) {
        float[] gain = {0.4f, 0.4f};
        KernelModel model = KernelModel.of(
                LowRankNetwork.withoutBias(2, 1, 0, 0.2, new float[]{1, 1}, new float[]{2, 2}, new float[0]), kind,
                gain,
                new float[2], new float[]{0.01f, 0.01f});
        LatentFilter filter = new LatentFilter(KernelProvider.kernels(), 2, 1, 0);
        filter.reset(new double[]{-6}, new double[]{400});
        filter.update(model, new float[]{1, 1}, 0);
        assertThat(filter.kappa()[0]).as("after two passes of at most 2").isBetween(-6.0, -2.0);
        assertThat(filter.covariance()[0]).isPositive();
    }
}
