package kappa.fitting.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Start;
import kappa.ingest.recording.Observation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sessions whose kappa is known: the network moves kappa, and an error is added that the filter's model does not know. Neurons,
 * trials and bins are those of a short session.
 */
class ModelErrorTest {

    private static final int N = 100;
    private static final int BINS = 60;
    private static final double ALPHA = 0.2;
    /** Half of the normal distribution's 90 % interval, in standard deviations. */
    private static final double NINETY = 1.645;

    /** A network with an attractor on each side of the origin along each dimension. */
    private static KernelModel model(int K) {
        Random random = new Random(5);
        float[] m = new float[K * N];
        float[] n = new float[K * N];
        for (int i = 0; i < m.length; i++) {
            m[i] = (float) random.nextGaussian();
            int dimension = i / N;
            n[i] = (float) ((1.6 + 0.2 * dimension) * m[i]);
        }
        float[] gain = new float[N];
        Arrays.fill(gain, 0.4f);
        return KernelModel.of(LowRankNetwork.withoutBias(N, K, 0, ALPHA, m, n, new float[0]), Observation.COUNTS, gain,
                new float[N], new float[N]);
    }

    /** What is known of a session after its last trial, and how often intervals held the true kappa in its second half. */
    private record Seen(double[] drift, double xi, double published, double filterAlone) {}

    /**
     * @param drift standard deviation of delta
     * @param noise standard deviation of epsilon
     */
    private static Seen session(int K, int trials, double drift, double noise, long seed) {
        KernelModel model = model(K);
        double[] std = new double[K];
        Arrays.fill(std, 1);
        double[] start = new double[K];
        Arrays.fill(start, 0.3);
        double[] q = new double[K * K];
        for (int k = 0; k < K; k++) {
            q[k * K + k] = 1e-5;
        }
        LatentPath path = new LatentPath(KernelProvider.kernels(),
                new FitPlan(N, K, 0, ALPHA, Observation.COUNTS, 1, 1, FitPlan.DEFAULT_BUFFER_BYTES),
                new PublishedModel(1, model, q, std, start, PublishedModel.certainStart(K), 0, 0));
        Random random = new Random(seed);
        float[] m = model.network().m();
        float[] n = model.network().n();
        float[] y = new float[N];
        long bins = 0;
        long published = 0;
        long filterAlone = 0;
        for (int trial = 0; trial < trials; trial++) {
            path.start(Start.TRIAL);
            double[] kappa = start.clone();
            double[] delta = new double[K];
            for (int k = 0; k < K; k++) {
                delta[k] = drift * random.nextGaussian();
            }
            for (int t = 0; t < BINS; t++) {
                double psi = 0;
                for (double value : kappa) {
                    psi += value * value / K;
                }
                psi = Math.sqrt(psi);
                double[] next = new double[K];
                for (int k = 0; k < K; k++) {
                    next[k] = (1 - ALPHA) * kappa[k] + psi * delta[k]
                            + Math.sqrt(q[k * K + k] + noise * noise) * random.nextGaussian();
                    for (int i = 0; i < N; i++) {
                        next[k] += ALPHA / N * n[k * N + i] * Math.tanh(current(m, kappa, i));
                    }
                }
                kappa = next;
                for (int i = 0; i < N; i++) {
                    y[i] = poisson(0.4 * (1 + Math.tanh(current(m, kappa, i))), random);
                }
                path.bin(y, 0, new float[0], 0);
                if (trial >= trials / 2) {
                    double[] whole = path.covariance();
                    for (int k = 0; k < K; k++) {
                        double error = Math.abs(path.filter().kappa()[k] - kappa[k]);
                        bins++;
                        published += error < NINETY * Math.sqrt(whole[k * K + k]) ? 1 : 0;
                        filterAlone += error < NINETY * Math.sqrt(path.filter().covariance()[k * K + k]) ? 1 : 0;
                    }
                }
            }
            path.endTrial();
        }
        double[] saved = path.modelErrorSums();
        int unknowns = K * K + 1;
        int at = unknowns + unknowns * unknowns;
        return new Seen(Arrays.copyOfRange(saved, at + 2, at + 2 + K * K), saved[at + 1], (double) published / bins,
                (double) filterAlone / bins);
    }

