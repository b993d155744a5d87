/** Networks: low-rank, full-rank, built by hand; their files and their simulation. Knows neither Akka nor Kafka. */
package kappa.fitting.evaluation;
