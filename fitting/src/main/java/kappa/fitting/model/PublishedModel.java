package kappa.fitting.model;

/**
 * An immutable snapshot in canonical gauge, used by the filter and published to readers.
 *
 * @param version trials learned from; 0 before the first, when only a session that starts from a model knows anything
 * @param processNoise Q, [K,K]: covariance added to kappa each bin
 * @param kappaStd [K] running RMS of kappa
 * @param start [K] kappa before a trial's first bin
 * @param startCovariance [K,K] what is not known of it
 * @param binsLearned bins before this index have been learned from
 * @param steps Adam steps so far; 0 for an algorithm that makes none
 */
public record PublishedModel(long version, KernelModel model, double[] processNoise, double[] kappaStd, double[] start,
        double[] startCovariance, long binsLearned, long steps) {

    /** Variance of kappa at the start of a trial, where the state is known. */
    public static final double TRIAL_START_VARIANCE = 1e-8;

    /** The start of a network that begins each trial at kappa = 0 for certain, as [K,K]. */
    public static double[] certainStart(int rank) {
        double[] covariance = new double[rank * rank];
        for (int k = 0; k < rank; k++) {
            covariance[k * rank + k] = TRIAL_START_VARIANCE;
        }
        return covariance;
    }

    /** h0 = m start, [N]: the currents x before a trial's first bin, as network files hold them. */
    public float[] initialState() {
        return model.network().currents(start);
    }
}
