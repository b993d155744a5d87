/**
 * From the log to the sessions and back: reading activity with backpressure, checking it, ordering its bins, rejecting what
 * cannot be used, and publishing results.
 */
package kappa.ingest.stream;
