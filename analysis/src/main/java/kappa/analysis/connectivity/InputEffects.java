package kappa.analysis.connectivity;

import java.util.List;
import java.util.stream.IntStream;
import kappa.analysis.populations.NeuronSet;
import kappa.fitting.model.LowRankNetwork;

/**
 * What an input that is held does to the others and to each population, by the slopes phi' of the neurons at kappa = 0 (Valente
 * 2019, equations 4.14 and 4.15; Valente, Pillow and Ostojic 2022 for the gating by context):
 *
 * <pre>
 * gating_ks = (1/N) sum_i n_ki phi'(x_i) W_si        sigma_kl of a population = (1/N) sum_{i in it} n_ki phi'(x_i) m_li
 * </pre>
 *
 * @param gating how much of each input reaches each kappa, [K,S] by rows
 * @param populations each with its part of the effective overlaps, which add up to those of the network
 */
public record InputEffects(double[] gating, List<OfPopulation> populations) {

    /**
     * One population.
     *
     * @param meanSlope the mean of phi' over its neurons, in (0, 1]
     * @param effectiveOverlaps its part, [K,K] by rows
     */
    public record OfPopulation(String name, double meanSlope, double[] effectiveOverlaps) {}

    /**
     * Costs O(N K (K + S)).
     *
     * @param drive u [S]
     */
    public static InputEffects of(LowRankNetwork network, double[] drive, List<NeuronSet> populations) {
        double[] slopes = Linearisation.slopes(network, drive, new double[network.rank()]);
        int[] all = IntStream.range(0, slopes.length).toArray();
        return new InputEffects(weighted(network, slopes, network.w(), network.inputs(), all),
                populations.stream().map(set -> new OfPopulation(set.name(),
                        IntStream.of(set.neurons()).mapToDouble(i -> slopes[i]).average().orElse(Double.NaN),
                        weighted(network, slopes, network.m(), network.rank(), set.neurons()))).toList());
    }

    /** (1/N) sum over some neurons of n_ki phi'_i v_ji, [K,J] by rows. */
    private static double[] weighted(LowRankNetwork network, double[] slopes, float[] vectors, int count,
            int[] neurons) {
        int size = network.neurons();
        double[] out = new double[network.rank() * count];
        for (int k = 0; k < network.rank(); k++) {
            for (int j = 0; j < count; j++) {
                double sum = 0;
                for (int i : neurons) {
                    sum += slopes[i] * network.n()[k * size + i] * vectors[j * size + i];
                }
                out[k * count + j] = LowRankNetwork.connectivityScale(size) * sum;
            }
        }
        return out;
    }
}
