package kappa.fitting.particle;

import kappa.fitting.model.Trial;

/**
 * The posterior of a trial's states given all of its activity, by particles. Row t is the state after t bins, row 0 the one
 * before the first, as in {@link kappa.fitting.em.SmoothedTrial}. Nobody writes to its arrays.
 *
 * @param mean [T + 1,K] of the paths
 * @param covariance [T + 1,K,K] of the paths
 * @param paths [M,T + 1,K] draws of the whole path
 * @param monteCarloError [T + 1,K] half the difference of two independent runs, of which the mean is the average: its mean
 *        square is the variance of the mean that comes from the number of particles
 * @param effectiveSize [T + 1] effective sample size of the filter, (sum w)^2 / sum w^2, before resampling; of both runs
 *        together
 * @param logLikelihood of the activity after the warm-up given what came before, in nats, as estimated by the
 *        weights. Without the constant -log y! of counts
 */
public record ParticlePosterior(Trial trial, double[] mean, double[] covariance, float[] paths,
        double[] monteCarloError, double[] effectiveSize, double logLikelihood) {

    /**
     * Moments of paths.
     *
     * @param paths the first half of them by one run, the other half by the other
     */
    static ParticlePosterior of(Trial trial, float[] paths, int K, double[] effectiveSize, double logLikelihood) {
        int row = (trial.bins() + 1) * K;
        int M = paths.length / row;
        double[] first = mean(paths, 0, M / 2, row);
        double[] second = mean(paths, M / 2, M, row);
        double[] mean = new double[row];
        double[] error = new double[row];
        for (int i = 0; i < row; i++) {
            mean[i] = 0.5 * (first[i] + second[i]);
            error[i] = 0.5 * (first[i] - second[i]);
        }
        double[] covariance = new double[row * K];
        for (int path = 0; path < M; path++) {
            for (int bin = 0; bin < row; bin += K) {
                for (int k = bin; k < bin + K; k++) {
                    double deviation = paths[path * row + k] - mean[k];
                    for (int l = 0; l < K; l++) {
                        covariance[k * K + l] += deviation * (paths[path * row + bin + l] - mean[bin + l]) / (M - 1.0);
                    }
                }
            }
        }
        return new ParticlePosterior(trial, mean, covariance, paths, error, effectiveSize, logLikelihood);
    }

    private static double[] mean(float[] paths, int from, int to, int row) {
        double[] mean = new double[row];
        for (int path = from; path < to; path++) {
            for (int i = 0; i < row; i++) {
                mean[i] += paths[path * row + i] / (double) (to - from);
            }
        }
        return mean;
    }
}
