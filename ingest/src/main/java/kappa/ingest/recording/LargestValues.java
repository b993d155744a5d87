package kappa.ingest.recording;

import java.util.Arrays;

/** The largest values of each neuron and the bins that they are in. Not thread-safe. */
final class LargestValues {

    /** Values kept for a neuron. */
    private static final int KEPT = 16;

    private final float[] values; // [N,KEPT], falling
    private final long[] bins;
    private final int[] size;
    private final float[] least; // of those kept of a neuron, if there is no room for more
    private long outBin;

    LargestValues(int neurons) {
        values = new float[neurons * KEPT];
        bins = new long[neurons * KEPT];
        size = new int[neurons];
        least = new float[neurons];
        Arrays.fill(least, Float.NEGATIVE_INFINITY);
    }

    /**
     * Takes a value if it is among the largest.
     *
     * @return the value that is not, or no longer; NaN if there was room for all
     */
    float offer(int neuron, float value, long bin) {
        outBin = bin;
        if (value <= least[neuron]) {
            return value;
        }
        int from = neuron * KEPT;
        int last = from + KEPT - 1;
        float out = size[neuron] == KEPT ? values[last] : Float.NaN;
        outBin = bins[last];
        size[neuron] = Math.min(KEPT, size[neuron] + 1);
        int at = from + size[neuron] - 1;
        for (; at > from && values[at - 1] < value; at--) {
            values[at] = values[at - 1];
            bins[at] = bins[at - 1];
        }
        values[at] = value;
        bins[at] = bin;
        if (size[neuron] == KEPT) {
            least[neuron] = values[last];
        }
        return out;
    }

    /** The bin of the value that {@link #offer} returned last. */
    long outBin() {
        return outBin;
    }

    /** How many values of a neuron are kept. */
    int size(int neuron) {
        return size[neuron];
    }

    /** @param rank 0 for the largest */
    float value(int neuron, int rank) {
        return values[neuron * KEPT + rank];
    }

    long bin(int neuron, int rank) {
        return bins[neuron * KEPT + rank];
    }
}
