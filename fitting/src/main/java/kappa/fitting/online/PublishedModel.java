package kappa.fitting.online;

import kappa.fitting.kernel.KernelModel;

/**
 * An immutable snapshot in canonical gauge: what the filter runs on and what others see.
 *
 * @param version trials learned from; 0 before the first, when nothing is known and the filter only predicts
 * @param processNoise Q, [K,K]: covariance added to kappa each bin
 * @param kappaStd [K] running RMS of kappa
 * @param binsLearned bins before this index have been learned from
 * @param steps Adam steps so far
 */
public record PublishedModel(long version, KernelModel model, double[] processNoise, double[] kappaStd,
        long binsLearned,
        long steps) {}
