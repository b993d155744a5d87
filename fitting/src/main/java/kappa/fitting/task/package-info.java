/**
 * The five tasks on which networks are trained: their trials, how well a network does them, and sessions recorded while it
 * does. Knows neither Akka nor Kafka.
 */
package kappa.fitting.task;
