package kappa.analysis.connectivity;

import java.util.ArrayList;
import java.util.List;
import kappa.fitting.model.EffectiveConnectivity;
import kappa.fitting.model.LowRankNetwork;

/**
 * The geometry of a network's connectivity vectors, and how much of n data can determine.
 *
 * @param overlaps among m, n, W, the readouts and further vectors
 * @param identifiable [K] share of |n_k|^2 within the span of m and W
 */
public record Connectivity(VectorOverlaps overlaps, double[] identifiable) {

    /**
     * The geometry of m, n and W, and how much of n is identifiable.
     *
     * @param channels S names
     * @param readout [O,N], or empty
     * @param others further vectors, such as axes of a regression
     */
    public static Connectivity of(LowRankNetwork network, List<String> channels, float[] readout,
            List<VectorOverlaps.Named> others) {
        List<VectorOverlaps.Named> vectors = new ArrayList<>(VectorOverlaps.vectors(network, channels, readout));
        vectors.addAll(others);
        double[][] projected = EffectiveConnectivity.of(network).n();
        double[] identifiable = new double[network.rank()];
        for (int k = 0; k < network.rank(); k++) {
            double whole = 0;
            double seen = 0;
            for (int i = 0; i < network.neurons(); i++) {
                double n = network.n()[k * network.neurons() + i];
                whole += n * n;
                seen += projected[k][i] * projected[k][i];
            }
            identifiable[k] = whole == 0 ? 0 : seen / whole;
        }
        return new Connectivity(VectorOverlaps.of(vectors), identifiable);
    }
}
