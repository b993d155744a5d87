package kappa.fitting.model;

import java.util.function.IntToDoubleFunction;

/**
 * What a model says the neurons do, given kappa and the input coordinates v: the mean of its {@link ObservationMap} at
 * x = m kappa + W' v. Immutable.
 */
public record ActivityPrediction(KernelModel model) {

    /**
     * The mean activity of one neuron.
     *
     * @param kappa K numbers by their index
     * @param v S numbers by their index
     * @return NaN for a neuron that the model does not have
     */
    public double mean(int neuron, IntToDoubleFunction kappa, IntToDoubleFunction v) {
        LowRankNetwork net = model.network();
        int n = net.neurons();
        if (neuron >= n) {
            return Double.NaN;
        }
        double x = 0;
        for (int k = 0; k < net.rank(); k++) {
            x += net.m()[k * n + neuron] * kappa.applyAsDouble(k);
        }
        for (int s = 0; s < net.inputs(); s++) {
            x += net.w()[s * n + neuron] * v.applyAsDouble(s);
        }
        return model.map().mean(neuron, x, LowRankNetwork.phi(x + net.b()[neuron]));
    }
}
