/**
 * Intan RHX: the spikes that its software detects, over TCP.
 *
 * <p>As RHX 3.4 does it (its source, {@code tcpdataoutputthread.cpp}, {@code commandparser.cpp}): records of 14 bytes, ordered by
 * sample, in portions of {@code TCPNumberDataBlocksPerWrite} blocks of 128 samples (10 blocks, 43 ms at 30 kHz, unless
 * it is told otherwise). There is no counter and no clock, and nothing is sent while no neuron fires. A spike shows
 * that all earlier ones have arrived. Between spikes, the host's clock replaces the rig's, and bins are closed when
 * they are older than the lateness. TCP loses nothing while it is connected; bins of an outage are marked as lost.
 *
 * <p>Spikes alone do not show whether a silent rig has stopped. They carry no trials and inputs, which RHX sends only
 * with waveforms. The command port gives the sample rate and whether acquisition runs.
 */
package kappa.ingest.rig.intan;
