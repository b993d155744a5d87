package kappa.dashboards.reproduce;

import kappa.fitting.model.LowRankNetwork;

/** Single connectivity vectors of a network, [N]. Stateless. */
final class Vectors {

    private Vectors() {}

    static double[] m(LowRankNetwork network, int k) {
        return row(network.m(), k, network.neurons());
    }

    static double[] n(LowRankNetwork network, int k) {
        return row(network.n(), k, network.neurons());
    }

    static double[] w(LowRankNetwork network, int s) {
        return row(network.w(), s, network.neurons());
    }

    private static double[] row(float[] matrix, int row, int neurons) {
        double[] values = new double[neurons];
        for (int i = 0; i < neurons; i++) {
            values[i] = matrix[row * neurons + i];
        }
        return values;
    }
}
