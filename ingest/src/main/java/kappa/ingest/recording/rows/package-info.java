/** Tables of units and trials, whatever archive they come from, and the filter that chooses rows of them. */
package kappa.ingest.recording.rows;
