package kappa.dashboards.reproduce;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import kappa.fitting.model.LowRankNetwork;

/** The four populations of a rank-2 network with bimodal loadings: signs of m_k + n_k, and connections among them. Stateless. */
final class Quadrants {

    private Quadrants() {}

    /** In the order (+, +), (+, -), (-, +), (-, -) of z1 and z2. */
    static List<int[]> of(LowRankNetwork network) {
        double[] first = sum(network, 0);
        double[] second = sum(network, 1);
        List<int[]> populations = new ArrayList<>();
        for (int sign1 : new int[]{1, -1}) {
            for (int sign2 : new int[]{1, -1}) {
                populations.add(IntStream.range(0, first.length)
                        .filter(i -> sign1 * first[i] > 0 && sign2 * second[i] > 0).toArray());
            }
        }
        return populations;
    }

    private static double[] sum(LowRankNetwork network, int k) {
        double[] m = Vectors.m(network, k);
        double[] n = Vectors.n(network, k);
        for (int i = 0; i < m.length; i++) {
            m[i] += n[i];
        }
        return m;
    }

    /** N J from neuron j to neuron i: sum_k m_ik n_jk. */
    static double connection(LowRankNetwork network, int to, int from) {
        double sum = 0;
        for (int k = 0; k < network.rank(); k++) {
            sum += (double) network.m()[k * network.neurons() + to] * network.n()[k * network.neurons() + from];
        }
        return sum;
    }

    static double mean(LowRankNetwork network, int[] to, int[] from) {
        double sum = 0;
        for (int i : to) {
            for (int j : from) {
                sum += connection(network, i, j);
            }
        }
        return sum / ((double) to.length * from.length);
    }

    static double standardDeviation(LowRankNetwork network, int[] to, int[] from) {
        double mean = mean(network, to, from);
        double sum = 0;
        for (int i : to) {
            for (int j : from) {
                double off = connection(network, i, j) - mean;
                sum += off * off;
            }
        }
        return Math.sqrt(sum / ((double) to.length * from.length));
    }
}
