/**
 * Everything through which activity enters: the wire schema, topics, recordings, replay, rigs and the embedded broker.
 */
package kappa.ingest;
