package kappa.fitting.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.recording.Observation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RnnKernelsTest {

    private static final int BINS = 7;
    private static final long SEED = 20221;

    private final RnnKernels scalar = new ScalarKernels();
    private final RnnKernels vector = new VectorKernels();

    static Stream<Arguments> sizes() {
        return Stream.of(1, 2, 15, 16, 17, 63, 64, 65, 127, 512, 1000, 4098).flatMap(
                n -> Stream.of(Observation.values()).map(kind -> Arguments.of(n, 1 + n % 3, n % 4, kind)));
    }

    /** One random problem: model, activity with a few neurons unobserved, filtered inputs. */
    private record Problem(KernelModel model, float[] y, float[] v) {
        static Problem random(int N, int K, int S, Observation kind) {
            Random random = new Random(SEED + N);
            LowRankNetwork net = new LowRankNetwork(N, K, S, 0.2, gaussian(random, K * N, 1),
                    gaussian(random, K * N, 1),
                    gaussian(random, S * N, 0.5), gaussian(random, N, 0.3));
            float[] gain = new float[N];
            float[] noise = new float[N];
            for (int i = 0; i < N; i++) {
                gain[i] = 0.5f + random.nextFloat();
                noise[i] = 0.1f + random.nextFloat();
            }
            float[] y = gaussian(random, BINS * N, 0.5);
            for (int i = 0; i < y.length; i++) {
                if (kind == Observation.COUNTS) {
                    y[i] = random.nextInt(4);
                }
                if (random.nextInt(20) == 0) {
                    y[i] = Float.NaN;
                }
            }
            KernelModel model = KernelModel.of(net, kind, gain,
                    kind == Observation.COUNTS ? new float[N] : gaussian(random, N, 0.1), noise);
            return new Problem(model, y, gaussian(random, (BINS + 1) * S, 1));
        }

        private static float[] gaussian(Random random, int length, double sd) {
            float[] a = new float[length];
            for (int i = 0; i < length; i++) {
                a[i] = (float) (sd * random.nextGaussian());
            }
            return a;
        }

        int rank() {
            return model.network().rank();
        }

        float[] start() {
            float[] kappa = new float[rank()];
            for (int k = 0; k < rank(); k++) {
                kappa[k] = 0.3f - 0.2f * k;
            }
            return kappa;
        }

        Gradient gradient(RnnKernels kernels) {
            LowRankNetwork net = model.network();
            BatchGradient batch = new BatchGradient(kernels, net.neurons(), net.rank(), net.inputs(), 1, BINS,
                    Team.ALONE);
            batch.add(y, 0, v, 0, BINS, start(), 0, 1f);
            return batch.take(new PackedModel(net.neurons(), net.rank(), net.inputs()).pack(model));
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void vectorKernelsShouldMatchTheScalarReferenceAtEveryLength(int N, int K, int S, Observation kind) {
        Problem p = Problem.random(N, K, S, kind);
        // A float sum of N terms of order one errs by about sqrt(N) times 1e-7 of its terms, and phi by 4e-7 each.
        double tolerance = 4e-6 * Math.sqrt(N) + 4e-6;

        float[] scratch = new float[RnnKernels.SCRATCH];
        float[] kappaScalar = new float[(BINS + 1) * K];
        Arrays.fill(kappaScalar, 0, K, 0.4f);
        float[] kappaVector = kappaScalar.clone();
        scalar.rollout(p.model, p.v, 0, BINS, kappaScalar, 0, scratch);
        vector.rollout(p.model, p.v, 0, BINS, kappaVector, 0, scratch);
        assertThat(kappaVector).usingComparatorWithPrecision(2e-6f).containsExactly(kappaScalar);

        double[] drive = new double[K];
        double[] slope = new double[K * K];
        double[] drive2 = new double[K];
        double[] slope2 = new double[K * K];
        scalar.recurrent(p.model, kappaScalar, p.v, 0, drive, slope, scratch);
        vector.recurrent(p.model, kappaScalar, p.v, 0, drive2, slope2, scratch);
        close(drive2, drive, 2e-6);
        close(slope2, slope, 2e-6);
        scalar.observe(p.model, p.y, N, kappaScalar, p.v, 0, drive, slope, scratch);
        vector.observe(p.model, p.y, N, kappaScalar, p.v, 0, drive2, slope2, scratch);
        // Divided by the smallest noise variance, 0.1.
        close(drive2, drive, 10 * tolerance);
        close(slope2, slope, 10 * tolerance);

        assertThat(vector.loss(p.model, p.y, N, kappaScalar, K, p.v, S, scratch))
                .isCloseTo(scalar.loss(p.model, p.y, N, kappaScalar, K, p.v, S, scratch), within(4 * tolerance));

        float[] rates = new float[N];
        float[] rates2 = new float[N];
        scalar.rates(p.model, kappaScalar, p.v, 0, rates, scratch);
        vector.rates(p.model, kappaScalar, p.v, 0, rates2, scratch);
        assertThat(rates2).usingComparatorWithPrecision(2e-6f).containsExactly(rates);

        double[] squares = new double[N];
        double[] squares2 = new double[N];
        double[] observed = new double[N];
        double[] observed2 = new double[N];
        scalar.squaredErrors(p.model, p.y, N, kappaScalar, K, p.v, S, squares, observed, scratch);
        vector.squaredErrors(p.model, p.y, N, kappaScalar, K, p.v, S, squares2, observed2, scratch);
        close(squares2, squares, 4e-5);
        assertThat(observed2).containsExactly(observed);
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void observingAndScoringAtOnceShouldBeBothToTheLastBit(int N, int K, int S, Observation kind) {
        Problem p = Problem.random(N, K, S, kind);
        float[] scratch = new float[RnnKernels.SCRATCH];
        float[] kappa = new float[K];
        Arrays.fill(kappa, 0.4f);
        double[] score = new double[K];
        double[] info = new double[K * K];
        double[] score2 = new double[K];
        double[] info2 = new double[K * K];
        vector.observe(p.model, p.y, N, kappa, p.v, 0, score, info, scratch);
        double loss = vector.loss(p.model, p.y, N, kappa, 0, p.v, 0, scratch);
        assertThat(vector.observeAndScore(p.model, p.y, N, kappa, p.v, 0, score2, info2, scratch)).isEqualTo(loss);
        assertThat(score2).containsExactly(score);
        assertThat(info2).containsExactly(info);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 15, 16, 17, 71, 512, 513, 1030})
    void trackedGainsShouldMatchTheScalarReferenceAtEveryLength(int N) {
        Random random = new Random(SEED);
        float[] scratch = new float[RnnKernels.SCRATCH];
        float[][] sums = new float[6][N];
        Arrays.fill(sums[2], 1);
        Arrays.fill(sums[5], 1);
        for (int t = 0; t < 50; t++) {
            float[] y = new float[N + 1];
            float[] rate = new float[N];
            for (int i = 0; i < N; i++) {
                y[1 + i] = random.nextInt(10) == 0 ? Float.NaN : random.nextInt(1 + i % 5);
                rate[i] = 3 * random.nextFloat();
            }
            double expected = scalar.followGains(y, 1, rate, 0.97f, 10f, sums[0], sums[1], sums[2], scratch);
            double change = vector.followGains(y, 1, rate, 0.97f, 10f, sums[3], sums[4], sums[5], scratch);
            // A float sum of N terms of order one.
            assertThat(change).isCloseTo(expected, within(1e-6 * N + 1e-6));
        }
        for (int j = 0; j < 3; j++) {
            // Each bin rounds once more, and is forgotten with the rest.
            assertThat(sums[3 + j]).usingComparatorWithPrecision(2e-5f).containsExactly(sums[j]);
        }
    }

    @ParameterizedTest
    @EnumSource(Observation.class)
    void theGradientShouldAgreeWithCentralDifferences(Observation kind) {
        Problem p = Problem.random(9, 2, 3, kind);
        LowRankNetwork net = p.model.network();
        Gradient g = p.gradient(scalar);
        check(p, net.m(), g.m());
        check(p, net.n(), g.n());
        check(p, net.w(), g.w());
        if (kind == Observation.COUNTS) {
            check(p, p.model.gain(), g.gain());
        } else if (kind == Observation.CURRENTS) {
            check(p, p.model.offset(), g.offset());
        }
    }

    /** Steps are powers of two, so that a float parameter moves by exactly h; the loss is computed in double. */
    private void check(Problem p, float[] parameter, float[] gradient) {
        for (int i = 0; i < parameter.length; i++) {
            float kept = parameter[i];
            float h = 0x1p-9f;
            float up = kept + h;
            float down = kept - h;
            parameter[i] = up;
            double above = loss(p);
            parameter[i] = down;
            double below = loss(p);
            parameter[i] = kept;
            // Curvature contributes h^2, about 4e-6; kappa is rounded to float each bin, which adds 1e-7 / h.
            assertThat((above - below) / ((double) up - down)).as("element %d", i).isCloseTo(gradient[i], within(5e-4));
        }
    }

    private double loss(Problem p) {
        p.model.map().gainsChanged();
        int N = p.model.network().neurons();
        int K = p.rank();
        int S = p.model.network().inputs();
        float[] kappa = Arrays.copyOf(p.start(), (BINS + 1) * K);
        scalar.rollout(p.model, p.v, 0, BINS, kappa, 0, new float[RnnKernels.SCRATCH]);
        double sum = 0;
        for (int t = 0; t < BINS; t++) {
            double bin = scalar.loss(p.model, p.y, t * N, kappa, (t + 1) * K, p.v, (t + 1) * S,
                    new float[RnnKernels.SCRATCH]);
            sum += p.model.kind() == Observation.COUNTS ? bin : bin / 2;
        }
        return sum;
    }

    @Test
    void phiShouldBeTanhToFourTenMillionths() {
        double worst = 0;
        for (float x = -12; x <= 12; x += 1e-4f) {
            worst = Math.max(worst, Math.abs(VectorKernels.phi(x) - Math.tanh(x)));
        }
        // 2e-8 of approximation and a few roundings of a float near 1.
        assertThat(worst).isLessThan(4e-7);
        for (float x : new float[]{7.9f, 8, 50, Float.POSITIVE_INFINITY}) {
            assertThat(VectorKernels.phi(x)).isBetween(1 - 4e-7f, 1f).isEqualTo(-VectorKernels.phi(-x));
        }
    }

    private static void close(double[] actual, double[] expected, double tolerance) {
        assertThat(actual).usingComparatorWithPrecision(tolerance).containsExactly(expected);
    }
}
