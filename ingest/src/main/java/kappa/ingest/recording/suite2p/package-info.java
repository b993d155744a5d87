/** Folders of suite2p: fluorescence of regions of interest, and which of them are cells. */
package kappa.ingest.recording.suite2p;
