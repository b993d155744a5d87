package kappa.fitting.kernel;

import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.recording.Observation;

/** The gradient of a group of windows in plain code: the reference, and the only implementation for linear dynamics. */
final class ScalarWindows extends WindowGroup {

    ScalarWindows(int neurons, int rank, int inputs, int capacity, int maxBins) {
        super(neurons, rank, inputs, capacity, maxBins);
    }

    @Override
    public void addGradient(PackedModel model, Gradient gradient, Team team) {
        addGradient(this, model.model(), gradient);
    }

    static void addGradient(WindowGroup group, KernelModel model, Gradient gradient) {
        for (int w = 0; w < group.count(); w++) {
            rollout(group, w, model);
            backward(group, w, model, gradient);
        }
    }

    private static void rollout(WindowGroup group, int w, KernelModel model) {
        LowRankNetwork net = model.network();
        int N = net.neurons();
        int K = net.rank();
        double[] sums = new double[K];
        for (int t = 0; t < group.bins[w]; t++) {
            int now = group.at(w, t);
            for (int k = 0; k < K; k++) {
                sums[k] = 0;
            }
            for (int i = 0; i < N; i++) {
                double r = ScalarKernels.output(model,
                        ScalarKernels.current(net, group.state, now, group.state, now + K, i) + net.b()[i]);
                for (int k = 0; k < K; k++) {
                    sums[k] += net.n()[k * N + i] * r;
                }
            }
            for (int k = 0; k < K; k++) {
                group.state[group.at(w, t + 1) + k] = (float) ((1 - net.alpha()) * group.state[now + k]
                        + net.alpha() * LowRankNetwork.connectivityScale(N) * sums[k]);
            }
        }
    }

    private static void backward(WindowGroup group, int w, KernelModel model, Gradient gradient) {
        LowRankNetwork net = model.network();
        int N = net.neurons();
        int K = net.rank();
        int S = net.inputs();
        double alpha = net.alpha();
        double step = alpha * LowRankNetwork.connectivityScale(N);
        double scale = group.scale[w];
        float[] state = group.state;
        double[] adjoint = new double[K];
        double[] earlier = new double[K];
        for (int t = group.bins[w]; t >= 0; t--) {
            int now = group.at(w, t);
            for (int k = 0; k < K; k++) {
                earlier[k] = (1 - alpha) * adjoint[k];
            }
            for (int i = 0; i < N; i++) {
                double x = ScalarKernels.current(net, state, now, state, now + K, i);
                double r = LowRankNetwork.phi(x + net.b()[i]);
                double sent = ScalarKernels.output(model, x + net.b()[i]);
                double back = 0;
                for (int k = 0; k < K; k++) {
                    back += net.n()[k * N + i] * adjoint[k];
                    gradient.n()[k * N + i] += (float) (step * sent * adjoint[k]);
                }
                double delta = ScalarKernels.slope(model, sent) * step * back;
                double throughBias = delta;
                if (t > 0) {
                    double seen = group.y[w][group.yOffset[w] + (t - 1) * N + i];
                    double slope = scale * ScalarKernels.lossSlope(model, seen, x, r, i, scale, gradient);
                    delta += slope;
                    throughBias += model.kind() == Observation.CURRENTS ? 0 : slope;
                }
                gradient.b()[i] += (float) throughBias;
                for (int k = 0; k < K; k++) {
                    earlier[k] += net.m()[k * N + i] * delta;
                    gradient.m()[k * N + i] += (float) (delta * state[now + k]);
                }
                for (int s = 0; s < S; s++) {
                    gradient.w()[s * N + i] += (float) (delta * state[now + K + s]);
                }
            }
            System.arraycopy(earlier, 0, adjoint, 0, K);
        }
        for (int k = 0; k < K; k++) {
            group.adjoint[w * K + k] = (float) adjoint[k];
        }
    }
}
