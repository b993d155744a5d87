package kappa.fitting.model;

import java.util.function.IntToDoubleFunction;
import kappa.ingest.recording.Observation;

/**
 * A low-rank network with its observation map, as the kernels read it: flat arrays, row by row as in
 * {@link LowRankNetwork}.
 *
 * @param linearDynamics whether neurons drive each other by x + b in place of phi(x + b): a linear dynamical system with the
 *        same observation map, to compare with
 */
public record KernelModel(LowRankNetwork network, ObservationMap map, boolean linearDynamics) {

    /** A model of tanh units with this observation map. */
    public static KernelModel of(LowRankNetwork network, Observation kind, float[] gain, float[] offset,
            float[] noise) {
        return new KernelModel(network, ObservationMap.of(kind, gain, offset, noise), false);
    }

    /** A model that observes each neuron as it is: g = 1, c = 0, unit noise. */
    public static KernelModel plain(LowRankNetwork network, Observation kind) {
        return new KernelModel(network, ObservationMap.plain(kind, network.neurons()), false);
    }

    /** The same arrays with linear dynamics. */
    public KernelModel withLinearDynamics() {
        return new KernelModel(network, map, true);
    }

    /** The model while some neurons are silent; itself without any. Shares all arrays but n. */
    public KernelModel silencing(int[] neurons) {
        return neurons.length == 0
                ? this
                : new KernelModel(network.silencing(neurons, Silencing.MASK), map, linearDynamics);
    }

    public Observation kind() {
        return map.kind();
    }

    /** [N] g. */
    public float[] gain() {
        return map.gain();
    }

    /** [N] c. */
    public float[] offset() {
        return map.offset();
    }

    /** [N] variance of the observation noise. */
    public float[] noise() {
        return map.noise();
    }

    /**
     * The mean activity of one neuron at a latent state: g (1 + phi(x + b)) for counts, g phi(x + b) + c for rates, g x + c for
     * currents, with x = m kappa + W' v. Without noise or tracked gains.
     *
     * @param kappa K numbers by their index
     * @param v S numbers by their index
     * @return NaN for a neuron that the model does not have
     */
    public double predict(int neuron, IntToDoubleFunction kappa, IntToDoubleFunction v) {
        int N = network.neurons();
        if (neuron >= N) {
            return Double.NaN;
        }
        boolean rate = map.kind() != Observation.CURRENTS;
        double x = rate ? network.b()[neuron] : 0;
        for (int k = 0; k < network.rank(); k++) {
            x += network.m()[k * N + neuron] * kappa.applyAsDouble(k);
        }
        for (int s = 0; s < network.inputs(); s++) {
            x += network.w()[s * N + neuron] * v.applyAsDouble(s);
        }
        return map.mean(neuron, x, rate ? LowRankNetwork.phi(x) : 0);
    }
}
