/**
 * Acquisition rigs: the parts that all connectors share. A connector passes what the rig sends, in the rig's own time,
 * to a {@link kappa.ingest.rig.BinAssembler}. Finished bins go through a bounded queue ({@link
 * kappa.ingest.rig.RigSource}) to the publisher.
 *
 * <p>A tick is the unit of the rig's clock: a sample of the acquisition clock (Open Ephys, Intan) or a nanosecond of
 * the sender's clock (LSL). Bins lie on a grid of ticks, so delays on the way cannot move a spike into another bin.
 */
package kappa.ingest.rig;
