/**
 * The online fit: named parameters, Adam, the loss of a step, the replay buffer and the trial that is being recorded. Knows
 * neither the wire nor Akka nor Kafka.
 */
package kappa.fitting.fit;
