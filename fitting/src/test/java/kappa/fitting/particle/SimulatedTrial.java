package kappa.fitting.particle;

import java.util.Arrays;
import java.util.SplittableRandom;
import kappa.fitting.em.StateSpaceModel;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.ObservationMap;
import kappa.fitting.model.Trial;
import kappa.fitting.simulation.TrialRandom;
import kappa.ingest.recording.Observation;

/** A state-space model with random weights, and trials drawn from it. */
record SimulatedTrial(StateSpaceModel model, Trial trial) {

    private static final int S = 1;
    private static final double NOISE = 0.5;

    /**
     * A network with overlap {@code overlap} in each dimension and a start with standard deviation .1.
     *
     * @param gain of every neuron; counts have this mean where kappa = 0
     * @param processSd standard deviation of kappa's noise in a bin
     */
    static StateSpaceModel model(Observation kind, boolean linear, int N, int K, double gain, double processSd,
            double overlap, SplittableRandom random) {
        float[] m = LowRankNetwork.gaussian(K * N, 1, random);
        float[] n = LowRankNetwork.gaussian(K * N, 0.5, random);
        for (int i = 0; i < n.length; i++) {
            n[i] += (float) (overlap * m[i]);
        }
        LowRankNetwork net = LowRankNetwork.withoutBias(N, K, S, 0.2, m, n,
                LowRankNetwork.gaussian(S * N, 0.5, random));
        float[] gains = new float[N];
        float[] noise = new float[N];
        Arrays.fill(gains, (float) gain);
        Arrays.fill(noise, (float) NOISE);
        return new StateSpaceModel(
                new KernelModel(net, ObservationMap.of(kind, gains, new float[N], noise), linear),
                diagonal(K, processSd * processSd), new double[K], diagonal(K, 0.01), ones(K));
    }

    /** One trial of T bins, with an input of a random sign in its middle third. */
    static SimulatedTrial of(StateSpaceModel model, int T, int warmUp, long index, SplittableRandom random) {
        LowRankNetwork net = model.model().network();
        RnnKernels kernels = KernelProvider.kernels();
        int N = net.neurons();
        int K = net.rank();
        float[] v = new float[(T + 1) * S];
        float[] u = {random.nextBoolean() ? 1 : -1};
        for (int t = 1; t <= T; t++) {
            LowRankNetwork.advanceInputs(net.alpha(), v, (t - 1) * S, t > T / 3 && t <= 2 * T / 3 ? u : new float[S], 0,
                    v, t * S, S);
        }
        float[] y = new float[T * N];
        float[] pair = new float[2 * K];
        for (int k = 0; k < K; k++) {
            pair[k] = (float) (model.start()[k]
                    + Math.sqrt(model.startCovariance()[k * K + k]) * random.nextGaussian());
        }
        float[] scratch = new float[RnnKernels.SCRATCH];
        for (int t = 1; t <= T; t++) {
            kernels.rollout(model.model(), v, (t - 1) * S, 1, pair, 0, scratch);
            for (int k = 0; k < K; k++) {
                pair[k] = (float) (pair[K + k] + Math.sqrt(model.processNoise()[k * K + k]) * random.nextGaussian());
            }
            int row = t * S;
            for (int i = 0; i < N; i++) {
                double mean = model.model().predict(i, k -> pair[k], s -> v[row + s]);
                y[(t - 1) * N + i] = (float) (model.model().kind() == Observation.COUNTS
                        ? TrialRandom.poisson(random, mean)
                        : mean + Math.sqrt(NOISE) * random.nextGaussian());
            }
        }
        return new SimulatedTrial(model, new Trial(index, index * T, T, warmUp, y, v, 0));
    }

    private static double[] diagonal(int K, double variance) {
        double[] out = new double[K * K];
        for (int k = 0; k < K; k++) {
            out[k * K + k] = variance;
        }
        return out;
    }

    private static double[] ones(int K) {
        double[] out = new double[K];
        Arrays.fill(out, 1);
        return out;
    }
}