    private static double current(float[] m, double[] kappa, int i) {
        double x = 0;
        for (int k = 0; k < kappa.length; k++) {
            x += m[k * N + i] * kappa[k];
        }
        return x;
    }

    private static int poisson(double mean, Random random) {
        double left = Math.exp(-mean);
        int count = 0;
        for (double product = random.nextDouble(); product > left; product *= random.nextDouble()) {
            count++;
        }
        return count;
    }

    /** After 150 trials of 100 neurons the size of the error is known to about a third. */
    @ParameterizedTest
    @CsvSource({"1, 0.01, 0", "2, 0.01, 0", "1, 0, 0.03", "2, 0, 0.03"})
    void shouldCoverTheErrorOfAModelWhoseDynamicsAreWrong(int K, double drift, double noise) {
        Seen seen = session(K, 150, drift, noise, 11);
        assertThat(seen.filterAlone()).as("of the filter's own covariance").isLessThan(0.8);
        assertThat(seen.published()).as("of the published covariance").isBetween(0.85, 0.99);
        if (drift > 0) {
            for (int k = 0; k < K; k++) {
                assertThat(Math.sqrt(seen.drift()[k * K + k])).as("standard deviation of delta").isBetween(0.7 * drift,
                        1.6 * drift);
            }
        } else {
            assertThat(Math.sqrt(seen.xi())).as("standard deviation of epsilon").isBetween(0.6 * noise, 1.5 * noise);
        }
    }

    /** What is left is half a standard error: an error of that size could not be seen. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldFindLittleErrorIfTheModelIsRight(int K) {
        Seen seen = session(K, 150, 0, 0, 12);
        assertThat(seen.filterAlone()).isBetween(0.87, 0.95);
        assertThat(Math.sqrt(seen.drift()[0])).as("standard deviation of delta").isLessThan(0.004);
        assertThat(Math.sqrt(seen.xi())).as("standard deviation of epsilon").isLessThan(0.009);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    void shouldGoOnFromACheckpointAsIfNothingHadHappened(int K) {
        KernelModel model = model(K);
        double[] std = new double[K];
        Arrays.fill(std, 1);
        PublishedModel published = new PublishedModel(1, model, PublishedModel.certainStart(K), std, new double[K],
                PublishedModel.certainStart(K), 0, 0);
        FitPlan plan = new FitPlan(N, K, 0, ALPHA, Observation.COUNTS, 1, 1, FitPlan.DEFAULT_BUFFER_BYTES);
        LatentPath first = new LatentPath(KernelProvider.kernels(), plan, published);
        LatentPath second = new LatentPath(KernelProvider.kernels(), plan, published);
        Random random = new Random(3);
        first.start(Start.UNKNOWN);
        for (int t = 0; t < 3 * BINS; t++) {
            float[] y = new float[N];
            for (int i = 0; i < N; i++) {
                y[i] = random.nextInt(3);
            }
            first.bin(y, 0, new float[0], 0);
            if (t == BINS) {
                first.endTrial();
                second.filter().restore(first.filter().kappa(), first.filter().covariance(), new float[0]);
                second.restoreModelError(first.modelErrorSums());
            } else if (t > BINS) {
                second.bin(y, 0, new float[0], 0);
            }
        }
        assertThat(second.covariance()).containsExactly(first.covariance());
        assertThat(first.covariance()[0]).isGreaterThan(first.filter().covariance()[0]);
    }

    @Test
    void shouldGoOnAfterAFilterThatHasLeftAllBounds() {
        KernelModel model = model(1);
        LatentPath path = new LatentPath(KernelProvider.kernels(),
                new FitPlan(N, 1, 0, ALPHA, Observation.COUNTS, 1, 1, FitPlan.DEFAULT_BUFFER_BYTES),
                new PublishedModel(1, model, PublishedModel.certainStart(1), new double[]{1}, new double[1],
                        PublishedModel.certainStart(1), 0, 0));
        path.start(Start.TRIAL);
        float[] y = new float[N];
        path.filter().restore(new double[]{Double.NaN}, new double[]{Double.NaN}, new float[0]);
        path.bin(y, 0, new float[0], 0);
        path.endTrial();
        path.start(Start.TRIAL);
        path.bin(y, 0, new float[0], 0);
        path.endTrial();
        assertThat(path.covariance()[0]).isFinite().isPositive();
        assertThat(path.modelErrorSums()).doesNotContain(Double.NaN);
    }
}
