/**
 * Expectation-maximisation: an extended Kalman smoother over whole trials (E), and a Gauss-Newton ascent of the
 * expected log-likelihood of states and activity together (M), which learns the network and the noise. Knows neither
 * Akka nor Kafka.
 */
package kappa.fitting.em;
