package kappa.dashboards.web;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import kappa.analysis.Snapshot;
import kappa.analysis.connectivity.VectorOverlaps;
import kappa.analysis.populations.Clustering;
import kappa.fitting.model.LowRankNetwork;

/**
 * What a frame says of two loading vectors of a snapshot, neuron by neuron.
 *
 * @param every each so many-th neuron is in the frame
 * @param population of each neuron, as an index into the populations; -1 for none
 */
record LoadingsPart(long modelVersion, long binsLearned, int neurons, int every, List<String> vectors,
        List<String> axes, List<double[]> values, int[] population) {

    /** Neurons in the scatter of loadings: more than there are pixels to tell them apart. */
    static final int SHOWN_NEURONS = 2_000;

    /** @param axes names of two vectors; the first m and n replace those that the snapshot does not have */
    static LoadingsPart of(Snapshot snapshot, List<String> axes, Optional<Clustering> populations) {
        LowRankNetwork network = snapshot.network();
        List<VectorOverlaps.Named> vectors = VectorOverlaps.vectors(network, snapshot.inputChannels(), new float[0]);
        List<String> names = vectors.stream().map(VectorOverlaps.Named::name).toList();
        int every = Math.max(1, (network.neurons() + SHOWN_NEURONS - 1) / SHOWN_NEURONS);
        int x = axes.isEmpty() ? -1 : names.indexOf(axes.get(0));
        int y = axes.size() < 2 ? -1 : names.indexOf(axes.get(1));
        int[] shown = {x < 0 ? 0 : x, y < 0 ? network.rank() : y};
        int[] population = populationOf(network.neurons(), populations);
        return new LoadingsPart(snapshot.id().version(), snapshot.id().binsLearned(), network.neurons(), every, names,
                List.of(names.get(shown[0]), names.get(shown[1])),
                Arrays.stream(shown).mapToObj(vector -> values(vectors.get(vector).values(), every)).toList(),
                IntStream.range(0, network.neurons()).filter(i -> i % every == 0).map(i -> population[i]).toArray());
    }

    /** Four digits after the point are finer than a pixel. */
    private static double[] values(double[] vector, int every) {
        return IntStream.range(0, vector.length).filter(i -> i % every == 0)
                .mapToDouble(i -> Math.rint(vector[i] * 1e4) / 1e4).toArray();
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
