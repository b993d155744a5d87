package kappa.fitting.model;

import java.util.Arrays;

/**
 * The effect of silencing a set A of neurons on a network, and the owner of this convention. No neuron of A drives
 * another neuron or the readout: J's columns and the readout's entries of A are 0. What comes in to A stays, so that
 * its currents go on as a voltage does under optogenetic silencing of the spikes, and neurons keep their numbers.
 */
public enum Silencing {

    /** r_i = 0 for i in A, N kept: an experiment that silences neurons leaves the others' connections as they are. */
    MASK {
        @Override
        double factor(int neurons, int silenced) {
            return 1;
        }
    },

    /**
     * The units are deleted from a low-rank network, whose connectivity is then m n'/(N - |A|): what is left is stronger by
     * N/(N - |A|), and so is the readout. Valente, Pillow &amp; Ostojic 2022 compute it so. A full-rank network has no scale, and
     * deleting is masking.
     */
    DELETION {
        @Override
        double factor(int neurons, int silenced) {
            return LowRankNetwork.connectivityScale(neurons - silenced) / LowRankNetwork.connectivityScale(neurons);
        }
    };

    /** By how much the rows n and readout of the neurons that are left are multiplied. */
    abstract double factor(int neurons, int silenced);

    /** Rows [.., N] with the columns of A set to 0 and, in a low-rank network, the rest rescaled; a fresh array. */
    public float[] outgoing(float[] rows, int neurons, int[] silenced, boolean scaled) {
        boolean[] out = chosen(neurons, silenced);
        int count = 0;
        for (boolean chosen : out) {
            count += chosen ? 1 : 0;
        }
        if (count == neurons && this == DELETION) {
            throw new IllegalArgumentException("all " + neurons + " neurons deleted, expected some to be left");
        }
        float factor = scaled ? (float) factor(neurons, count) : 1;
        float[] result = rows.clone();
        for (int j = 0; j < result.length; j++) {
            result[j] = out[j % neurons] ? 0 : result[j] * factor;
        }
        return result;
    }

    private static boolean[] chosen(int neurons, int[] silenced) {
        boolean[] chosen = new boolean[neurons];
        for (int i : silenced) {
            if (i < 0 || i >= neurons) {
                throw new IllegalArgumentException("neurons " + Arrays.toString(silenced) + ": " + i
                        + ", expected 0 to " + (neurons - 1));
            }
            chosen[i] = true;
        }
        return chosen;
    }
}
