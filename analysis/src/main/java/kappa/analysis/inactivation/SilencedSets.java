package kappa.analysis.inactivation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import kappa.analysis.populations.NeuronSet;
import kappa.analysis.populations.Populations;
import kappa.fitting.network.LowRankNetwork;
import kappa.fitting.network.NetworkFile;
import kappa.fitting.network.TrialRandom;
import kappa.ingest.session.InvalidInputException;

/** Sets of neurons worth silencing. Only recorded neurons are in them. Stateless. */
public final class SilencedSets {

    /** A population is the neurons that load most on a context: a fifth of them, and a hundred at most. */
    private static final int LARGEST = 100;
    private static final int SHARE = 5;

    private SilencedSets() {}

    /**
     * For each context channel the neurons that load most on it, and, where there are several, a division of all neurons by the
     * context channel that each loads on most. The first sets may overlap; the division says which neurons a context can do
     * without.
     */
    public static List<NeuronSet> ofContexts(NetworkFile.LowRank fit, TaskConditions conditions,
            List<String> inputNames) {
        LowRankNetwork recorded = fit.recorded();
        int neurons = recorded.neurons();
        List<Integer> channels = conditions.contextChannels();
        List<NeuronSet> sets = new ArrayList<>();
        int count = Math.clamp(neurons / SHARE, 1, LARGEST);
        for (int channel : channels) {
            sets.add(Populations.loadingMost(recorded, channel, count,
                    inputNames.get(channel) + ", " + count + " largest"));
        }
        for (int channel : channels.size() > 1 ? channels : List.<Integer>of()) {
            int[] members = IntStream.range(0, neurons)
                    .filter(i -> channels.stream()
                            .allMatch(other -> other == channel || isLarger(recorded, channel, other, i)))
                    .toArray();
            if (members.length > 0) {
                sets.add(new NeuronSet(inputNames.get(channel) + ", most of all", members));
            }
        }
        return sets;
    }

    /** Of two equal loadings the first channel's counts as larger. */
    private static boolean isLarger(LowRankNetwork network, int channel, int other, int neuron) {
        double one = Math.abs(network.w()[channel * network.neurons() + neuron]);
        double two = Math.abs(network.w()[other * network.neurons() + neuron]);
        return one > two || (one == two && channel < other);
    }

    /** Random neurons, the same for equal arguments. */
    public static NeuronSet random(int neurons, int size, long seed) {
        SplittableRandom random = TrialRandom.of(seed, size);
        int[] order = IntStream.range(0, neurons).toArray();
        for (int i = 0; i < size; i++) {
            int j = random.nextInt(i, neurons);
            int kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        return new NeuronSet("random " + size + ", seed " + seed, Arrays.stream(order, 0, size).sorted().toArray());
    }

    /**
     * Neurons that someone wrote down, such as {@code 0,5,7-20}.
     *
     * @param neurons how many there are
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
