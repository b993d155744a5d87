package kappa.fitting.bench;

import kappa.ingest.recording.Observation;

/** The size of a filter's bin: N neurons, rank K, S inputs. */
public record FilterSize(int neurons, int rank, int inputs, Observation kind) {}
