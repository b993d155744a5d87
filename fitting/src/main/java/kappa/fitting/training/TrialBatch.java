package kappa.fitting.training;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import kappa.fitting.kernel.MatrixKernels;
import kappa.fitting.kernel.PackedMatrix;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.task.TaskTrial;

/**
 * A few trials run side by side on one network, forwards and backwards in time (Valente 2019, equation 1.6, with noise):
 *
 * <pre>
 * x_t = (1-alpha) x_{t-1} + alpha ( J phi(x_{t-1} + b) + W' u_t ) + sigma eta_t        x_0 = h0
 * a_t = dL/dx_t = (1-alpha) a_{t+1} + phi'(x_t + b) ( dL/dr_t + alpha J' a_{t+1} )
 * dL/dJ = alpha sum a_t r_{t-1}'    dL/dW = alpha sum u_t a_t'    dL/db = sum phi'(..)(..)    dL/dh0 = a_0
 * </pre>
 *
 * <p>with J = m n'/N for low rank: dL/dm = (alpha/N) sum a_t (n' r_{t-1})', dL/dn = (alpha/N) sum r_{t-1} (m' a_t)'. The
 * noise is why the state is all N currents: it leaves the K dimensions in which low rank runs without it.
 *
 * <p>The loss of a trial is the squared error of the readout, averaged over the bins that its mask asks for. Trials of
 * unequal length are run to the end of the longest; what lies after a trial's end has no weight.
 *
 * <p>Scratch memory grows to the longest batch seen and is reused. Not thread-safe.
 */
final class TrialBatch {

    /** Number of trials that run side by side, as rows of the products; enough to fill the registers. */
    static final int ROWS = 8;

    /** Sees each bin as it is made; arrays are valid during the call. Rates set to 0 in it drive nobody: silenced neurons. */
    @FunctionalInterface
    interface Observer {
        /**
         * @param x [rows,N]
         * @param rates [rows,N] from {@code ratesAt} on
         */
        void bin(int t, float[] x, float[] rates, int ratesAt);
    }

    private final MatrixKernels kernels;
    private final PackedMatrix packed = new PackedMatrix();
    private List<TaskTrial> trials = List.of();
    private int bins;
    private float[] u = {}; // [T,rows,S]
    private float[] x = {}; // [rows,N]
    private float[] drive = {}; // [rows,N]
    private float[] rates = {}; // [T+1,rows,N]
    private float[] latent = {}; // [T+1,rows,K] n' r
    private float[] z = {}; // [T,rows,O], where asked
    private float[] dz = {}; // [T,rows,O] dL/dz
    private boolean[] asked = {}; // [T]
    private float[] adjoint = {}; // [T+2,rows,N]
    private float[] latentBack = {}; // [T+2,rows,K] m' a
    private float[] slopes = {}; // [N]

    TrialBatch(MatrixKernels kernels) {
        this.kernels = kernels;
    }

    private static float[] room(float[] array, int length) {
        return array.length >= length ? array : new float[length];
    }

    /**
     * Runs the trials on a network that may change on the way, such as when neurons are silent for a while.
     *
     * @param at the network of each bin, whose rates it passes on and reads; all of the same size. The state before the first
     *        bin is the first bin's
     * @param sigma standard deviation of the noise on each current in each bin
     * @param random one generator a trial, drawn from only if sigma is above 0
     */
    void forward(IntFunction<PackedNetwork> at, List<TaskTrial> batch, double sigma, List<SplittableRandom> random,
            Observer observer) {
        trials = batch;
        Network net = at.apply(0).network();
        int N = net.neurons();
        int S = net.inputs();
        int O = net.outputs();
        int K = at.apply(0).latents();
        int rows = batch.size();
        int row = rows * N;
        bins = batch.stream().mapToInt(TaskTrial::bins).max().orElse(0);
        u = room(u, bins * rows * S);
        x = room(x, row);
        drive = room(drive, row);
        rates = room(rates, (bins + 1) * row);
        latent = room(latent, (bins + 1) * rows * K);
        z = room(z, bins * rows * O);
        asked = asked.length >= bins ? asked : new boolean[bins];
        Arrays.fill(asked, false);
        Arrays.fill(u, 0);
        for (int b = 0; b < rows; b++) {
            TaskTrial trial = batch.get(b);
            for (int t = 0; t < trial.bins(); t++) {
                System.arraycopy(trial.inputs(), t * S, u, (t * rows + b) * S, S);
                asked[t] |= trial.mask()[t] != 0;
            }
            for (int i = 0; i < N; i++) {
                x[b * N + i] = net.initialState()[i];
                rates[b * N + i] = (float) LowRankNetwork.phi(x[b * N + i] + net.b()[i]);
            }
        }
        float decay = (float) (1 - net.alpha());
        for (int t = 0; t < bins; t++) {
            at.apply(Math.max(0, t - 1)).drive(rows, rates, t * row, u, t * rows * S, latent, t * rows * K, drive);
            if (sigma > 0) {
                for (int b = 0; b < rows; b++) {
                    if (t < batch.get(b).bins()) {
                        addNoise(b * N, N, sigma, random.get(b));
                    }
                }
            }
            for (int b = 0; b < rows; b++) {
                kernels.advance(N, decay, x, b * N, drive, b * N, net.b(), rates, (t + 1) * row + b * N);
            }
            if (O > 0 && asked[t]) {
                at.apply(t).read(rows, rates, (t + 1) * row, z, t * rows * O);
            }
            observer.bin(t, x, rates, (t + 1) * row);
        }
    }

    private void addNoise(int at, int N, double sigma, SplittableRandom random) {
        for (int i = at; i < at + N; i++) {
            drive[i] += (float) (sigma * random.nextGaussian());
        }
    }

