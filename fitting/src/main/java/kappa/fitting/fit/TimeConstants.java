package kappa.fitting.fit;

import java.util.Arrays;
import kappa.fitting.filter.LatentFilter;
import kappa.fitting.filter.SmallMatrix;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Trial;

/**
 * The choice of the time constant where the user leaves it open: after each trial, half and twice of the present one are compared
 * with it by how well the filter would have predicted the trial, and the fit goes on with the better one. In a session without
 * inputs alpha enters the recurrence only, and
 *
 * <pre>
 * n' = (alpha / alpha') n + (1 - alpha / alpha') m (m'm / N)^-1
 * </pre>
 *
 * <p>has the same dynamics as long as phi is linear: what is compared is how much phi bends them. Not thread-safe.
 */
final class TimeConstants {

    private static final double[] FACTORS = {0.5, 1, 2};
    private static final int ONE = 1;
    private static final double LEAST_ALPHA = 1e-3;
    private static final double FORGETTING = 0.9;
    /** Trials with one time constant before another is chosen. */
    private static final int MIN_TRIALS = 3;
    /** By how much of the loss another must be better: a move costs some trials of learning. */
    private static final double MARGIN = 0.02;

    /** [3] losses, and the number of trials they are of. */
    private final double[] losses = new double[FACTORS.length];
    private long trials;

    /** Scores each time constant by how well the filter would have predicted a trial not learned from yet. */
    void score(Trial trial, FittedModel fit, KappaScale scale, RnnKernels kernels, Team team) {
        LowRankNetwork network = fit.model().network();
        double[] q = fit.processNoise(scale);
        double[] ofTrial = new double[FACTORS.length];
        team.run(ofTrial.length, (f, _) -> {
            double alpha = alpha(network.alpha(), f);
            float[] n = network.n().clone();
            moveTo(alpha, network, n);
            KernelModel model = new KernelModel(
                    new LowRankNetwork(network.neurons(), network.rank(), network.inputs(), alpha, network.m(), n,
                            network.w(), network.b()),
                    fit.model().map(), fit.model().linearDynamics());
            LatentFilter filter = fit.filterBefore(trial, scale, kernels);
            for (int t = 1; t <= trial.bins(); t++) {
                filter.predict(model, q);
                filter.setInputs(trial.v(), t * network.inputs());
                double loss = filter.update(model, trial.y(), (t - 1) * network.neurons());
                if (t > trial.warmUp()) {
                    ofTrial[f] += loss;
                }
            }
        });
        for (int f = 0; f < losses.length; f++) {
            losses[f] = FORGETTING * losses[f] + ofTrial[f];
        }
        trials++;
    }

    private static double alpha(double present, int f) {
        return Math.clamp(FACTORS[f] * present, Math.min(present, LEAST_ALPHA), 1);
    }

    /** The alpha to go on with; if it is not the present one, the comparison begins anew. */
    double choose(double present) {
        if (trials < MIN_TRIALS) {
            return present;
        }
        int best = ONE;
        for (int f = 0; f < losses.length; f++) {
            if (losses[f] < losses[best] && losses[f] < (1 - MARGIN) * losses[ONE]) {
                best = f;
            }
        }
        if (best != ONE) {
            Arrays.fill(losses, 0);
            trials = 0;
        }
        return alpha(present, best);
    }

    /** Writes the n that has the network's dynamics at another alpha, as long as phi is linear, over its own. */
    static void moveTo(double alpha, LowRankNetwork network, float[] n) {
        int N = network.neurons();
        int K = network.rank();
        float[] m = network.m();
        double ratio = network.alpha() / alpha;
        if (ratio == 1) {
            return;
        }
        double scale = LowRankNetwork.connectivityScale(N);
        double[] gram = new double[K * K];
        for (int k = 0; k < K; k++) {
            for (int l = 0; l < K; l++) {
                double sum = k == l ? Double.MIN_NORMAL : 0;
                for (int i = 0; i < N; i++) {
                    sum += scale * m[k * N + i] * m[l * N + i];
                }
                gram[k * K + l] = sum;
            }
        }
        double[] inverse = new double[K * K];
        if (!SmallMatrix.invert(gram, inverse, new double[K * K], K)) {
            return;
        }
        for (int k = 0; k < K; k++) {
            for (int i = 0; i < N; i++) {
                double identity = 0;
                for (int l = 0; l < K; l++) {
                    identity += inverse[k * K + l] * m[l * N + i];
                }
                n[k * N + i] = (float) (ratio * n[k * N + i] + (1 - ratio) * identity);
            }
        }
    }

    /** Losses, and the number of trials. */
    double[] save() {
        double[] out = Arrays.copyOf(losses, losses.length + 1);
        out[losses.length] = trials;
        return out;
    }

    /** Takes {@link #save} over. */
    void restore(double[] saved) {
        System.arraycopy(saved, 0, losses, 0, losses.length);
        trials = Math.round(saved[losses.length]);
    }
}
