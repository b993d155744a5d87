package kappa.fitting.online;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;
import kappa.fitting.kernel.KernelModel;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.ObservationKind;
import kappa.fitting.network.LowRankNetwork;
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

    /** As in the live path: prediction, both scores, gains, update. Until code is compiled, vectors are objects. */
    @ParameterizedTest
    @EnumSource(ObservationKind.class)
    void shouldAllocateNothingForABinOnceItIsCompiled(ObservationKind kind) {
        Random random = new Random(31);
        boolean counts = kind == ObservationKind.COUNTS;
        float[] gain = new float[N];
        float[] noise = new float[N];
        Arrays.fill(gain, counts ? 0.3f : 1);
        Arrays.fill(noise, 0.3f);
        LowRankNetwork net = new LowRankNetwork(N, K, S, 0.2, gaussian(random, K * N, 1), gaussian(random, K * N, 1),
                gaussian(random, S * N, 0.5), gaussian(random, N, 0.2));
        KernelModel model = KernelModel.of(net, kind, gain, new float[N], noise);
        float[] y = gaussian(random, BINS * N, 0.5);
        for (int i = 0; i < y.length; i++) {
            y[i] = random.nextInt(50) == 0 ? Float.NaN : counts ? random.nextInt(3) : y[i];
        }
        float[] v = gaussian(random, BINS * S, 0.5);
        double[] processNoise = PublishedModel.certainStart(K);
        LatentPath path = new LatentPath(KernelProvider.kernels(),
                new FitPlan(N, K, S, 0.2, kind, 1, 1, FitPlan.DEFAULT_BUFFER_BYTES), new PublishedModel(1, model,
                        processNoise, new double[]{1, 1, 1}, new double[K], PublishedModel.certainStart(K), 0, 0));
        path.startTrial();
        long bytes = Long.MAX_VALUE;
        for (int round = 0; round < 2_000 && bytes > 0; round++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int t = 0; t < BINS; t++) {
                path.bin(y, t * N, v, t * S);
            }
            bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(bytes).isZero();
        assertThat(path.predictionError()).isFinite();
    }
}
