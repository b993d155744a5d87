/**
 * Training networks on tasks: backpropagation through time over states of N dimensions, with noise, for low-rank, full-rank
 * and Gaussian-mixture networks. Knows neither Akka nor Kafka.
 */
package kappa.fitting.training;
