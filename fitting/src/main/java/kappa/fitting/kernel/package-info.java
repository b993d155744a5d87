/**
 * The numerical kernels: whole steps of the K-dimensional network over flat arrays. One interface has a scalar
 * reference and a SIMD implementation. Knows neither Akka nor Kafka.
 */
package kappa.fitting.kernel;
