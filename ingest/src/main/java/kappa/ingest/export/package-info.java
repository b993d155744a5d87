/**
 * A session as it lies on the topics, written to a file that NumPy or any HDF5 library reads. Needs room on disk for what it
 * writes, twice, and little memory.
 */
package kappa.ingest.export;
