/** HDF5 files through jHDF, with bounds on what a damaged or hostile file can do. NWB and MATLAB 7.3 are written in it. */
package kappa.ingest.recording.hdf5;
