/**
 * The fit: networks, kernels, the latent filter, the three fitting algorithms, and the actors that run them on a
 * stream.
 */
package kappa.fitting;
