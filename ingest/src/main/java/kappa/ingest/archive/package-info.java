/** Recorded sessions by what their file is. */
package kappa.ingest.archive;
