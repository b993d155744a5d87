/** Named arrays of numbers, whatever kind of file they come from: what a session can be made of. */
package kappa.ingest.recording.arrays;
