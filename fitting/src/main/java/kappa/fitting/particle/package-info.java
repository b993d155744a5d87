/**
 * The posterior of kappa by particles: what the Gaussian smoother of {@code kappa.fitting.em} is measured against. Offline,
 * for a model that is given. Knows neither Akka nor Kafka.
 */
package kappa.fitting.particle;
