/**
 * Strong baselines: simple models that predict each bin of a session from the bins before it, with the same scores as
 * the network. Knows neither Akka nor Kafka.
 */
package kappa.fitting.baseline;
