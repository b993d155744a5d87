package kappa.fitting.fit;

import java.util.Arrays;

/** Kappa's scale: the running RMS of each latent dimension. Not thread-safe. */
final class KappaScale {

    private static final double FORGETTING = 0.99;
    private static final double MIN_STD = 1e-3;

    private final double[] squares;
    private double weight;

    KappaScale(int rank) {
        squares = new double[rank];
    }

    boolean known() {
        return weight > 0;
    }

    double std(int k) {
        return Math.max(MIN_STD, Math.sqrt(squares[k] / weight));
    }

    void forget() {
        weight = 0;
        Arrays.fill(squares, 0);
    }

    /** Takes the scale of one run of kappa, [bins + 1,K], whose row 0 is before the first bin. */
    void measure(float[] kappa, int bins) {
        int K = squares.length;
        for (int k = 0; k < K; k++) {
            double sum = 0;
            for (int t = 1; t <= bins; t++) {
                sum += (double) kappa[t * K + k] * kappa[t * K + k];
            }
            squares[k] = sum / bins;
        }
        weight = 1;
    }

    /** Follows the windows of a step: sums of kappa's squares, [K], over so many bins. */
    void follow(double[] sums, long bins) {
        weight = FORGETTING * weight + 1 - FORGETTING;
        for (int k = 0; k < squares.length; k++) {
            squares[k] = FORGETTING * squares[k] + (1 - FORGETTING) * sums[k] / bins;
        }
    }

    FitState.RunningSquares save() {
        return new FitState.RunningSquares(squares.clone(), weight);
    }

    void restore(FitState.RunningSquares saved) {
        System.arraycopy(saved.sums(), 0, squares, 0, squares.length);
        weight = saved.weight();
    }
}
