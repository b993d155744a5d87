package kappa.analysis.dynamics;

import java.util.Arrays;
import kappa.fitting.model.LowRankNetwork;

/**
 * A noiseless run of a low-rank network in its K-dimensional form (see {@link LowRankNetwork}), from x = m kappa_0 + W' v_0.
 *
 * @param kappa [T+1,K] by rows; row 0 is the start
 * @param v [T+1,S] input coordinates; row 0 is the start
 * @param readout [T+1,O] by rows
 */
public record LatentTrajectory(double[] kappa, double[] v, double[] readout) {

    /**
     * Runs the network; costs O(T N (K + S)).
     *
     * @param inputs u, [T,S] by rows
     * @param kappa0 [K]
     * @param v0 [S]
     */
    public static LatentTrajectory of(LowRankNetwork network, float[] inputs, double[] kappa0, double[] v0) {
        int rank = network.rank();
        int channels = network.inputs();
        int neurons = network.neurons();
        int bins = channels == 0 ? 0 : inputs.length / channels;
        double alpha = network.alpha();
        double scale = LowRankNetwork.connectivityScale(neurons);
        double[] kappa = Arrays.copyOf(kappa0, (bins + 1) * rank);
        double[] v = Arrays.copyOf(v0, (bins + 1) * channels);
        double[] readout = new double[(bins + 1) * network.outputs()];
        double[] rates = new double[neurons];
        for (int t = 0; t <= bins; t++) {
            rates(network, kappa, t * rank, v, t * channels, rates);
            for (int o = 0; o < network.outputs(); o++) {
                readout[t * network.outputs() + o] = network.readoutScale() * dot(network.readout(), o, rates);
            }
            for (int k = 0; t < bins && k < rank; k++) {
                kappa[(t + 1) * rank + k] = (1 - alpha) * kappa[t * rank + k]
                        + alpha * scale * dot(network.n(), k, rates);
            }
            for (int s = 0; t < bins && s < channels; s++) {
                v[(t + 1) * channels + s] = (1 - alpha) * v[t * channels + s] + alpha * inputs[t * channels + s];
            }
        }
        return new LatentTrajectory(kappa, v, readout);
    }

    private static void rates(LowRankNetwork network, double[] kappa, int kappaAt, double[] v, int vAt,
            double[] rates) {
        int neurons = network.neurons();
        for (int i = 0; i < neurons; i++) {
            double x = network.b()[i];
            for (int k = 0; k < network.rank(); k++) {
                x += kappa[kappaAt + k] * network.m()[k * neurons + i];
            }
            for (int s = 0; s < network.inputs(); s++) {
                x += v[vAt + s] * network.w()[s * neurons + i];
            }
            rates[i] = LowRankNetwork.phi(x);
        }
    }

    private static double dot(float[] rows, int row, double[] rates) {
        double sum = 0;
        for (int i = 0; i < rates.length; i++) {
            sum += rows[row * rates.length + i] * rates[i];
        }
        return sum;
    }
}
