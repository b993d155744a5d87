package kappa.fitting.baseline;

import java.util.Arrays;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.Trial;
import kappa.fitting.regression.Cholesky;

/**
 * Each neuron's regression on its own last {@value #LAGS} values and a constant, over all past bins, drawn to its last value
 * as by {@value #PRIOR_BINS} bins. A value that was not observed is taken to be the one predicted. For rates and currents.
 */
final class AutoRegression implements Predictor {

    private static final int LAGS = 4;
    private static final int F = LAGS + 1;
    private static final double PRIOR_BINS = 10;

    private final int neurons;
    /** [N,lags] newest first, about the neuron's first value, against cancellation. */
    private final double[][] past;
    private final double[] first;
    private final double[][][] squares;
    private final double[][] products;
    private final double[][] weights;
    private long bins;

    AutoRegression(FitPlan plan) {
        neurons = plan.neurons();
        past = new double[neurons][LAGS];
        first = new double[neurons];
        Arrays.fill(first, Double.NaN);
        squares = new double[neurons][F][F];
        products = new double[neurons][F];
        weights = new double[neurons][F];
        for (double[] w : weights) {
            w[0] = 1;
        }
    }

    @Override
    public void predict(float[] u, float[] out) {
        for (int i = 0; i < neurons; i++) {
            out[i] = Double.isNaN(first[i]) ? 0 : (float) (first[i] + predicted(i));
        }
    }

    private double predicted(int i) {
        double sum = weights[i][LAGS];
        for (int lag = 0; lag < LAGS; lag++) {
            sum += weights[i][lag] * past[i][lag];
        }
        return sum;
    }

    @Override
    public void observe(float[] y) {
        for (int i = 0; i < neurons; i++) {
            boolean observed = !Float.isNaN(y[i]);
            if (Double.isNaN(first[i])) {
                if (!observed) {
                    continue;
                }
                first[i] = y[i];
            }
            double value = observed ? y[i] - first[i] : predicted(i);
            if (observed && bins >= LAGS) {
                for (int f = 0; f < F; f++) {
                    double left = f < LAGS ? past[i][f] : 1;
                    products[i][f] += left * value;
                    for (int g = f; g < F; g++) {
                        squares[i][f][g] += left * (g < LAGS ? past[i][g] : 1);
                    }
                }
            }
            System.arraycopy(past[i], 0, past[i], 1, LAGS - 1);
            past[i][0] = value;
        }
        bins++;
    }

    @Override
    public void learn(Trial trial) {
        for (int i = 0; i < neurons; i++) {
            double[][] a = LinearSystem.copy(squares[i]);
            double[] b = products[i].clone();
            double variance = squares[i][0][0] / Math.max(1, squares[i][LAGS][LAGS]);
            for (int f = 0; f < F; f++) {
                double prior = PRIOR_BINS * (f < LAGS ? variance : 1) + Double.MIN_NORMAL;
                a[f][f] += prior;
                b[f] += f == 0 ? prior : 0;
            }
            new Cholesky(a).solve(b);
            weights[i] = b;
        }
    }
}
