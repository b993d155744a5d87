package kappa.analysis.populations;

import java.util.Arrays;

/**
 * Agreement of two partitions of the same neurons, corrected for chance (Hubert &amp; Arabie 1985): with n_ab neurons
 * in part a of one and b of the other,
 *
 * <pre>
 * ARI = (S - A B / T) / ((A + B) / 2 - A B / T)
 * S = sum_ab C(n_ab, 2)      A = sum_a C(n_a, 2)      B = sum_b C(n_b, 2)      T = C(N, 2)
 * </pre>
 *
 * <p>1 for equal partitions, whatever their labels, and 0 on average for independent ones. Stateless.
 */
public final class AdjustedRandIndex {

    private AdjustedRandIndex() {}

    /**
     * @param first part of each neuron, from 0
     * @param second part of each neuron, from 0
     * @return 1 where there is nothing to disagree on: both have one part only, or one for each neuron
     */
    public static double of(int[] first, int[] second) {
        if (first.length != second.length || first.length == 0) {
            throw new IllegalArgumentException("partitions of " + first.length + " and " + second.length
                    + " neurons, expected two of the same");
        }
        int rows = Arrays.stream(first).max().getAsInt() + 1;
        int columns = Arrays.stream(second).max().getAsInt() + 1;
        long[] table = new long[rows * columns];
        for (int i = 0; i < first.length; i++) {
            table[first[i] * columns + second[i]]++;
        }
        long[] rowSums = new long[rows];
        long[] columnSums = new long[columns];
        double both = 0;
        for (int a = 0; a < rows; a++) {
            for (int b = 0; b < columns; b++) {
                both += pairs(table[a * columns + b]);
                rowSums[a] += table[a * columns + b];
                columnSums[b] += table[a * columns + b];
            }
        }
        double one = Arrays.stream(rowSums).mapToDouble(AdjustedRandIndex::pairs).sum();
        double other = Arrays.stream(columnSums).mapToDouble(AdjustedRandIndex::pairs).sum();
        double all = pairs(first.length);
        double chance = all == 0 ? 0 : one * other / all;
        double most = 0.5 * (one + other);
        return most == chance ? 1 : (both - chance) / (most - chance);
    }

    private static double pairs(long count) {
        return 0.5 * count * (count - 1);
    }
}
