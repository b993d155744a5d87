package kappa.fitting.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.Stream;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.recording.Observation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FilterWindowTest {

    /** More than are summed at once, and no multiple of that. */
    private static final int BINS = 19;

    static Stream<Arguments> sizes() {
        return Stream.of(1, 15, 16, 17, 33, 71, 512, 515, 1030).flatMap(
                N -> Stream.of(Observation.values())
                        .flatMap(kind -> Stream.of(false, true).map(linear -> Arguments.of(N, 1 + N % 5, N % 4, kind,
                                linear))));
    }

    private static float[] gaussian(Random random, int length, double sd) {
        float[] a = new float[length];
        for (int i = 0; i < length; i++) {
            a[i] = (float) (sd * random.nextGaussian());
        }
        return a;
    }

    private static KernelModel model(Random random, int N, int K, int S, Observation kind, boolean linear) {
        float[] gain = new float[N];
        float[] noise = new float[N];
        for (int i = 0; i < N; i++) {
            gain[i] = 0.5f + random.nextFloat();
            noise[i] = 0.5f + random.nextFloat();
        }
        KernelModel model = KernelModel.of(
                new LowRankNetwork(N, K, S, 0.2, gaussian(random, K * N, 0.7), gaussian(random, K * N, 0.7),
                        gaussian(random, S * N, 0.4), gaussian(random, N, 0.3)),
                kind, gain, gaussian(random, N, kind == Observation.COUNTS ? 0 : 0.2), noise);
        return linear ? model.withLinearDynamics() : model;
    }

    /** Sweeps of a window at states and with adjoints drawn at random; the sums over neurons, and the adjoints of states. */
    private static double[] sweep(FilterWindow window, KernelModel model, Gradient gradient) {
        LowRankNetwork net = model.network();
        int K = net.rank();
        Random random = new Random(4);
        float[] y = gaussian(random, BINS * net.neurons(), 1);
        for (int i = 0; i < y.length; i++) {
            y[i] = random.nextInt(15) == 0
                    ? Float.NaN
                    : model.kind() == Observation.COUNTS ? random.nextInt(3) : y[i];
        }
        window.begin(model, y, 0, gaussian(random, (BINS + 1) * net.inputs(), 1), 0, gradient);
        double[] sums = new double[3 * BINS * K * (K + 2)];
        int at = 0;
        double[] vector = new double[K];
        double[] matrix = new double[K * K];
        for (int t = 0; t < BINS; t++) {
            for (int sweep = 0; sweep < 3; sweep++) {
                float[] kappa = gaussian(random, K, 0.5);
                if (sweep == 0) {
                    window.recurrent(t, kappa, vector, matrix);
                } else {
                    window.observe(t, sweep - 1, kappa, vector, matrix);
                }
                System.arraycopy(vector, 0, sums, at, K);
                System.arraycopy(matrix, 0, sums, at + K, K * K);
                at += K * (K + 1);
            }
        }
        for (int t = BINS - 1; t >= 0; t--) {
            for (int sweep = 2; sweep >= 0; sweep--) {
                float[] linear = gaussian(random, K, 0.1);
                float[] bilinear = gaussian(random, K * K, 0.1);
                double[] kappaAdjoint = new double[K];
                if (sweep == 0) {
                    window.recurrentAdjoint(t, linear, bilinear, kappaAdjoint);
                } else if (sweep == 1 || t < BINS - 1) {
                    for (int k = 0; k < K; k++) {
                        for (int l = 0; l < k; l++) {
                            bilinear[l * K + k] = bilinear[k * K + l];
                        }
                    }
                    window.observeAdjoint(t, sweep - 1, linear, bilinear, sweep == 1 ? 1f : 0f, kappaAdjoint);
                }
                System.arraycopy(kappaAdjoint, 0, sums, at, K);
                at += K;
            }
        }
        window.end();
        return sums;
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void vectorSweepsShouldMatchTheScalarReferenceAtEveryLength(int N, int K, int S, Observation kind,
            boolean linear) {
        KernelModel model = model(new Random(8), N, K, S, kind, linear);
        Gradient expected = Gradient.zero(N, K, S);
        Gradient actual = Gradient.zero(N, K, S);
        double[] reference = sweep(new ScalarKernels().filterWindow(N, K, S, BINS), model, expected);
        FilterWindow window = new VectorKernels().filterWindow(N, K, S, BINS);
        double[] sums = sweep(window, model, actual);
        for (int j = 0; j < sums.length; j++) {
            // Sums of up to N products that each err by a few roundings and by phi's 4e-7.
            assertThat(sums[j]).isCloseTo(reference[j], within(2e-5 * Math.sqrt(N)));
        }
        close(actual, expected);
        // A window is used again.
        Gradient again = Gradient.zero(N, K, S);
        assertThat(sweep(window, model, again)).containsExactly(sums);
        assertThat(again.m()).containsExactly(actual.m());
        assertThat(again.n()).containsExactly(actual.n());
    }

    private static void close(Gradient actual, Gradient expected) {
        // A neuron's sums over 57 sweeps of terms of order one, in float.
        float tolerance = 1e-4f;
        assertThat(actual.m()).usingComparatorWithPrecision(tolerance).containsExactly(expected.m());
        assertThat(actual.n()).usingComparatorWithPrecision(tolerance).containsExactly(expected.n());
        assertThat(actual.w()).usingComparatorWithPrecision(tolerance).containsExactly(expected.w());
        assertThat(actual.b()).usingComparatorWithPrecision(tolerance).containsExactly(expected.b());
        assertThat(actual.gain()).usingComparatorWithPrecision(tolerance).containsExactly(expected.gain());
        assertThat(actual.offset()).usingComparatorWithPrecision(tolerance).containsExactly(expected.offset());
    }
}
