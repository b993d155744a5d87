package kappa.fitting.particle;

import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.ObservationMap;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.Observation;

/**
 * log p(y_t | kappa_t) of one trial, with its slope and information, by the kernels. Rates and currents are divided by the
 * standard deviation of each neuron's noise first, so that the kernels' squared error is the one that counts. Counts are
 * without the constant -log y!, as in {@link kappa.fitting.em.SmoothedTrial}. Not thread-safe.
 */
final class ActivityLikelihood {

    private final RnnKernels kernels;
    private final float[] scratch = new float[RnnKernels.SCRATCH];
    private final Trial trial;
    private final int N;
    private final int S;
    private final boolean counts;
    private final KernelModel model;
    /** [T,N] activity in the unit of {@link #model}. */
    private final float[] y;
    /** [T] what does not depend on kappa. */
    private final double[] constant;

    ActivityLikelihood(RnnKernels kernels, KernelModel of, Trial trial) {
        this.kernels = kernels;
        this.trial = trial;
        N = of.network().neurons();
        S = of.network().inputs();
        counts = of.kind() == Observation.COUNTS;
        constant = new double[trial.bins()];
        if (counts) {
            model = of;
            y = trial.y();
            return;
        }
        float[] gain = of.gain().clone();
        float[] offset = of.offset().clone();
        float[] noise = new float[N];
        y = trial.y().clone();
        for (int i = 0; i < N; i++) {
            double sd = Math.sqrt(Math.max(of.noise()[i], Float.MIN_NORMAL));
            gain[i] /= (float) sd;
            offset[i] /= (float) sd;
            noise[i] = 1;
            for (int t = 0; t < trial.bins(); t++) {
                y[t * N + i] /= (float) sd;
                constant[t] -= Float.isNaN(y[t * N + i]) ? 0 : 0.5 * Math.log(2 * Math.PI) + Math.log(sd);
            }
        }
        model = new KernelModel(of.network(), ObservationMap.of(of.kind(), gain, offset, noise),
                of.linearDynamics());
    }

    /** log p(y_t | kappa) for bin t, from 1; kappa is read from {@code at} on. */
    double log(int t, float[] kappa, int at) {
        double loss = kernels.loss(model, y, (t - 1) * N, kappa, at, trial.v(), t * S, scratch);
        return counts ? -loss : constant[t - 1] - 0.5 * loss;
    }

    /**
     * The slope of log p(y_t | kappa) and its expected curvature, for bin t, from 1.
     *
     * @param kappa K numbers
     * @param slope K numbers, written
     * @param information [K,K], written
     */
    void expand(int t, float[] kappa, double[] slope, double[] information) {
        kernels.observe(model, y, (t - 1) * N, kappa, trial.v(), t * S, slope, information, scratch);
    }

    /** Writes f(kappa, v_t), the mean of kappa_{t+1}, to {@code pair} from K on, where kappa stands before it. */
    void advance(int t, float[] pair) {
        kernels.rollout(model, trial.v(), t * S, 1, pair, 0, scratch);
    }
}
