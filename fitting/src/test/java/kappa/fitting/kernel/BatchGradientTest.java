package kappa.fitting.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.Stream;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.recording.Observation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The gradient of a batch of windows against the scalar reference, at odd sizes, and by any number of threads. */
class BatchGradientTest {

    private static final int BINS = 19;
    private static final long SEED = 20224;

    static Stream<Arguments> sizes() {
        int[] neurons = {1, 2, 15, 16, 17, 31, 32, 33, 63, 65, 127, 512, 1_000, 4_098};
        int[] windows = {1, 2, 4, 5, 8, 11};
        return Stream.of(Observation.values()).flatMap(kind -> java.util.stream.IntStream.range(0, neurons.length)
                .mapToObj(j -> Arguments.of(neurons[j], 1 + j % 8, j % 6, windows[j % windows.length], kind)));
    }

    /** Windows of unequal length, with a few neurons unobserved, on a model whose every array matters. */
    private record Problem(KernelModel model, int windows, float[][] y, float[][] v, float[] start, int[] bins) {
        static Problem random(int N, int K, int S, int windows, Observation kind) {
            Random random = new Random(SEED + N);
            LowRankNetwork net = new LowRankNetwork(N, K, S, 0.2, gaussian(random, K * N, 1),
                    gaussian(random, K * N, 1),
                    gaussian(random, S * N, 0.5), gaussian(random, N, 0.3));
            float[] gain = new float[N];
            float[] noise = new float[N];
            for (int i = 0; i < N; i++) {
                gain[i] = 0.5f + random.nextFloat();
                noise[i] = 1;
            }
            float[] offset = kind == Observation.COUNTS ? new float[N] : gaussian(random, N, 0.1);
            int[] bins = new int[windows];
            float[][] y = new float[windows][];
            float[][] v = new float[windows][];
            for (int w = 0; w < windows; w++) {
                bins[w] = w % 3 == 1 ? 1 + random.nextInt(BINS) : BINS;
                // One row before the window, so that offsets matter.
                y[w] = gaussian(random, (bins[w] + 1) * N, 0.5);
                for (int i = 0; i < y[w].length; i++) {
                    y[w][i] = kind == Observation.COUNTS ? random.nextInt(4) : y[w][i];
                    y[w][i] = random.nextInt(20) == 0 ? Float.NaN : y[w][i];
                }
                v[w] = gaussian(random, (bins[w] + 2) * S, 1);
            }
            return new Problem(KernelModel.of(net, kind, gain, offset, noise), windows, y, v,
                    gaussian(random, windows * K, 0.5), bins);
        }

        private static float[] gaussian(Random random, int length, double sd) {
            float[] a = new float[length];
            for (int i = 0; i < length; i++) {
                a[i] = (float) (sd * random.nextGaussian());
            }
            return a;
        }

        BatchGradient taken(RnnKernels kernels, Team team) {
            LowRankNetwork net = model.network();
            return new BatchGradient(kernels, net.neurons(), net.rank(), net.inputs(), windows, BINS, team);
        }

        Gradient take(BatchGradient batch) {
            LowRankNetwork net = model.network();
            batch.clear();
            for (int w = 0; w < windows; w++) {
                batch.add(y[w], net.neurons(), v[w], net.inputs(), bins[w], start, w * net.rank(), 1 + 0.1f * w);
            }
            return batch.take(new PackedModel(net.neurons(), net.rank(), net.inputs()).pack(model));
        }

        float[] startAdjoints(BatchGradient batch) {
            float[] adjoints = new float[windows * model.network().rank()];
            for (int j = 0; j < adjoints.length; j++) {
                adjoints[j] = batch.startAdjoint(j / model.network().rank(), j % model.network().rank());
            }
            return adjoints;
        }

        float[] trajectory(BatchGradient batch, int w) {
            int K = model.network().rank();
            float[] kappa = new float[(bins[w] + 1) * K];
            for (int j = 0; j < kappa.length; j++) {
                kappa[j] = batch.kappa(w, j / K, j % K);
            }
            return kappa;
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void simdShouldMatchTheScalarReference(int N, int K, int S, int windows, Observation kind) {
        Problem p = Problem.random(N, K, S, windows, kind);
        BatchGradient reference = p.taken(new ScalarKernels(), Team.ALONE);
        BatchGradient simd = p.taken(new VectorKernels(), Team.ALONE);
        Gradient expected = p.take(reference);
        Gradient actual = p.take(simd);
        // Kappa is a mean of N terms with weights of order 1, each wrong by phi's 4e-7 and by rounding, and carries that on.
        double kappa = 4e-6;
        for (int w = 0; w < windows; w++) {
            assertThat(p.trajectory(simd, w)).usingComparatorWithPrecision((float) kappa)
                    .containsExactly(p.trajectory(reference, w));
        }
        // A neuron's gradient is a sum over windows and bins, of K + S terms each.
        double own = 4e-6 * Math.sqrt(windows * BINS) * (K + S + 1);
        close(actual.m(), expected.m(), own);
        close(actual.n(), expected.n(), own);
        close(actual.w(), expected.w(), own);
        close(actual.b(), expected.b(), own);
        close(actual.gain(), expected.gain(), own);
        close(actual.offset(), expected.offset(), own);
        // That of a start state is a sum over neurons, too.
        close(p.startAdjoints(simd), p.startAdjoints(reference), own * Math.sqrt(N) + own);
    }

    private static void close(float[] actual, float[] expected, double tolerance) {
        double largest = 1;
        for (float value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        assertThat(actual).usingComparatorWithPrecision((float) (tolerance * largest)).containsExactly(expected);
    }

    private static float[][] parts(Gradient gradient) {
        return new float[][]{gradient.m(), gradient.n(), gradient.w(), gradient.b(), gradient.gain(), gradient.offset(),
            gradient.start()};
    }

    @ParameterizedTest
    @EnumSource(Observation.class)
    void everyNumberOfThreadsShouldGiveTheSameBits(Observation kind) {
        for (int windows : new int[]{1, 11}) {
            Problem p = Problem.random(1_000, 3, 2, windows, kind);
            BatchGradient alone = p.taken(new VectorKernels(), Team.ALONE);
            Gradient expected = p.take(alone);
            for (int threads : new int[]{1, 2, 3, 8}) {
                try (Team team = new Team(threads)) {
                    BatchGradient shared = p.taken(new VectorKernels(), team);
                    // Again and again: who joins in time differs.
                    for (int time = 0; time < 20; time++) {
                        assertThat(parts(p.take(shared))).isEqualTo(parts(expected));
                        assertThat(p.startAdjoints(shared)).isEqualTo(p.startAdjoints(alone));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16})
    void aStepShouldAllocateNothing(int windows) {
        Problem p = Problem.random(200, 2, 3, windows, Observation.COUNTS);
        try (Team team = new Team(2)) {
            BatchGradient batch = p.taken(new VectorKernels(), team);
            LowRankNetwork net = p.model.network();
            PackedModel packed = new PackedModel(net.neurons(), net.rank(), net.inputs());
            // The compiler has seen enough when a step allocates nothing; before that, vectors are objects.
            assertThat(AllocationMeter.smallest(5_000, () -> {
                batch.clear();
                for (int w = 0; w < windows; w++) {
                    batch.add(p.y[w], net.neurons(), p.v[w], net.inputs(), p.bins[w], p.start, w * net.rank(), 1f);
                }
                batch.take(packed.pack(p.model));
            })).isZero();
        }
    }
}
