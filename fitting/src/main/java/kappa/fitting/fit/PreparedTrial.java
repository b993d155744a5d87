package kappa.fitting.fit;

import kappa.fitting.filter.LatentFilter;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.Trial;

/**
 * A trial with the start states that windows of it may use: row t is the state after t bins.
 *
 * @param states [T + 1,K] for the free run
 * @param filtered [T + 1,K] for the filter
 * @param covariances [T + 1,K,K]; empty without the filter's loss
 */
record PreparedTrial(Trial trial, float[] states, float[] filtered, double[] covariances) {

    private static final double GATE = 0.25;

    /**
     * The gate: the free run starts at its own kappa where that is within a quarter of kappa's scale of the filter's, else at
     * the filter's. The filter alone is biased by spikes, the free run alone can stay in a bad minimum.
     */
    static PreparedTrial of(Trial trial, FittedModel fit, KappaScale scale, RnnKernels kernels, boolean filterLoss) {
        KernelModel model = fit.model();
        int N = model.network().neurons();
        int K = model.network().rank();
        int S = model.network().inputs();
        int T = trial.bins();
        int warmUp = trial.warmUp();
        float[] filtered = new float[(T + 1) * K];
        double[] covariances = new double[filterLoss ? (T + 1) * K * K : 0];
        double[] q = fit.processNoise(scale);
        LatentFilter filter = fit.filterBefore(trial, scale, kernels);
        for (int t = 0; t <= T; t++) {
            if (t > 0) {
                filter.predict(model, q);
                filter.setInputs(trial.v(), t * S);
                filter.update(model, trial.y(), (t - 1) * N);
            }
            filter.kappa(filtered, t * K);
            if (filterLoss) {
                System.arraycopy(filter.covariance(), 0, covariances, t * K * K, K * K);
            }
        }
        float[] free = filtered.clone();
        kernels.rollout(model, trial.v(), warmUp * S, T - warmUp, free, warmUp * K, new float[RnnKernels.SCRATCH]);
        for (int t = warmUp; t <= T; t++) {
            double square = 0;
            for (int k = 0; k < K; k++) {
                double d = (free[t * K + k] - filtered[t * K + k]) / scale.std(k);
                square += d * d;
            }
            if (!(Math.sqrt(square / K) < GATE)) {
                System.arraycopy(filtered, t * K, free, t * K, K);
            }
        }
        return new PreparedTrial(trial, free, filtered, covariances);
    }
}