    /** Readout of a trial [T,O], where its mask asks for it in every bin; a fresh array. */
    float[] readouts(int b, int outputs) {
        float[] out = new float[trials.get(b).bins() * outputs];
        for (int t = 0; t < trials.get(b).bins(); t++) {
            System.arraycopy(z, (t * trials.size() + b) * outputs, out, t * outputs, outputs);
        }
        return out;
    }

    /** Mean readout of a trial over the bins its mask asks for. */
    double readout(int b) {
        TaskTrial trial = trials.get(b);
        double sum = 0;
        double weight = 0;
        for (int t = 0; t < trial.bins(); t++) {
            if (trial.mask()[t] != 0) {
                sum += trial.mask()[t] * z[t * trials.size() + b];
                weight += trial.mask()[t];
            }
        }
        return sum / weight;
    }

    /** Loss of a trial: squared error of the readout, averaged over the bins its mask asks for. */
    double loss(int b) {
        TaskTrial trial = trials.get(b);
        double sum = 0;
        double weight = 0;
        for (int t = 0; t < trial.bins(); t++) {
            if (trial.mask()[t] != 0) {
                double error = z[t * trials.size() + b] - trial.targets()[t];
                sum += trial.mask()[t] * error * error;
                weight += trial.mask()[t];
            }
        }
        return sum / weight;
    }

    /** Adds the gradient of {@code scale} times the summed losses of the trials last run. */
    void backward(PackedNetwork network, double scale, NetworkGradient gradient) {
        Network net = network.network();
        int N = net.neurons();
        int S = net.inputs();
        int K = network.latents();
        int rows = trials.size();
        int row = rows * N;
        if (net.outputs() != 1) {
            throw new IllegalArgumentException(net.outputs() + " outputs, expected 1: the tasks have one target");
        }
        adjoint = room(adjoint, (bins + 2) * row);
        latentBack = room(latentBack, (bins + 2) * rows * K);
        dz = room(dz, bins * rows);
        slopes = room(slopes, N);
        Arrays.fill(adjoint, (bins + 1) * row, (bins + 2) * row, 0);
        Arrays.fill(slopes, 0);
        lossSlopes(scale);
        float decay = (float) (1 - net.alpha());
        for (int t = bins; t >= 0; t--) {
            network.back(rows, adjoint, (t + 1) * row, latentBack, (t + 1) * rows * K, drive);
            if (t > 0 && asked[t - 1]) {
                network.readBack(rows, dz, (t - 1) * rows, drive);
            }
            for (int b = 0; b < rows; b++) {
                int at = t * row + b * N;
                kernels.adjoint(N, decay, rates, at, drive, b * N, adjoint, at + row, adjoint, at, slopes);
            }
        }
        int q = bins * rows;
        float alpha = (float) net.alpha();
        // Sums over bins and trials, as products whose inner dimension is both of them together.
        if (gradient.has(NetworkParameter.WREC)) {
            packed.pack(rates, 0, q, N, N, 1, alpha);
            kernels.multiply(N, adjoint, row, 1, N, packed, gradient.of(NetworkParameter.WREC), 0, N, true);
        }
        float step = (float) (net.alpha() * LowRankNetwork.connectivityScale(N));
        if (gradient.has(NetworkParameter.N)) {
            packed.pack(rates, 0, q, N, N, 1, step);
            kernels.multiply(K, latentBack, rows * K, 1, K, packed, gradient.of(NetworkParameter.N), 0, N, true);
        }
        if (gradient.has(NetworkParameter.M)) {
            packed.pack(adjoint, row, q, N, N, 1, step);
            kernels.multiply(K, latent, 0, 1, K, packed, gradient.of(NetworkParameter.M), 0, N, true);
        }
        if (gradient.has(NetworkParameter.WI)) {
            packed.pack(adjoint, row, q, N, N, 1, alpha);
            kernels.multiply(S, u, 0, 1, S, packed, gradient.of(NetworkParameter.WI), 0, N, true);
        }
        if (gradient.has(NetworkParameter.WO)) {
            readoutGradient(N, net.readoutScale(), gradient.of(NetworkParameter.WO));
        }
        if (gradient.has(NetworkParameter.B)) {
            add(slopes, 0, gradient.of(NetworkParameter.B));
        }
        if (gradient.has(NetworkParameter.H0)) {
            for (int b = 0; b < rows; b++) {
                add(adjoint, b * N, gradient.of(NetworkParameter.H0));
            }
        }
    }

    private void lossSlopes(double scale) {
        int rows = trials.size();
        Arrays.fill(dz, 0, bins * rows, 0);
        for (int b = 0; b < rows; b++) {
            TaskTrial trial = trials.get(b);
            double weight = 0;
            for (float value : trial.mask()) {
                weight += value;
            }
            for (int t = 0; t < trial.bins(); t++) {
                if (trial.mask()[t] != 0) {
                    int at = t * rows + b;
                    dz[at] = (float) (2 * scale * trial.mask()[t] * (z[at] - trial.targets()[t]) / weight);
                }
            }
        }
    }

    /** dL/dwo = scale sum_t dz_t r_t. */
    private void readoutGradient(int N, double scale, float[] out) {
        int rows = trials.size();
        for (int at = 0; at < bins * rows; at++) {
            float factor = (float) (scale * dz[at]);
            if (factor != 0) {
                int from = (at + rows) * N;
                for (int i = 0; i < N; i++) {
                    out[i] += factor * rates[from + i];
                }
            }
        }
    }

    private static void add(float[] from, int at, float[] to) {
        for (int i = 0; i < to.length; i++) {
            to[i] += from[at + i];
        }
    }
}
