package kappa.ingest.recording.arrays;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import kappa.ingest.recording.Observation;

/**
 * A file of one array: bins, or trials and bins, by neurons. It is taken for counts if those are asked for, or if nothing is
 * and all its numbers are whole and from 0; else for activity. Immutable.
 */
public final class SingleArray implements SessionArrays {

    private static final int LOOKED_AT_ONCE = 1 << 16;

    private final Path file;
    private final NumericArray array;
    private final String name;
    private final List<String> neurons;

    /**
     * Looks at all numbers, unless something is asked for.
     *
     * @param neurons names; empty if the file has none
     */
    public SingleArray(Path file, NumericArray array, List<String> neurons, Optional<Observation> asked) {
        this.file = file;
        this.array = array;
        this.neurons = List.copyOf(neurons);
        boolean counts = asked.map(observation -> observation == Observation.COUNTS)
                .orElseGet(() -> holdsCounts(array));
        this.name = counts ? "counts" : "activity";
    }

    private static boolean holdsCounts(NumericArray array) {
        double[] values = new double[(int) Math.min(LOOKED_AT_ONCE, array.elements())];
        for (long from = 0; from < array.elements(); from += values.length) {
            int count = (int) Math.min(values.length, array.elements() - from);
            array.doubles(from, count, values);
            for (int i = 0; i < count; i++) {
                if (!Double.isNaN(values[i]) && !(values[i] >= 0 && values[i] == Math.rint(values[i]))) {
                    return false;
                }
            }
        }
        return true;
    }

    @Override
    public Path file() {
        return file;
    }

    @Override
    public List<String> names() {
        return neurons.isEmpty() ? List.of(name) : List.of(name, "neuron_names");
    }

    @Override
    public Optional<NumericArray> find(String wanted) {
        return wanted.equals(name) ? Optional.of(array) : Optional.empty();
    }

    @Override
    public Optional<List<String>> texts(String wanted) {
        return wanted.equals("neuron_names") && !neurons.isEmpty() ? Optional.of(neurons) : Optional.empty();
    }

    @Override
    public String listing() {
        return "one array of shape " + array.shapeText();
    }
}
