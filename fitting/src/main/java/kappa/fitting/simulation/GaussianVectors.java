package kappa.fitting.simulation;

import java.util.SplittableRandom;

/**
 * The Gaussian vectors that hand-built networks are sums of, [count,N]. At finite N their sums differ from the limit of many
 * neurons by terms of order 1/sqrt(N); orthogonal and mirrored vectors take the first of these terms out. Stateless.
 */
final class GaussianVectors {

    private GaussianVectors() {}

    /** Independent standard Gaussian numbers, drawn neuron by neuron. */
    static double[][] independent(int count, int neurons, SplittableRandom random) {
        double[][] x = new double[count][neurons];
        for (int i = 0; i < neurons; i++) {
            for (double[] vector : x) {
                vector[i] = random.nextGaussian();
            }
        }
        return x;
    }

    /**
     * Fills neurons from (inclusive) to (exclusive) of orthogonal vectors of unit variance. The second half of the neurons
     * mirrors the first: equal in all vectors but the last, which has the opposite sign there.
     */
    static void mirrored(double[][] x, int from, int to, SplittableRandom random) {
        int pairs = (to - from) / 2;
        for (int i = from; i < to; i++) {
            boolean mirror = i >= from + pairs && i < from + 2 * pairs;
            for (int v = 0; v < x.length; v++) {
                double sign = v == x.length - 1 ? -1 : 1;
                x[v][i] = mirror ? sign * x[v][i - pairs] : random.nextGaussian();
            }
        }
        orthonormalise(x, from, to);
    }

    /**
     * Fills neurons from (inclusive) to (exclusive) of orthogonal vectors of unit variance, so that each draw occurs with
     * every combination of some signs.
     *
     * @param signs each a combination, of one sign for each vector
     */
    static void withSigns(double[][] x, int from, int to, int[][] signs, SplittableRandom random) {
        double[] draw = new double[x.length];
        for (int i = from; i < to; i++) {
            int combination = (i - from) % signs.length;
            for (int v = 0; v < x.length; v++) {
                draw[v] = combination == 0 ? random.nextGaussian() : draw[v];
                x[v][i] = signs[combination][v] * draw[v];
            }
        }
        orthonormalise(x, from, to);
    }

    /** Fills neurons from (inclusive) to (exclusive) of independent vectors, each draw for some neurons in a row. */
    static void repeated(double[][] x, int from, int to, int times, SplittableRandom random) {
        for (int i = from; i < to; i++) {
            for (double[] vector : x) {
                vector[i] = (i - from) % times == 0 ? random.nextGaussian() : vector[i - 1];
            }
        }
    }

    /** Gram-Schmidt over neurons from (inclusive) to (exclusive); each vector ends with a mean square of 1 there. */
    static void orthonormalise(double[][] vectors, int from, int to) {
        for (int v = 0; v < vectors.length; v++) {
            for (int u = 0; u < v; u++) {
                double along = meanProduct(vectors[v], vectors[u], from, to);
                for (int i = from; i < to; i++) {
                    vectors[v][i] -= along * vectors[u][i];
                }
            }
            double size = Math.sqrt(meanProduct(vectors[v], vectors[v], from, to));
            for (int i = from; i < to; i++) {
                vectors[v][i] /= size;
            }
        }
    }

    private static double meanProduct(double[] a, double[] b, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += a[i] * b[i];
        }
        return sum / (to - from);
    }
}
