/** The one place that recognises what a file or a folder is, and opens it as a session. */
package kappa.ingest.recording.archive;
