/**
 * The Open Ephys GUI, through its plugin "ZMQ Interface": multipart messages over a ZeroMQ PUB socket, a counter that
 * tells of losses, and a heartbeat on the next port.
 *
 * <p>{@link kappa.ingest.rig.openephys.Reception} takes messages off the network on a thread of its own and never waits
 * for anybody; {@link kappa.ingest.rig.openephys.MessageHeader} reads their JSON; {@link
 * kappa.ingest.rig.openephys.PluginStream} knows the plugin's order of sending and tells the assembler; {@link
 * kappa.ingest.rig.openephys.OpenEphysConnector} holds them together. {@link
 * kappa.ingest.rig.openephys.OpenEphysListener} finds out, before a session, what a rig sends. {@link
 * kappa.ingest.rig.openephys.PluginSimulator} sends a session as the plugin would.
 */
package kappa.ingest.rig.openephys;
