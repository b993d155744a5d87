/** What a recording is: bins, trials, inputs and behaviour in plain arrays, whatever file or rig they come from. */
package kappa.ingest.recording;
