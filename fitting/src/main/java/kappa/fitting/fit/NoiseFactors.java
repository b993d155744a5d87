package kappa.fitting.fit;

import kappa.fitting.filter.LatentFilter;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.Trial;

/**
 * The factor of the learnt process noise in published models: the one that predicted best in the recent past. Not
 * thread-safe.
 */
final class NoiseFactors {

    private static final double[] FACTORS = {0.25, 0.5, 1, 2};
    private static final int ONE = 2;
    private static final double FORGETTING = 0.98;

    private final double[] losses = new double[FACTORS.length];

    /** Scores each factor by how well the filter would have predicted a trial not learned from yet. */
    void score(Trial trial, FittedModel fit, KappaScale scale, RnnKernels kernels, Team team) {
        KernelModel model = fit.model();
        int N = model.network().neurons();
        int S = model.network().inputs();
        double[] ofTrial = new double[FACTORS.length];
        team.run(ofTrial.length, (f, _) -> {
            double[] q = fit.processNoise(scale);
            for (int i = 0; i < q.length; i++) {
                q[i] *= FACTORS[f];
            }
            LatentFilter filter = fit.filterBefore(trial, scale, kernels);
            for (int t = 1; t <= trial.bins(); t++) {
                filter.predict(model, q);
                filter.setInputs(trial.v(), t * S);
                double loss = filter.update(model, trial.y(), (t - 1) * N);
                if (t > trial.warmUp()) {
                    ofTrial[f] += loss;
                }
            }
        });
        for (int f = 0; f < losses.length; f++) {
            losses[f] = FORGETTING * losses[f] + ofTrial[f];
        }
    }

    /** The unit of losses has changed. */
    void multiply(double factor) {
        for (int f = 0; f < losses.length; f++) {
            losses[f] *= factor;
        }
    }

    double best() {
        int best = ONE;
        for (int f = 0; f < losses.length; f++) {
            if (losses[f] < losses[best]) {
                best = f;
            }
        }
        return FACTORS[best];
    }

    double[] save() {
        return losses.clone();
    }

    void restore(double[] saved) {
        System.arraycopy(saved, 0, losses, 0, losses.length);
    }
}
