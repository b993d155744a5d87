/** Folders of Kilosort and phy: spikes in samples, their clusters, and tables about the clusters. */
package kappa.ingest.recording.kilosort;
