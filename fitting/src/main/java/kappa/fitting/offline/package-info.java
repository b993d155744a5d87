/**
 * A recorded session through the fitter that also runs live, trial by trial: filtered and scored by the model
 * published before it, then learned from. Knows neither Akka nor Kafka.
 */
package kappa.fitting.offline;
