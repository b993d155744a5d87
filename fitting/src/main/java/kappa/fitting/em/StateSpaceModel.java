package kappa.fitting.em;

import kappa.fitting.model.KernelModel;

/**
 * All that expectation-maximisation learns: a network with its observation map, and the noise.
 *
 * <pre>
 * kappa_0 ~ N(start, startCovariance)          kappa_t ~ N(f(kappa_{t-1}, v_{t-1}), Q)          y_it ~ p(y | x_it)
 * </pre>
 *
 * <p>with f of {@link kappa.fitting.model.LowRankNetwork} and p of {@link kappa.fitting.model.Observation}.
 * Nobody writes to its arrays.
 *
 * @param model network, gains, offsets and variances of the observation noise
 * @param processNoise Q, [K,K]
 * @param start [K] mean of kappa before a trial's first bin
 * @param startCovariance [K,K]
 * @param kappaStd [K] RMS of kappa: all that is known of the state at the beginning of a segment that is no trial's
 */
public record StateSpaceModel(KernelModel model, double[] processNoise, double[] start, double[] startCovariance,
        double[] kappaStd) {

    /** The same with another process noise, {@code factor} Q. */
    StateSpaceModel withProcessNoise(double factor) {
        double[] q = processNoise.clone();
        for (int i = 0; i < q.length; i++) {
            q[i] *= factor;
        }
        return new StateSpaceModel(model, q, start, startCovariance, kappaStd);
    }
}
