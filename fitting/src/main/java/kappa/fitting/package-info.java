/** The fit: networks, kernels, the latent filter, truncated BPTT, and the actors that run them on a stream. */
package kappa.fitting;
