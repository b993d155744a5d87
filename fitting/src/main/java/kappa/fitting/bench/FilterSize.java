package kappa.fitting.bench;

import kappa.ingest.recording.Observation;

/**
 * The size of a filter's bin.
 *
 * @param neurons N
 * @param rank K
 * @param inputs S
 * @param kind what is observed
 */
public record FilterSize(int neurons, int rank, int inputs, Observation kind) {}
