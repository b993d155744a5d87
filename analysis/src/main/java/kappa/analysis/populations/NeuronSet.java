package kappa.analysis.populations;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Neurons that are taken together, such as a population.
 *
 * @param neurons ascending indices; nobody writes to them
 */
public record NeuronSet(String name, int[] neurons) {

    public NeuronSet {
        for (int i = 0; i < neurons.length; i++) {
            if (neurons[i] < 0 || (i > 0 && neurons[i] <= neurons[i - 1])) {
                throw new IllegalArgumentException(
                        "neurons of '" + name + "' are " + Arrays.toString(neurons)
                                + ", expected ascending indices from 0");
            }
        }
    }

    /** Distinct random neurons, ascending. */
    public static int[] draw(int neurons, int count, SplittableRandom random) {
        int[] order = IntStream.range(0, neurons).toArray();
        for (int i = 0; i < count; i++) {
            int j = random.nextInt(i, neurons);
            int kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        return Arrays.stream(order, 0, count).sorted().toArray();
    }

    /** Number of neurons. */
    public int size() {
        return neurons.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NeuronSet set && name.equals(set.name) && Arrays.equals(neurons, set.neurons);
    }

    @Override
    public int hashCode() {
        return 31 * name.hashCode() + Arrays.hashCode(neurons);
    }

    @Override
    public String toString() {
        return name + " (" + neurons.length + " neurons)";
    }
}
