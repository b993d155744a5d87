/**
 * Scores of a network on a session: R2, bits per spike, the fit of the PSTH, and truncation of full-rank networks.
 * Knows neither Akka nor Kafka.
 */
package kappa.fitting.evaluation;
