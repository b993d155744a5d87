/**
 * The Open Ephys GUI, through its plugin "ZMQ Interface": multipart messages over a ZeroMQ PUB socket, a counter that
 * tells of losses, and a heartbeat on the next port.
 *
 * <p>{@link kappa.ingest.rig.openephys.PluginStream} knows the plugin's order of sending and tells the assembler.
 */
package kappa.ingest.rig.openephys;
