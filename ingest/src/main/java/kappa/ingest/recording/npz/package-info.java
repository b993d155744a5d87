/** Recordings in NumPy's npz format, and the npz reader and writer that network files use as well. */
package kappa.ingest.recording.npz;
