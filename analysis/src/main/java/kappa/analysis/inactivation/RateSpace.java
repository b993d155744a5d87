package kappa.analysis.inactivation;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;

/**
 * The leading principal components of a network's rates, about zero, over the states it goes through. What of n lies outside
 * them was never constrained by data, and silencing exposes it.
 *
 * <p>They are found within a smaller space first, which states are added to, the one furthest from it next, until it holds all
 * but a tenth of what may be left out: a Gram-Schmidt with pivoting costs O(M N) for each dimension, an eigendecomposition of
 * the rates' covariance O(N^3). Immutable.
 */
final class RateSpace {

    /** Directions that variance rests on; a rank-K network of S inputs makes a few for each of both. */
    private static final int LARGEST = 400;

    private final double[][] directions;

    private RateSpace(double[][] directions) {
        this.directions = directions;
    }

    /**
     * @param states [M][N], overwritten
     * @param variance share of the variance about zero to hold, in (0, 1]
     */
    static RateSpace of(double[][] states, double variance) {
        int count = states.length;
        int neurons = states[0].length;
        double[] left = new double[count];
        double total = 0;
        for (int s = 0; s < count; s++) {
            left[s] = dot(states[s], states[s]);
            total += left[s];
        }
        List<double[]> basis = new ArrayList<>();
        List<double[]> coordinates = new ArrayList<>();
        double remaining = total;
        int most = Math.min(Math.min(count, neurons), LARGEST);
        while (basis.size() < most && remaining > 0.1 * (1 - variance) * total && remaining > 1e-12 * total) {
            int furthest = 0;
            for (int s = 1; s < count; s++) {
                furthest = left[s] > left[furthest] ? s : furthest;
            }
            double[] direction = states[furthest].clone();
            double norm = Math.sqrt(dot(direction, direction));
            for (int i = 0; i < neurons; i++) {
                direction[i] /= norm;
            }
            double[] along = new double[count];
            remaining = 0;
            for (int s = 0; s < count; s++) {
                along[s] = dot(states[s], direction);
                add(states[s], -along[s], direction);
                left[s] = Math.max(0, left[s] - along[s] * along[s]);
                remaining += left[s];
            }
            basis.add(direction);
            coordinates.add(along);
        }
        return new RateSpace(leading(basis, coordinates, variance * total));
    }

    private static double[][] leading(List<double[]> basis, List<double[]> coordinates, double wanted) {
        int q = basis.size();
        if (q == 0) {
            return new double[0][];
        }
        double[][] covariance = new double[q][q];
        for (int a = 0; a < q; a++) {
            for (int b = 0; b <= a; b++) {
                covariance[a][b] = dot(coordinates.get(a), coordinates.get(b));
                covariance[b][a] = covariance[a][b];
            }
        }
        EigenDecomposition eigen = new EigenDecomposition(MatrixUtils.createRealMatrix(covariance));
        double[] values = eigen.getRealEigenvalues();
        List<double[]> out = new ArrayList<>();
        double held = 0;
        for (int c = 0; c < q && held < wanted; c++) {
            double[] direction = new double[basis.getFirst().length];
            for (int a = 0; a < q; a++) {
                add(direction, eigen.getV().getEntry(a, c), basis.get(a));
            }
            out.add(direction);
            held += values[c];
        }
        return out.toArray(double[][]::new);
    }

    /** [Q][N], orthonormal, the largest variance first. */
    double[][] directions() {
        return directions;
    }

    /** Rows [.., N], each projected on the components. */
    float[] project(float[] rows, int neurons) {
        float[] out = new float[rows.length];
        for (int from = 0; from < rows.length; from += neurons) {
            double[] sum = new double[neurons];
            for (double[] direction : directions) {
                double along = 0;
                for (int i = 0; i < neurons; i++) {
                    along += rows[from + i] * direction[i];
                }
                add(sum, along, direction);
            }
            for (int i = 0; i < neurons; i++) {
                out[from + i] = (float) sum[i];
            }
        }
        return out;
    }

    /** Four sums side by side: one would wait for itself. */
    static double dot(double[] a, double[] b) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i + 3 < a.length; i += 4) {
            s0 += a[i] * b[i];
            s1 += a[i + 1] * b[i + 1];
            s2 += a[i + 2] * b[i + 2];
            s3 += a[i + 3] * b[i + 3];
        }
        for (; i < a.length; i++) {
            s0 += a[i] * b[i];
        }
        return s0 + s1 + (s2 + s3);
    }

    private static void add(double[] target, double factor, double[] direction) {
        for (int i = 0; i < target.length; i++) {
            target[i] += factor * direction[i];
        }
    }
}
