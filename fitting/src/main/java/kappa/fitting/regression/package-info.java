/**
 * Connectivity by reduced-rank regression of one-step differences on rates and inputs, from sums that are kept
 * online. Knows neither Akka nor Kafka.
 */
package kappa.fitting.regression;
