/**
 * Reads MATLAB's MAT-files: of level 5 (v5, v6 and v7, also as SciPy and Octave write them) by a reader of our own, and v7.3,
 * which is HDF5, through jHDF. A file gives arrays by name, of which a session is made as of those of an NPZ file. Both kinds
 * keep their elements with the first index fastest.
 */
package kappa.ingest.recording.matlab;
