/** Recorded sessions by what their file is. */
package kappa.ingest.recording.archive;
