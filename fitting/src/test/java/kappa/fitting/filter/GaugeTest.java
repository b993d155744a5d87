package kappa.fitting.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GaugeTest {

    private static final int N = 200;

    private static float[] gaussian(SplittableRandom random, int length, double sd) {
        float[] out = new float[length];
        for (int i = 0; i < length; i++) {
            out[i] = (float) (sd * random.nextGaussian());
        }
        return out;
    }

    /** sum_k m_ik n_jk. */
    private static double product(float[] m, float[] n, int i, int j, int K) {
        double sum = 0;
        for (int k = 0; k < K; k++) {
            sum += (double) m[k * N + i] * n[k * N + j];
        }
        return sum;
    }

    private static double dot(float[] a, int k, float[] b, int l) {
        double sum = 0;
        for (int i = 0; i < N; i++) {
            sum += (double) a[k * N + i] * b[l * N + i];
        }
        return sum;
    }

    private static void sameConnectivity(float[] m, float[] n, float[] m2, float[] n2, int K) {
        for (int i = 0; i < N; i += 7) {
            for (int j = 0; j < N; j += 5) {
                // Entries are of order one; both factors are rounded to float once more, and the ridge is 1e-10.
                assertThat(product(m2, n2, i, j, K)).isCloseTo(product(m, n, i, j, K), within(2e-5));
            }
        }
    }

    private static void orthonormal(float[] m, int K) {
        for (int k = 0; k < K; k++) {
            for (int l = 0; l < K; l++) {
                // Rounding of m to float.
                assertThat(dot(m, k, m, l) / N).as("m_%d' m_%d / N", k, l).isCloseTo(k == l ? 1 : 0, within(1e-6));
            }
        }
    }

    /** Rows of out: out_k = sum_l a_kl rows_l. */
    private static float[] combine(double[] a, float[] rows, int K) {
        float[] out = new float[rows.length];
        for (int k = 0; k < K; k++) {
            for (int i = 0; i < N; i++) {
                double sum = 0;
                for (int l = 0; l < K; l++) {
                    sum += a[k * K + l] * rows[l * N + i];
                }
                out[k * N + i] = (float) sum;
            }
        }
        return out;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void shouldKeepTheConnectivityAndMakeMOrthonormal(int K) {
        SplittableRandom random = new SplittableRandom(K);
        float[] m = gaussian(random, K * N, 1);
        float[] n = gaussian(random, K * N, 0.7);
        Gauge gauge = Gauge.canonical(m, n, N, K, null);
        sameConnectivity(m, n, gauge.m(), gauge.n(), K);
        orthonormal(gauge.m(), K);
        for (int k = 0; k < K; k++) {
            for (int l = 0; l < k; l++) {
                // Without a snapshot before it, the singular vectors: n's rows are orthogonal too, and fall in size.
                assertThat(dot(gauge.n(), k, gauge.n(), l) / N).isCloseTo(0, within(1e-6));
                assertThat(dot(gauge.n(), k, gauge.n(), k)).isLessThanOrEqualTo(dot(gauge.n(), l, gauge.n(), l));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldMoveKappaSoThatTheCurrentsStayTheSame(int K) {
        SplittableRandom random = new SplittableRandom(40 + K);
        float[] m = gaussian(random, K * N, 1);
        Gauge gauge = Gauge.canonical(m, gaussian(random, K * N, 1), N, K, gaussian(random, K * N, 1));
        double[] kappa = new double[K];
        for (int k = 0; k < K; k++) {
            kappa[k] = random.nextGaussian();
        }
        double[] moved = new double[K];
        SmallMatrix.apply(gauge.toCanonical(), kappa, moved, K);
        for (int i = 0; i < N; i++) {
            double before = 0;
            double after = 0;
            for (int k = 0; k < K; k++) {
                before += m[k * N + i] * kappa[k];
                after += gauge.m()[k * N + i] * moved[k];
            }
            assertThat(after).isCloseTo(before, within(1e-5));
        }
    }

    @Test
    void shouldMoveACovarianceAsSamplesOfKappaWouldMove() {
        int K = 3;
        SplittableRandom random = new SplittableRandom(5);
        Gauge gauge = Gauge.canonical(gaussian(random, K * N, 1), gaussian(random, K * N, 1), N, K, null);
        double[] root = new double[K * K];
        for (int i = 0; i < root.length; i++) {
            root[i] = random.nextGaussian();
        }
        double[] covariance = new double[K * K];
        SmallMatrix.multiplyTransposed(root, root, covariance, K);
        double[] movedRoot = new double[K * K];
        SmallMatrix.multiply(gauge.toCanonical(), root, movedRoot, K);
        double[] expected = new double[K * K];
        SmallMatrix.multiplyTransposed(movedRoot, movedRoot, expected, K);
        double[] actual = gauge.covariance(covariance);
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).isCloseTo(expected[i], within(1e-12));
        }
    }

    @Test
    void shouldKeepTheAxesWhenTheSameNetworkComesInAnotherGauge() {
        int K = 3;
        SplittableRandom random = new SplittableRandom(6);
        float[] m = gaussian(random, K * N, 1);
        float[] n = gaussian(random, K * N, 1);
        Gauge published = Gauge.canonical(m, n, N, K, null);
        // Signs flipped, axes swapped, scales changed, and all of it mixed: m A^-1, n A'.
        double[][] gauges = {{-1, 0, 0, 0, 1, 0, 0, 0, -1}, {0, 1, 0, 0, 0, 1, 1, 0, 0}, {5, 0, 0, 0, 0.1, 0, 0, 0, 1},
            {1, 0.4, -0.3, 0.2, 1, 0.5, -0.6, 0.1, 1}};
        for (double[] a : gauges) {
            double[] inverse = new double[K * K];
            double[] identity = new double[K * K];
            invert(a, inverse, K);
            SmallMatrix.multiply(a, inverse, identity, K);
            assertThat(identity[0]).isCloseTo(1, within(1e-12));
            float[] m2 = combine(transposed(inverse, K), m, K);
            float[] n2 = combine(a, n, K);
            sameConnectivity(m, n, m2, n2, K);
            Gauge again = Gauge.canonical(m2, n2, N, K, published.m());
            assertThat(again.m()).usingComparatorWithPrecision(1e-4f).containsExactly(published.m());
            assertThat(again.n()).usingComparatorWithPrecision(1e-4f).containsExactly(published.n());
        }
    }

    @Test
    void shouldKeepTheAxesThatWerePublishedWhateverTheirRotation() {
        int K = 2;
        SplittableRandom random = new SplittableRandom(7);
        float[] m = gaussian(random, K * N, 1);
        float[] n = gaussian(random, K * N, 1);
        float[] canonical = Gauge.canonical(m, n, N, K, null).m();
        for (double angle : new double[]{0.3, 1.2, 3, 5}) {
            double[] rotation = {Math.cos(angle), -Math.sin(angle), Math.sin(angle), Math.cos(angle)};
            float[] before = combine(rotation, canonical, K);
            Gauge gauge = Gauge.canonical(m, n, N, K, before);
            assertThat(gauge.m()).usingComparatorWithPrecision(1e-5f).containsExactly(before);
            sameConnectivity(m, n, gauge.m(), gauge.n(), K);
            orthonormal(gauge.m(), K);
        }
    }

    @Test
    void shouldKeepTheAxesWhenSingularValuesAreNearlyEqualAndChangePlaces() {
        int K = 2;
        SplittableRandom random = new SplittableRandom(8);
        float[] base = gaussian(random, K * N, 1);
        float[] m = Gauge.canonical(base, base, N, K, null).m();
        float[] orthonormalN = Gauge.canonical(gaussian(random, K * N, 1), base, N, K, null).m();
        float[] first = combine(new double[]{1.01, 0, 0, 1}, orthonormalN, K);
        float[] second = combine(new double[]{1, 0.01, 0.01, 1.01}, orthonormalN, K);
        Gauge before = Gauge.canonical(m, first, N, K, null);
        Gauge after = Gauge.canonical(m, second, N, K, before.m());
        double worst = 0;
        double alone = 0;
        float[] singular = Gauge.canonical(m, second, N, K, null).m();
        for (int i = 0; i < K * N; i++) {
            worst = Math.max(worst, Math.abs(after.m()[i] - before.m()[i]));
            alone = Math.max(alone, Math.abs(singular[i] - before.m()[i]));
        }
        // The network moved by 1 %; entries of m reach 3. Singular vectors alone jump by the size of m itself.
        assertThat(worst).isLessThan(0.05);
        assertThat(alone).isGreaterThan(0.5);
    }

    @Test
    void shouldStandDependentColumns() {
        SplittableRandom random = new SplittableRandom(9);
        float[] row = gaussian(random, N, 1);
        float[] m = new float[2 * N];
        System.arraycopy(row, 0, m, 0, N);
        System.arraycopy(row, 0, m, N, N);
        float[] n = gaussian(random, 2 * N, 1);
        Gauge gauge = Gauge.canonical(m, n, N, 2, null);
        for (float value : gauge.m()) {
            assertThat(value).isFinite();
        }
        // The ridge that keeps a factor for the lost direction costs accuracy: its square root, 1e-5, times sqrt(N).
        for (int i = 0; i < N; i += 7) {
            for (int j = 0; j < N; j += 5) {
                assertThat(product(gauge.m(), gauge.n(), i, j, 2)).isCloseTo(product(m, n, i, j, 2), within(1e-3));
            }
        }
    }

    private static double[] transposed(double[] a, int K) {
        double[] out = new double[K * K];
        for (int i = 0; i < K; i++) {
            for (int j = 0; j < K; j++) {
                out[j * K + i] = a[i * K + j];
            }
        }
        return out;
    }

    /** Inverse of a 3 x 3 matrix by its adjugate. */
    private static void invert(double[] a, double[] out, int K) {
        assertThat(K).isEqualTo(3);
        double det = 0;
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                int r1 = (i + 1) % 3;
                int r2 = (i + 2) % 3;
                int c1 = (j + 1) % 3;
                int c2 = (j + 2) % 3;
                double cofactor = a[r1 * 3 + c1] * a[r2 * 3 + c2] - a[r1 * 3 + c2] * a[r2 * 3 + c1];
                out[j * 3 + i] = cofactor;
                det += i == 0 ? a[j] * cofactor : 0;
            }
        }
        for (int i = 0; i < 9; i++) {
            out[i] /= det;
        }
    }

    @Test
    void shouldShareSingularValuesBetweenMAndN() {
        int K = 3;
        SplittableRandom random = new SplittableRandom(8);
        float[] m = gaussian(random, K * N, 2);
        float[] n = gaussian(random, K * N, 0.7);
        Gauge shared = Gauge.shared(m, n, N, K);
        sameConnectivity(m, n, shared.m(), shared.n(), K);
        for (int k = 0; k < K; k++) {
            for (int l = 0; l < K; l++) {
                double left = dot(shared.m(), k, shared.m(), l) / N;
                // Rounding of numbers of order one to float.
                assertThat(left).isCloseTo(dot(shared.n(), k, shared.n(), l) / N, within(1e-5));
                assertThat(k == l || Math.abs(left) < 1e-5).isTrue();
            }
        }
        // kappa goes along: m kappa stays.
        float[] back = combine(transposed(shared.toCanonical(), K), shared.m(), K);
        assertThat(back).usingComparatorWithPrecision(2e-5f).containsExactly(m);
    }
}
