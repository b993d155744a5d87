/**
 * Reads recorded sessions out of NWB 2 files (Neurodata Without Borders, on HDF5 through jHDF): spike times or time series into
 * bins, trials, inputs and behaviour, however large the file is. What is in a file is found by its {@code neurodata_type}.
 */
package kappa.ingest.recording.nwb;
