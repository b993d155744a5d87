package kappa.fitting.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import kappa.fitting.filter.FilterGradient;
import kappa.fitting.filter.LatentFilter;
import kappa.fitting.filter.LatentPath;
import kappa.fitting.kernel.Gradient;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.ingest.recording.Observation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LatentPathTest {

    private static final int N = 203;
    private static final int K = 3;
    private static final int S = 4;
    private static final int BINS = 50;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static float[] gaussian(Random random, int length, double sd) {
        float[] a = new float[length];
        for (int i = 0; i < length; i++) {
            a[i] = (float) (sd * random.nextGaussian());
        }
        return a;
    }

    private static KernelModel model(Observation kind) {
        Random random = new Random(31);
        float[] gain = new float[N];
        float[] noise = new float[N];
        Arrays.fill(gain, kind == Observation.COUNTS ? 0.3f : 1);
        Arrays.fill(noise, 0.3f);
        LowRankNetwork net = new LowRankNetwork(N, K, S, 0.2, gaussian(random, K * N, 1), gaussian(random, K * N, 1),
                gaussian(random, S * N, 0.5), gaussian(random, N, 0.2));
        return KernelModel.of(net, kind, gain, new float[N], noise);
    }

    private static float[] activity(Observation kind) {
        Random random = new Random(32);
        float[] y = gaussian(random, BINS * N, 0.5);
        for (int i = 0; i < y.length; i++) {
            y[i] = random.nextInt(50) == 0
                    ? Float.NaN
                    : kind == Observation.COUNTS ? random.nextInt(3) : y[i];
        }
        return y;
    }

    /** Bytes allocated by the first round that allocates none, or by the last. Until code is compiled, vectors are objects. */
    private static long bytesOnceCompiled(Runnable round) {
        long bytes = Long.MAX_VALUE;
        for (int i = 0; i < 2_000 && bytes > 0; i++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            round.run();
            bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
        }
        return bytes;
    }

    /** As in the live path: prediction, both scores, gains, update. */
    @ParameterizedTest
    @EnumSource(Observation.class)
    void shouldAllocateNothingForABinOnceItIsCompiled(Observation kind) {
        float[] y = activity(kind);
        float[] v = gaussian(new Random(33), BINS * S, 0.5);
        LatentPath path = new LatentPath(KernelProvider.kernels(),
                new FitPlan(N, K, S, 0.2, kind, 1, 1, FitPlan.DEFAULT_BUFFER_BYTES),
                new PublishedModel(1, model(kind), PublishedModel.certainStart(K), new double[]{1, 1, 1},
                        new double[K], PublishedModel.certainStart(K), 0, 0));
        path.startTrial();
        assertThat(bytesOnceCompiled(() -> {
            for (int t = 0; t < BINS; t++) {
                path.bin(y, t * N, v, t * S);
            }
        })).isZero();
        assertThat(path.predictionError()).isFinite();
    }

    @ParameterizedTest
    @EnumSource(Observation.class)
    void shouldAllocateNothingForTheGradientThroughTheFilterOnceItIsCompiled(Observation kind) {
        KernelModel model = model(kind);
        float[] y = activity(kind);
        float[] v = gaussian(new Random(33), (BINS + 1) * S, 0.5);
        FilterGradient filter = new FilterGradient(KernelProvider.kernels(), N, K, S, BINS);
        Gradient gradient = Gradient.zero(N, K, S);
        float[] start = new float[K];
        double[] covariance = PublishedModel.certainStart(K);
        double[] processNoise = {0.01, 0.01, 0.01};
        double[] processNoiseAdjoint = new double[K];
        FilterGradient.Bins bins = new FilterGradient.Bins(y, 0, v, 0, BINS);
        FilterGradient.State before = new FilterGradient.State(start, 0, covariance, 0);
        assertThat(bytesOnceCompiled(() -> {
            gradient.clear();
            filter.add(model, bins, before, processNoise, 1f, gradient, processNoiseAdjoint);
        })).isZero();
        assertThat(gradient.m()[0]).isFinite();
    }

    private static LatentPath path(KernelModel model) {
        LatentPath path = new LatentPath(KernelProvider.kernels(),
                new FitPlan(N, K, S, 0.2, Observation.COUNTS, 1, 1, FitPlan.DEFAULT_BUFFER_BYTES),
                new PublishedModel(1, model, PublishedModel.certainStart(K), new double[]{1, 1, 1}, new double[K],
                        PublishedModel.certainStart(K), 0, 0));
        path.startTrial();
        return path;
    }

    /** Silent during bins 10 to 29: what a bin's rates drive is seen in the next one. */
    @Test
    void shouldFollowTheDynamicsOfTheOtherNeuronsWhileSomeAreSilent() {
        int[] silent = IntStream.range(0, N).filter(i -> i % 3 == 0).toArray();
        KernelModel intact = model(Observation.COUNTS);
        KernelModel without = intact.silencing(silent);
        float[] y = activity(Observation.COUNTS);
        float[] v = gaussian(new Random(33), BINS * S, 0.5);
        for (int t = 10; t < 30; t++) {
            for (int i : silent) {
                y[t * N + i] = Float.NaN;
            }
        }
        LatentPath path = path(intact);
        LatentFilter reference = new LatentFilter(KernelProvider.kernels(), N, K, S);
        reference.reset(new double[K], PublishedModel.certainStart(K));
        double[] means = {};
        for (int t = 0; t < BINS; t++) {
            boolean silenced = t >= 10 && t < 30;
            path.bin(y, t * N, v, t * S, silenced ? silent : new int[0]);
            reference.predict(t >= 11 && t < 31 ? without : intact, PublishedModel.certainStart(K));
            reference.setInputs(v, t * S);
            reference.update(intact, y, t * N);
            assertThat(path.filter().kappa()).as("bin %d", t).containsExactly(reference.kappa());
            if (t == 9) {
                means = path.constantRate().sums().clone();
            }
            if (t == 29) {
                assertThat(path.constantRate().sums()).as("means learn from intact bins only").containsExactly(means);
            }
        }
    }

    /** The same model of the same currents, whose network is in units of which each neuron's gain makes up for. */
    @Test
    void shouldKeepTheStateWhenTheUnitsOfANewModelAreOthers() {
        KernelModel before = model(Observation.CURRENTS);
        float[] gain = new float[N];
        Arrays.fill(gain, 4);
        LowRankNetwork net = before.network();
        float[] m = net.m().clone();
        float[] w = net.w().clone();
        for (float[] rows : new float[][]{m, w}) {
            for (int at = 0; at < rows.length; at++) {
                rows[at] /= 4;
            }
        }
        KernelModel after = KernelModel.of(new LowRankNetwork(N, K, S, 0.2, m, net.n(), w, net.b()),
                Observation.CURRENTS, gain, before.offset(), before.noise());
        FitPlan plan = new FitPlan(N, K, S, 0.2, Observation.CURRENTS, 1, 1, FitPlan.DEFAULT_BUFFER_BYTES);
        double[] q = PublishedModel.certainStart(K);
        LatentPath path = new LatentPath(KernelProvider.kernels(), plan,
                new PublishedModel(1, before, q, new double[]{1, 1, 1}, new double[K], q, 0, 0));
        LatentPath other = new LatentPath(KernelProvider.kernels(), plan,
                new PublishedModel(1, before, q, new double[]{1, 1, 1}, new double[K], q, 0, 0));
        float[] v = gaussian(new Random(33), BINS * S, 0.5);
        for (LatentPath each : List.of(path, other)) {
            each.startTrial();
            each.bin(activity(Observation.CURRENTS), 0, v, 0);
        }
        path.adopt(new PublishedModel(2, after, q, new double[]{1, 1, 1}, new double[K], q, 0, 0));
        other.adopt(new PublishedModel(2, before, q, new double[]{1, 1, 1}, new double[K], q, 0, 0));
        // kappa' = m'x/N with a quarter of m and of x.
        for (int k = 0; k < K; k++) {
            assertThat(path.filter().kappa()[k]).isCloseTo(other.filter().kappa()[k] / 16, within(1e-6));
        }
    }

    @Test
    void shouldForgetWhoWasSilentWhenTheNextTrialBegins() {
        int[] silent = IntStream.range(0, N / 2).toArray();
        float[] y = activity(Observation.COUNTS);
        float[] v = gaussian(new Random(33), BINS * S, 0.5);
        LatentPath perturbed = path(model(Observation.COUNTS));
        LatentPath fresh = path(model(Observation.COUNTS));
        perturbed.bin(y, 0, v, 0, silent);
        perturbed.startTrial();
        perturbed.bin(y, N, v, S, new int[0]);
        fresh.bin(y, N, v, S, new int[0]);
        assertThat(perturbed.filter().kappa()).containsExactly(fresh.filter().kappa());
    }
}
