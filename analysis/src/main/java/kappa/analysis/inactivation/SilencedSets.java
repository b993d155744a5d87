package kappa.analysis.inactivation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import kappa.analysis.populations.NeuronSet;
import kappa.analysis.populations.Populations;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.TrialRandom;
import kappa.ingest.InvalidInputException;

/** Sets of neurons worth silencing. Only recorded neurons are in them. Stateless. */
public final class SilencedSets {

    /** A population is the neurons that load most on a context: a fifth of them, and a hundred at most. */
    private static final int LARGEST = 100;
    private static final int SHARE = 5;
    private static final int MOST_INPUTS = 4;

    private SilencedSets() {}

    /**
     * For each context channel the neurons that load most on it; and where there are several contexts, all neurons divided by
     * the context in which the fitted current through each is largest in the mean. The second says which neurons a context
     * drives, however the fit shares that out between W and m: the weights of a constant input and a constant kappa are not told
     * apart by data, and in fits to full-rank networks |W| alone divides the neurons worse (measured for ranks 1 to 3: R2 of the
     * change .76 to .97 by |W|, .89 to .96 by currents).
     */
    public static List<NeuronSet> ofContexts(Inactivation fitted, TaskConditions conditions) {
        LowRankNetwork recorded = fitted.network().recorded();
        int neurons = recorded.neurons();
        List<NeuronSet> sets = new ArrayList<>();
        int count = Math.clamp(neurons / SHARE, 1, LARGEST);
        for (int channel : conditions.contextChannels()) {
            sets.add(Populations.loadingMost(recorded, channel, count,
                    fitted.seen().inputNames().get(channel) + ", " + count + " largest"));
        }
        int contexts = conditions.contexts().size();
        double[][] currents = new double[contexts][];
        Arrays.setAll(currents, c -> fitted.meanCurrents(conditions.trialsOf(c)));
        for (int c = 0; c < contexts && contexts > 1; c++) {
            int context = c;
            int[] members = IntStream.range(0, neurons).filter(i -> largest(currents, i) == context).toArray();
            if (members.length > 0) {
                sets.add(new NeuronSet("driven most by " + conditions.contexts().get(c), members));
            }
        }
        return sets;
    }

    /** For each of the session's own first inputs the neurons that load most on it. */
    public static List<NeuronSet> ofInputs(Inactivation fitted) {
        LowRankNetwork recorded = fitted.network().recorded();
        int count = Math.clamp(recorded.neurons() / SHARE, 1, LARGEST);
        List<String> names = fitted.seen().inputNames();
        return IntStream.range(0, Math.min(MOST_INPUTS, names.size()))
                .mapToObj(channel -> Populations.loadingMost(recorded, channel, count,
                        names.get(channel) + ", " + count + " largest"))
                .toList();
    }

    /** The first of the contexts whose current through a neuron is largest in size. */
    private static int largest(double[][] currents, int neuron) {
        int largest = 0;
        for (int c = 1; c < currents.length; c++) {
            largest = Math.abs(currents[c][neuron]) > Math.abs(currents[largest][neuron]) ? c : largest;
        }
        return largest;
    }

    /** Random neurons, the same for equal arguments. */
    public static NeuronSet random(int neurons, int size, long seed) {
        return new NeuronSet("random " + size + ", seed " + seed,
                NeuronSet.draw(neurons, size, TrialRandom.of(seed, size)));
    }

    /**
     * Neurons that someone wrote down, such as {@code 0,5,7-20}.
     *
     * @throws InvalidInputException if the text is something else, or names a neuron that is not there
     */
    public static NeuronSet parse(String name, String text, int neurons) {
        List<Integer> members = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            String[] ends = part.strip().split("-", -1);
            try {
                int first = Integer.parseInt(ends[0].strip());
                int last = Integer.parseInt(ends[ends.length - 1].strip());
                if (ends.length > 2 || first < 0 || last < first || last >= neurons) {
                    throw invalid(name, part, neurons);
                }
                IntStream.rangeClosed(first, last).forEach(members::add);
            } catch (NumberFormatException e) {
                throw invalid(name, part, neurons);
            }
        }
        return new NeuronSet(name, members.stream().mapToInt(Integer::intValue).sorted().distinct().toArray());
    }

    private static InvalidInputException invalid(String name, String part, int neurons) {
        return new InvalidInputException("set '" + name + "': \"" + part.strip() + "\", expected neurons from 0 to "
                + (neurons - 1) + ", such as 0,5,7-20");
    }
}
