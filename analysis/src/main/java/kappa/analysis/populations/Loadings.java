package kappa.analysis.populations;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.InvalidInputException;

/** What the neurons of a network load on: a column of N for each connectivity vector, in the order m, n, W, readout. */
final class Loadings {

    /** Weights are float32: a spread below their rounding is none. */
    private static final double ROUNDING = 1e-6;

    private Loadings() {}

    /**
     * The columns as they are, [D][N].
     *
     * @param readout [O,N], or empty
     */
    static double[][] of(LowRankNetwork network, float[] readout) {
        int neurons = network.neurons();
        List<double[]> columns = new ArrayList<>();
        for (float[] rows : List.of(network.m(), network.n(), network.w(), readout)) {
            for (int from = 0; from < rows.length; from += neurons) {
                double[] column = new double[neurons];
                for (int i = 0; i < neurons; i++) {
                    column[i] = rows[from + i];
                    if (!Double.isFinite(column[i])) {
                        throw new InvalidInputException(
                                "network: loading " + columns.size() + " of neuron " + i + " is "
                                        + column[i] + ", expected a finite number");
                    }
                }
                columns.add(column);
            }
        }
        return columns.toArray(double[][]::new);
    }

    /** Columns of unit variance; one that is the same for all neurons does not tell them apart, and is left out. */
    static double[][] scaled(double[][] loadings) {
        List<double[]> columns = new ArrayList<>();
        for (double[] column : loadings) {
            double mean = Arrays.stream(column).average().orElseThrow();
            double variance = Arrays.stream(column).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
            if (Math.sqrt(variance) > ROUNDING * Math.abs(mean)) {
                double scale = 1 / Math.sqrt(variance);
                columns.add(Arrays.stream(column).map(x -> scale * x).toArray());
            }
        }
        if (columns.isEmpty()) {
            throw new InvalidInputException("network: all neurons have the same weights, expected different ones");
        }
        return columns.toArray(double[][]::new);
    }
}
