/**
 * What a low-rank network has to beat: simple models that predict each bin of a session from what came before it,
 * scored as the network is. Knows neither Akka nor Kafka.
 */
package kappa.fitting.baseline;
