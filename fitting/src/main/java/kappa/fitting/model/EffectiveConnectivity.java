package kappa.fitting.model;

import java.util.ArrayList;
import java.util.List;

/**
 * The part of a low-rank connectivity that activity reveals (Valente, Pillow &amp; Ostojic 2022): x = m kappa + W' v
 * never leaves the span of m and W, and what n has at right angles to it is constrained by phi only. The effective
 * connectivity is J with n projected on that span.
 *
 * @param basis of span(m, W), orthonormal: at most K + S vectors [N]
 * @param n [K][N], projected
 */
public record EffectiveConnectivity(List<double[]> basis, double[][] n) {

    /** Costs O(N (K + S)^2). */
    public static EffectiveConnectivity of(LowRankNetwork network) {
        List<double[]> basis = basis(network);
        return new EffectiveConnectivity(basis, projected(rows(network.n(), network.neurons()), basis));
    }

    /** Gram-Schmidt, twice for orthogonality to rounding. */
    private static List<double[]> basis(LowRankNetwork network) {
        List<double[]> basis = new ArrayList<>();
        for (float[] matrix : List.of(network.m(), network.w())) {
            for (double[] row : rows(matrix, network.neurons())) {
                double before = Math.sqrt(dot(row, row));
                for (int pass = 0; pass < 2; pass++) {
                    for (double[] direction : basis) {
                        add(row, -dot(row, direction), direction);
                    }
                }
                double norm = Math.sqrt(dot(row, row));
                // Weights are float32: what is left below their precision is rounding, not a direction.
                if (norm > 1e-6 * before) {
                    for (int i = 0; i < row.length; i++) {
                        row[i] /= norm;
                    }
                    basis.add(row);
                }
            }
        }
        return basis;
    }

    private static double[][] projected(double[][] rows, List<double[]> basis) {
        double[][] result = new double[rows.length][];
        for (int k = 0; k < rows.length; k++) {
            result[k] = new double[rows[k].length];
            for (double[] direction : basis) {
                add(result[k], dot(rows[k], direction), direction);
            }
        }
        return result;
    }

    public static double[][] rows(float[] matrix, int columns) {
        double[][] rows = new double[matrix.length / columns][columns];
        for (int i = 0; i < matrix.length; i++) {
            rows[i / columns][i % columns] = matrix[i];
        }
        return rows;
    }

    private static void add(double[] target, double factor, double[] direction) {
        for (int i = 0; i < target.length; i++) {
            target[i] += factor * direction[i];
        }
    }

    public static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
