package kappa.ingest.recording;

/**
 * A bin of a neuron that lies far beyond all its others.
 *
 * @param bin from the session's start
 * @param others the value that is next to it in size
 */
record Artefact(int neuron, long bin, float value, float others) {}
