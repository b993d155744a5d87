package kappa.fitting.model;

import java.util.Optional;
import kappa.ingest.recording.InputBasis;

/** A recurrent network of rate units, of low or full rank. Arrays are shared, not copied, and nobody writes to them. */
public sealed interface Network permits LowRankNetwork, FullRankNetwork {

    /** N. */
    int neurons();

    /** S. */
    int inputs();

    /** Bin width over time constant. */
    double alpha();

    /** [S,N] input weights. */
    float[] w();

    /** [N] biases. */
    float[] b();

    /** [O,N] readout, or empty. */
    float[] readout();

    /** The factor of the readout: z = scale times readout phi(x + b). */
    double readoutScale();

    /** h0, [N] currents x before a trial's first bin. */
    float[] initialState();

    /** O, the number of outputs; 0 without a readout. */
    default int outputs() {
        return readout().length / neurons();
    }

    /** [N] gains of spike counts that were fitted with it; empty if unknown. */
    default float[] gain() {
        return new float[0];
    }

    /** [N] scale of the currents y = scale x + offset that it was fitted to; empty if x is in their unit. */
    default float[] currentScale() {
        return new float[0];
    }

    /** [N] offset of these currents; empty where there is no scale. */
    default float[] currentOffset() {
        return new float[0];
    }

    /** How many of its neurons, the last ones, nobody recorded. */
    default int hidden() {
        return 0;
    }

    /** What its inputs are made with, if they are not the recording's own. */
    default Optional<InputBasis> basis() {
        return Optional.empty();
    }

    /** The same with another readout, [O,N], or none, empty. */
    Network withReadout(float[] rows);

    /** The same with other currents before a trial's first bin, [N]. */
    Network withInitialState(float[] x);

    /** A copy that shares no array. */
    Network copy();

    /**
     * The network when some neurons are silent: its state has the same form, so that a run may change from one network to the
     * other between two bins.
     *
     * @param silenced neurons from 0 to N - 1, in any order
     * @throws IllegalArgumentException if one of them is not there, or none is left after {@link Silencing#DELETION}
     */
    Network silencing(int[] silenced, Silencing how);
}
