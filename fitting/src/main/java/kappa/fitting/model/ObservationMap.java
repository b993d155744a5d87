package kappa.fitting.model;

import java.util.Arrays;
import kappa.ingest.recording.Observation;

/**
 * How activity follows from a neuron's current x and rate r = phi(x + b), with gain g and offset c; the owner of these three
 * equations:
 *
 * <pre>
 * rates     y = g r + c + noise
 * currents  y = g x + c + noise
 * counts    y ~ Poisson(g (1 + r))
 * </pre>
 *
 * <p>The arrays are the owner's: the fitter writes to them between kernel calls, a published map's never change.
 *
 * @param gain [N] g
 * @param offset [N] c (zero for counts)
 * @param noise [N] variance of the observation noise; read for rates and currents by the filter only
 * @param logTwiceGain [N] log 2g; kept beside g because the likelihood of counts reads it for every spike
 * @param inverseGain [N] 1/g, likewise for its gradient
 */
public record ObservationMap(Observation kind, float[] gain, float[] offset, float[] noise, float[] logTwiceGain,
        float[] inverseGain) {

    /** A map whose log 2g and 1/g are computed here. */
    public static ObservationMap of(Observation kind, float[] gain, float[] offset, float[] noise) {
        ObservationMap map = new ObservationMap(kind, gain, offset, noise, new float[gain.length],
                new float[gain.length]);
        map.gainsChanged();
        return map;
    }

    /** A map that observes each neuron as it is: g = 1, c = 0, unit noise. */
    public static ObservationMap plain(Observation kind, int neurons) {
        float[] ones = new float[neurons];
        Arrays.fill(ones, 1f);
        return of(kind, ones, new float[neurons], ones.clone());
    }

    /** Brings log 2g and 1/g up to date after the owner has written to the gains. */
    public void gainsChanged() {
        for (int i = 0; i < gain.length; i++) {
            logTwiceGain[i] = (float) Math.log(2.0 * gain[i]);
            inverseGain[i] = 1 / gain[i];
        }
    }

    /** The mean activity of a neuron with g = 1 and c = 0, from its current x and its rate r = phi(x + b). */
    public static double unscaled(Observation kind, double current, double rate) {
        return switch (kind) {
            case COUNTS -> 1 + rate;
            case RATES -> rate;
            case CURRENTS -> current;
        };
    }

    /** The mean activity of one neuron, from its current x and its rate r = phi(x + b). */
    public double mean(int neuron, double current, double rate) {
        return gain[neuron] * unscaled(kind, current, rate) + offset[neuron];
    }

    /** Turns rates r, [N], into mean counts g (1 + r), in place. */
    public void countsOfRates(float[] rates) {
        for (int i = 0; i < rates.length; i++) {
            rates[i] = gain[i] * (1 + rates[i]);
        }
    }
}
