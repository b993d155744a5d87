package kappa.dashboards.reproduce;

import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.QRDecomposition;
import org.apache.commons.math3.linear.RealMatrix;

/** How much of the variance of activity lies in the span of some axes. Stateless. */
final class SubspaceVariance {

    private SubspaceVariance() {}

    /**
     * tr(Q' C Q) / tr(C) with C the covariance over all bins and Q an orthonormal basis of the axes' span.
     *
     * @param activity [bins,N] of each trial
     * @param axes [N] each, linearly independent
     */
    static double captured(List<float[]> activity, int neurons, List<double[]> axes) {
        RealMatrix columns = new Array2DRowRealMatrix(neurons, axes.size());
        for (int a = 0; a < axes.size(); a++) {
            columns.setColumn(a, axes.get(a));
        }
        RealMatrix q = new QRDecomposition(columns).getQ().getSubMatrix(0, neurons - 1, 0, axes.size() - 1);
        RealMatrix covariance = covariance(activity, neurons);
        return q.transpose().multiply(covariance).multiply(q).getTrace() / covariance.getTrace();
    }

    /** The most that any so many axes capture: those of the principal components. */
    static double most(List<float[]> activity, int neurons, int axes) {
        double[] values = new EigenDecomposition(covariance(activity, neurons)).getRealEigenvalues();
        Arrays.sort(values);
        return Arrays.stream(values, neurons - axes, neurons).sum() / Arrays.stream(values).sum();
    }

    private static RealMatrix covariance(List<float[]> activity, int neurons) {
        double[] mean = new double[neurons];
        double[][] square = new double[neurons][neurons];
        long bins = 0;
        for (float[] trial : activity) {
            for (int from = 0; from < trial.length; from += neurons) {
                bins++;
                for (int i = 0; i < neurons; i++) {
                    mean[i] += trial[from + i];
                    for (int j = 0; j <= i; j++) {
                        square[i][j] += (double) trial[from + i] * trial[from + j];
                    }
                }
            }
        }
        for (int i = 0; i < neurons; i++) {
            for (int j = 0; j <= i; j++) {
                square[i][j] = square[i][j] / bins - mean[i] / bins * mean[j] / bins;
                square[j][i] = square[i][j];
            }
        }
        return new Array2DRowRealMatrix(square, false);
    }
}
