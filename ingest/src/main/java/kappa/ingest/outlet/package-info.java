/**
 * The latent state for other programs, which close a loop on it: it is read from {@code kappa.latents}, as everybody can read
 * it, and sent on as it comes, with a message where it crosses a threshold.
 */
package kappa.ingest.outlet;
