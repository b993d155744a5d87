/**
 * How fast the arithmetic is, and how fast this machine could do it at best: what {@code ./kappa bench} prints. Knows
 * neither Akka nor Kafka.
 */
package kappa.fitting.bench;
