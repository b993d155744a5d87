package kappa.fitting.model;

import java.util.Arrays;
import kappa.ingest.recording.Observation;

/**
 * A low-rank network with its observation map, as the kernels read it: flat arrays, row by row as in
 * {@link LowRankNetwork}. The arrays are the owner's: the fitter writes to them between kernel calls, a published model's
 * never change.
 *
 * @param network the recurrent network
 * @param kind the observation map
 * @param gain [N] g
 * @param offset [N] c (zero for counts)
 * @param noise [N] variance of the observation noise; read for rates and currents by the filter only
 * @param logTwiceGain [N] log 2g; kept beside g because the likelihood of counts wants it for every spike
 * @param inverseGain [N] 1/g, likewise for its gradient
 * @param linearDynamics whether neurons drive each other by x + b in place of phi(x + b): a linear dynamical system with the
 *        same observation map, to compare with
 */
public record KernelModel(LowRankNetwork network, Observation kind, float[] gain, float[] offset, float[] noise,
        float[] logTwiceGain, float[] inverseGain, boolean linearDynamics) {

    /** A model whose log 2g is computed here. */
    public static KernelModel of(LowRankNetwork network, Observation kind, float[] gain, float[] offset,
            float[] noise) {
        KernelModel model = new KernelModel(network, kind, gain, offset, noise, new float[network.neurons()],
                new float[network.neurons()], false);
        model.gainsChanged();
        return model;
    }

    /** A model that observes each neuron as it is: g = 1, c = 0, unit noise. */
    public static KernelModel plain(LowRankNetwork network, Observation kind) {
        float[] ones = new float[network.neurons()];
        Arrays.fill(ones, 1f);
        return of(network, kind, ones, new float[network.neurons()], ones.clone());
    }

    /** The same arrays with linear dynamics. */
    public KernelModel withLinearDynamics() {
        return new KernelModel(network, kind, gain, offset, noise, logTwiceGain, inverseGain, true);
    }

    /** The model while some neurons are silent; itself without any. Shares all arrays but n. */
    public KernelModel silencing(int[] neurons) {
        return neurons.length == 0
                ? this
                : new KernelModel(network.silencing(neurons, Silencing.MASK), kind, gain, offset, noise, logTwiceGain,
                        inverseGain,
                        linearDynamics);
    }

    /** Brings log 2g and 1/g up to date after the owner has written to the gains. */
    public void gainsChanged() {
        for (int i = 0; i < gain.length; i++) {
            logTwiceGain[i] = (float) Math.log(2.0 * gain[i]);
            inverseGain[i] = 1 / gain[i];
        }
    }
}
