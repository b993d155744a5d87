/**
 * The arithmetic that everything else waits for: whole steps of the K-dimensional network over flat arrays, with a scalar
 * reference and a SIMD implementation behind one interface. Knows neither Akka nor Kafka.
 */
package kappa.fitting.kernel;
