package kappa.analysis;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import kappa.analysis.populations.NeuronSet;
import kappa.ingest.wire.NumberOfPopulations;
import kappa.ingest.wire.Population;
import kappa.ingest.wire.Populations;

/** What the analyses find, as it is written on the wire. Stateless. */
final class AnalysisMessages {

    private AnalysisMessages() {}

    static Populations of(kappa.analysis.populations.Populations found, long modelVersion) {
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
