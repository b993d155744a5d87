/**
 * Intan RHX: the spikes that its software detects, over TCP.
 *
 * <p>As RHX 3.4 does it (its source, {@code tcpdataoutputthread.cpp}, {@code commandparser.cpp}): records of 14 bytes, ordered by
 * sample, in portions of {@code TCPNumberDataBlocksPerWrite} blocks of 128 samples (10 blocks, 43 ms at 30 kHz, unless it is
 * told otherwise). There is no counter, nothing comes while no neuron fires, and nothing tells the clock. So a spike says that
 * all before it have come; while none comes, the host's clock stands for the rig's, and bins are closed when they are older than
 * the lateness. TCP loses nothing while it is connected; what was sent while it was not is lost, and marked.
 *
 * <p>What cannot be known from spikes alone: whether a silent rig has stopped, and trials and inputs, which RHX sends only beside
 * waveforms. The command port tells the sample rate, and whether acquisition runs.
 */
package kappa.ingest.rig.intan;
