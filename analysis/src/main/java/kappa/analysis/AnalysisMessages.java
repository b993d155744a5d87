package kappa.analysis;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import kappa.analysis.connectivity.VectorOverlaps;
import kappa.analysis.populations.NeuronSet;
import kappa.fitting.model.EffectiveConnectivity;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.wire.Connectivity;
import kappa.ingest.wire.NumberOfPopulations;
import kappa.ingest.wire.Population;
import kappa.ingest.wire.Populations;

/** What the analyses find, as it is written on the wire. Stateless. */
public final class AnalysisMessages {

    private AnalysisMessages() {}

    /** With the version of the snapshot that was clustered. */
    public static Populations of(kappa.analysis.populations.Populations found, long modelVersion) {
        Populations.Builder message = Populations.newBuilder().setModelVersion(modelVersion)
                .addAllMeanConnection(list(found.connections()));
        found.populations().forEach(population -> message.addPopulations(Population.newBuilder()
                .setName(population.neurons().name()).addAllNeurons(neurons(population.neurons()))
                .addAllMean(list(population.mean())).addAllCovariance(list(population.covariance()))
                .addAllOverlaps(list(population.overlaps()))));
        found.tried().forEach(tried -> message.addNumbers(NumberOfPopulations.newBuilder()
                .setPopulations(tried.number()).setEvidence(tried.evidence()).setStability(tried.stability())));
        return message.build();
    }

    /**
     * The geometry of m, n and W, and how much of n is identifiable.
     *
     * @param readout [O,N], or empty
     * @param others further vectors, such as axes of a regression
     */
    public static Connectivity connectivity(LowRankNetwork network, List<String> channels, float[] readout,
            List<VectorOverlaps.Named> others) {
        List<VectorOverlaps.Named> vectors = new ArrayList<>(VectorOverlaps.vectors(network, channels, readout));
        vectors.addAll(others);
        VectorOverlaps overlaps = VectorOverlaps.of(vectors);
        Connectivity.Builder message = Connectivity.newBuilder().addAllVectors(overlaps.names())
                .addAllProducts(list(overlaps.products())).addAllCosines(list(overlaps.cosines()));
        double[][] projected = EffectiveConnectivity.of(network).n();
        for (int k = 0; k < network.rank(); k++) {
            double whole = 0;
            double seen = 0;
            for (int i = 0; i < network.neurons(); i++) {
                double n = network.n()[k * network.neurons() + i];
                whole += n * n;
                seen += projected[k][i] * projected[k][i];
            }
            message.addIdentifiable(whole == 0 ? 0 : seen / whole);
        }
        return message.build();
    }

    static List<Integer> neurons(NeuronSet set) {
        return Arrays.stream(set.neurons()).boxed().toList();
    }

    static List<Double> list(double[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    static List<Double> list(float[] values) {
        return IntStream.range(0, values.length).mapToObj(i -> (double) values[i]).toList();
    }
}
