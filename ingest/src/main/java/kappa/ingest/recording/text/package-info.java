/** Text files of numbers, a row for each bin and a column for each neuron. */
package kappa.ingest.recording.text;
