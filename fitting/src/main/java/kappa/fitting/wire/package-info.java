/** Between the fitter's own types and the wire's records. Knows no Akka and no Kafka client. */
package kappa.fitting.wire;
