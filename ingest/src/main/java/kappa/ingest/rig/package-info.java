/**
 * Acquisition rigs: what every connector has in common. A connector tells a {@link kappa.ingest.rig.BinAssembler} what the rig
 * sends, in the rig's own time; finished bins go through a bounded queue ({@link kappa.ingest.rig.RigSource}) to whoever
 * publishes them.
 *
 * <p>Ticks are what the rig counts: samples of the acquisition clock (Open Ephys, Intan) or nanoseconds of the sender's clock
 * (LSL). Bins lie on a grid of ticks, so that nothing that happens on the way here moves a spike into another bin.
 */
package kappa.ingest.rig;
