package kappa.fitting.fit;

import java.util.Arrays;
import kappa.fitting.filter.LatentFilter;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.ObservationMap;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.Observation;

/**
 * Parameters as a model that kernels and filters run on: the present iterate's or the average's. The model shares the
 * parameters' arrays. Not thread-safe.
 */
final class FittedModel {

    /** Without the filter's loss the process noise is this part of kappa's scale. */
    private static final double PROCESS_NOISE = 0.1;
    private static final double MIN_GAIN = 1e-4;

    private final Parameters parameters;
    private KernelModel model;

    /** @param noise [N] variance of the observation noise, which is no parameter */
    FittedModel(FitPlan plan, Parameters parameters, float[] noise) {
        this.parameters = parameters;
        int N = plan.neurons();
        float[] gain = new float[N];
        Arrays.fill(gain, 1f);
        LowRankNetwork network = new LowRankNetwork(N, plan.rank(), plan.inputs(), plan.alpha(), parameters.m(),
                parameters.n(), parameters.w(), parameters.b().length > 0 ? parameters.b() : new float[N]);
        model = new KernelModel(network, ObservationMap.of(plan.kind(), gain, new float[N], noise),
                plan.settings().linearDynamics());
    }

    Parameters parameters() {
        return parameters;
    }

    KernelModel model() {
        return model;
    }

    double alpha() {
        return model.network().alpha();
    }

    /** Goes on with another time constant. The dynamics stay the same where phi is linear, if n is moved. */
    void alpha(double alpha, boolean moveN) {
        LowRankNetwork network = model.network();
        if (moveN) {
            TimeConstants.moveTo(alpha, network, parameters.n());
        }
        model = new KernelModel(
                new LowRankNetwork(network.neurons(), network.rank(), network.inputs(), alpha, network.m(), network.n(),
                        network.w(), network.b()),
                model.map(), model.linearDynamics());
    }

    /** Carries the trained form of the observation over to gains and offsets: g = softplus(c) for counts. */
    void observationChanged() {
        float[] trained = parameters.observation();
        if (model.kind() == Observation.COUNTS) {
            for (int i = 0; i < trained.length; i++) {
                model.gain()[i] = (float) Math.max(MIN_GAIN, softplus(trained[i]));
            }
            model.map().gainsChanged();
        } else if (model.kind() == Observation.CURRENTS) {
            System.arraycopy(trained, 0, model.offset(), 0, trained.length);
        }
    }

    /** The trained form of a neuron's observation with this mean activity: the inverse of {@link #observationChanged}. */
    static float trained(Observation kind, float mean) {
        return kind == Observation.COUNTS ? (float) Math.log(Math.expm1(Math.max(MIN_GAIN, mean))) : mean;
    }

    /** The mean activity that belongs to a trained form: the inverse of {@link #trained}. */
    static double mean(Observation kind, float trained) {
        return kind == Observation.COUNTS ? softplus(trained) : trained;
    }

    private static double softplus(double c) {
        return Math.max(c, 0) + Math.log1p(Math.exp(-Math.abs(c)));
    }

    /** Q, [K,K]: learnt with the filter's loss, else a tenth of kappa's scale. */
    double[] processNoise(KappaScale scale) {
        int K = model.network().rank();
        float[] logSd = parameters.logProcessNoise();
        double[] q = new double[K * K];
        for (int k = 0; k < K; k++) {
            double sd = logSd.length > 0 ? Math.exp(logSd[k]) : PROCESS_NOISE * scale.std(k);
            q[k * K + k] = sd * sd;
        }
        return q;
    }

    /** A filter before a trial's first bin, or with nothing known before the warm-up of bins that begin within one. */
    LatentFilter filterBefore(Trial trial, KappaScale scale, RnnKernels kernels) {
        LowRankNetwork network = model.network();
        int K = network.rank();
        LatentFilter filter = new LatentFilter(kernels, network.neurons(), K, network.inputs());
        double[] kappa = new double[K];
        double[] covariance = PublishedModel.certainStart(K);
        for (int k = 0; k < K; k++) {
            if (trial.warmUp() > 0) {
                covariance[k * K + k] = scale.std(k) * scale.std(k);
            } else if (parameters.logStart().length > 0) {
                covariance[k * K + k] = Math.exp(2 * parameters.logStart()[k]);
            }
            if (trial.warmUp() == 0 && parameters.start().length > 0) {
                kappa[k] = parameters.start()[k];
            }
        }
        filter.restore(kappa, covariance, new float[network.inputs()]);
        filter.setInputs(trial.v(), 0);
        return filter;
    }
}
