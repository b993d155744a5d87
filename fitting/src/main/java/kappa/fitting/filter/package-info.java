/** The latent filter: kappa and its covariance, bin by bin, given a model. */
package kappa.fitting.filter;
