/**
 * The benchmarks of the kernels, with the least time that this machine could take: the figures of {@code ./kappa
 * bench}. Knows neither Akka nor Kafka.
 */
package kappa.fitting.bench;
