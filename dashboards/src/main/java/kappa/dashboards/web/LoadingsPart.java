package kappa.dashboards.web;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import kappa.analysis.Snapshot;
import kappa.analysis.populations.Clustering;
import kappa.fitting.model.LowRankNetwork;

/**
 * What a frame says of two loading vectors of a snapshot, neuron by neuron.
 *
 * @param neurons of the network
 * @param every each so many-th neuron is in the frame
 * @param vectors names of all vectors
 * @param axes names of the two
 * @param values of the two
 * @param population of each neuron, as an index into the populations; -1 for none
 */
record LoadingsPart(long modelVersion, long binsLearned, int neurons, int every, List<String> vectors,
        List<String> axes, List<double[]> values, int[] population) {

    /** Neurons in the scatter of loadings: more than there are pixels to tell them apart. */
    static final int SHOWN_NEURONS = 2_000;

    /** @param axes names of two vectors; the first m and n replace those that the snapshot does not have */
    static LoadingsPart of(Snapshot snapshot, List<String> axes, Optional<Clustering> populations) {
        LowRankNetwork network = snapshot.network();
        List<String> vectors = vectors(network.rank(), snapshot.inputChannels());
        int every = Math.max(1, (network.neurons() + SHOWN_NEURONS - 1) / SHOWN_NEURONS);
        int x = axes.isEmpty() ? -1 : vectors.indexOf(axes.get(0));
        int y = axes.size() < 2 ? -1 : vectors.indexOf(axes.get(1));
        int[] shown = {x < 0 ? 0 : x, y < 0 ? network.rank() : y};
        int[] population = populationOf(network.neurons(), populations);
        return new LoadingsPart(snapshot.id().version(), snapshot.id().binsLearned(), network.neurons(), every,
                vectors, List.of(vectors.get(shown[0]), vectors.get(shown[1])),
                Arrays.stream(shown).mapToObj(vector -> values(network, vector, every)).toList(),
                IntStream.range(0, network.neurons()).filter(i -> i % every == 0).map(i -> population[i]).toArray());
    }

    /** Names as the analysis has them: m, n (m 1, m 2, .. if there are several) and the input channels. */
    private static List<String> vectors(int rank, List<String> channels) {
        List<String> names = new ArrayList<>();
        for (String letter : List.of("m", "n")) {
            for (int k = 1; k <= rank; k++) {
                names.add(rank == 1 ? letter : letter + " " + k);
            }
        }
        names.addAll(channels);
        return names;
    }

    private static double[] values(LowRankNetwork network, int vector, int every) {
        int rank = network.rank();
        float[] of = vector < rank ? network.m() : vector < 2 * rank ? network.n() : network.w();
        int row = vector < 2 * rank ? vector % rank : vector - 2 * rank;
        // Four digits after the point are finer than a pixel.
        return IntStream.range(0, network.neurons()).filter(i -> i % every == 0)
                .mapToDouble(i -> Math.rint(of[row * network.neurons() + i] * 1e4) / 1e4).toArray();
    }

    private static int[] populationOf(int neurons, Optional<Clustering> found) {
        int[] of = new int[neurons];
        Arrays.fill(of, -1);
        found.ifPresent(clustering -> {
            for (int p = 0; p < clustering.populations().size(); p++) {
                for (int i : clustering.populations().get(p).neurons().neurons()) {
                    if (i < neurons) {
                        of[i] = p;
                    }
                }
            }
        });
        return of;
    }
}
