/**
 * Learning from a stream without knowing where it comes from: the latent filter, the online fitter with its replay buffer,
 * the canonical gauge and prequential scores. Knows neither Akka nor Kafka.
 */
package kappa.fitting.fit;
