package kappa.fitting.em;

import kappa.fitting.model.Trial;

/**
 * The posterior of a trial's states given all of its activity, Gaussian. Row t is the state after t bins, row 0 the
 * one before the first.
 *
 * @param mean [T + 1,K]
 * @param covariance [T + 1,K,K], positive definite
 * @param lagOne [T,K,K]: element t is Cov(kappa_{t+1}, kappa_t)
 * @param logLikelihood of the activity after the warm-up given what came before, in nats; exact for linear dynamics and
 *        currents, else Laplace's approximation bin by bin. Without the constant -log y! of counts
 */
public record SmoothedTrial(Trial trial, double[] mean, double[] covariance, double[] lagOne, double logLikelihood) {}
