package kappa.analysis.connectivity;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.InvalidInputException;

/**
 * The geometry of vectors over the same N neurons: m_k, n_k, W_s, readouts, regression axes (Valente 2019, chapters 3
 * to 5).
 *
 * @param names [V]
 * @param products a'b/N, [V,V] by rows
 * @param cosines a'b / (|a| |b|), [V,V] by rows; 0 with a vector of zeros
 */
public record VectorOverlaps(List<String> names, double[] products, double[] cosines) {

    /**
     * A vector with its name.
     *
     * @param values [N]
     */
    public record Named(String name, double[] values) {}

    /**
     * All vectors of a network: m_1 .. m_K, n_1 .. n_K (m and n alone if K = 1), W by channel, and the readouts.
     *
     * @param channels S names
     * @param readout [O,N], or empty
     */
    public static List<Named> vectors(LowRankNetwork network, List<String> channels, float[] readout) {
        int neurons = network.neurons();
        if (channels.size() != network.inputs()) {
            throw new InvalidInputException("input channels: " + channels.size() + " names, expected "
                    + network.inputs());
        }
        List<Named> vectors = new ArrayList<>();
        add(vectors, network.m(), neurons, numbered("m", network.rank()));
        add(vectors, network.n(), neurons, numbered("n", network.rank()));
        add(vectors, network.w(), neurons, channels);
        add(vectors, readout, neurons, numbered("readout", readout.length / neurons));
        return vectors;
    }

    private static List<String> numbered(String name, int count) {
        List<String> names = new ArrayList<>();
        for (int k = 1; k <= count; k++) {
            names.add(count == 1 ? name : name + " " + k);
        }
        return names;
    }

    private static void add(List<Named> vectors, float[] rows, int neurons, List<String> names) {
        for (int row = 0; row < names.size(); row++) {
            double[] values = new double[neurons];
            for (int i = 0; i < neurons; i++) {
                values[i] = rows[row * neurons + i];
            }
            vectors.add(new Named(names.get(row), values));
        }
    }

    /** Costs O(V^2 N). */
    public static VectorOverlaps of(List<Named> vectors) {
        int count = vectors.size();
        double[] sums = new double[count * count];
        for (int a = 0; a < count; a++) {
            double[] left = vectors.get(a).values;
            for (int b = 0; b <= a; b++) {
                double[] right = vectors.get(b).values;
                if (left.length != right.length) {
                    throw new IllegalArgumentException("'" + vectors.get(a).name + "' has " + left.length
                            + " elements, expected " + right.length + " as '" + vectors.get(b).name + "' has");
                }
                double sum = 0;
                for (int i = 0; i < left.length; i++) {
                    sum += left[i] * right[i];
                }
                sums[a * count + b] = sum;
                sums[b * count + a] = sum;
            }
        }
        double scale = count == 0 ? 1 : LowRankNetwork.connectivityScale(vectors.getFirst().values.length);
        double[] products = Arrays.stream(sums).map(sum -> scale * sum).toArray();
        double[] cosines = new double[count * count];
        for (int a = 0; a < count; a++) {
            for (int b = 0; b < count; b++) {
                double norms = Math.sqrt(sums[a * count + a]) * Math.sqrt(sums[b * count + b]);
                cosines[a * count + b] = norms == 0 ? 0 : sums[a * count + b] / norms;
            }
        }
        return new VectorOverlaps(vectors.stream().map(Named::name).toList(), products, cosines);
    }
}
