package kappa.fitting.baseline;

import kappa.fitting.model.Start;
import kappa.fitting.model.Trial;

/**
 * Predicts every bin of a session from its inputs so far and the bins before it. For each bin {@link #predict}, then
 * {@link #observe}; parameters change in {@link #learn} only, between trials. Not thread-safe.
 */
interface Predictor {

    /** A trial or segment begins. */
    default void begin(Start start) {}

    /**
     * Writes what is expected of the next bin: mean counts (above 0), rates or currents.
     *
     * @param u [S] inputs of that bin
     * @param out [N]
     */
    void predict(float[] u, float[] out);

    /** Is shown the bin, [N], NaN where not observed. */
    void observe(float[] y);

    /** Learns from the trial that was just predicted. */
    default void learn(Trial trial) {}
}
