/**
 * Lab Streaming Layer: streams of rates, field potentials, spikes and counts, and markers, through the user's own liblsl.
 *
 * <p><b>Clocks.</b> A tick is a nanosecond of the data stream's sender, by the raw stamps it gave its samples; rig time and the
 * grid of bins are on that clock, and nothing corrects them. Beside it stands what liblsl measures every 2 s, the correction c
 * with its error (the fastest probe's round trip): local time = stamp + c. It maps ticks to this host's clock
 * ({@code BinClock.host_unix_ns}, {@code error_ns}), and puts the streams on one time base: a marker stamped s by another host is
 * at tick s + c_marker - c_data. Streams of one host share its clock, so that no measured correction comes between them: where
 * host names are equal and corrections agree within their error, the stamp is the tick.
 *
 * <p><b>When a bin is closed.</b> A regular stream's newest stamp says that nothing older comes. An irregular one (spikes,
 * markers) is silent most of the time: all of it older than the lateness, by its sender's clock, is taken to have arrived, as
 * long as the sender answers. Markers therefore hold back the bins of a regular stream until they are as old as the lateness.
 *
 * <p><b>Loss.</b> liblsl numbers no samples. A loss shows as a step between two stamps of a regular stream, or as a
 * broken connection. All bins between the last complete one and the first one afterwards are marked. If the sender
 * then has another clock, a new epoch begins.
 */
package kappa.ingest.rig.lsl;
