package kappa.analysis.inactivation;

import java.util.Arrays;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.recording.Observation;

/**
 * Free runs of a low-rank network in its K-dimensional form. What of its initial state h0 lies in the span of m is kappa before
 * the first bin; the rest, if there is any, decays by itself and is carried as one more input channel. Not thread-safe.
 */
final class LatentRun {

    /** What of h0 is left beside m is rounding below this share of it. */
    private static final double ROUNDING = 1e-5;

    private final RnnKernels kernels = KernelProvider.kernels();
    private final float[] scratch = new float[RnnKernels.SCRATCH];
    private final LowRankNetwork network;
    private final float[] start;
    private final float[] rest; // [N], or empty if the start is in the span of m
    private final float[] rates;

    LatentRun(LowRankNetwork network) {
        this.network = network;
        int neurons = network.neurons();
        this.rates = new float[neurons];
        double[] h0 = new double[neurons];
        Arrays.setAll(h0, i -> network.initialState()[i]);
        double norm = Math.sqrt(Arrays.stream(h0).map(x -> x * x).sum());
        this.start = new float[network.rank()];
        if (norm > 0) {
            double[] kappa = network.nearestKappa(network.initialState());
            for (int k = 0; k < start.length; k++) {
                start[k] = (float) kappa[k];
                for (int i = 0; i < neurons; i++) {
                    h0[i] -= (double) start[k] * network.m()[k * neurons + i];
                }
            }
        }
        this.rest = Math.sqrt(Arrays.stream(h0).map(x -> x * x).sum()) > ROUNDING * norm ? floats(h0) : new float[0];
    }

    private static float[] floats(double[] values) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) values[i];
        }
        return out;
    }

    /** Channels of v: S, and one more if the initial state wants it. */
    int channels() {
        return network.inputs() + (rest.length > 0 ? 1 : 0);
    }

    /** The network, or one with the same state, as the kernels read it. */
    KernelModel model(LowRankNetwork net) {
        if (rest.length == 0) {
            return KernelModel.plain(net, Observation.RATES);
        }
        float[] w = Arrays.copyOf(net.w(), net.w().length + rest.length);
        System.arraycopy(rest, 0, w, net.w().length, rest.length);
        return KernelModel.plain(new LowRankNetwork(net.neurons(), net.rank(), net.inputs() + 1,
                net.alpha(), net.m(),
                net.n(), w, net.b()), Observation.RATES);
    }

    /** Input coordinates v of a trial, [T+1, channels]; row 0 is before the first bin. */
    float[] inputs(SeenTrial trial) {
        int channels = channels();
        int own = network.inputs();
        float[] v = new float[(trial.bins() + 1) * channels];
        if (channels > own) {
            v[own] = 1;
        }
        for (int t = 0; t < trial.bins(); t++) {
            LowRankNetwork.advanceInputs(network.alpha(), v, t * channels, trial.drive(), t * own, v,
                    (t + 1) * channels, own);
            if (channels > own) {
                v[(t + 1) * channels + own] = (float) ((1 - network.alpha()) * v[t * channels + own]);
            }
        }
        return v;
    }

    /** Kappa of a trial, [T+1,K]; row 0 is before the first bin. */
    float[] start(int bins) {
        return Arrays.copyOf(start, (bins + 1) * start.length);
    }

    /** Runs on from row {@code from} of kappa to row {@code to}. */
    void run(KernelModel model, float[] v, float[] kappa, int from, int to) {
        if (to > from) {
            kernels.rollout(model, v, from * channels(), to - from, kappa, from * start.length, scratch);
        }
    }

    /** Rates phi(x + b) at a row of kappa, [N], valid until the next call. */
    float[] rates(KernelModel model, float[] v, float[] kappa, int row) {
        int rank = start.length;
        kernels.rates(model, Arrays.copyOfRange(kappa, row * rank, (row + 1) * rank), v, row * channels(), rates,
                scratch);
        return rates;
    }
}
