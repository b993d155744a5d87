/**
 * Sessions out of XDF files, LabRecorder's archive of Lab Streaming Layer streams, after the XDF 1.0 specification. A file is
 * binned as {@code rig lsl} would have binned its streams when they were recorded: by the same assembler, with the same meaning
 * of samples and markers ({@link kappa.ingest.rig.lsl}).
 *
 * <p><b>The file.</b> The letters {@code XDF:}, then chunks: length, tag, contents. A stream has a header (XML), chunks of
 * samples, and measurements of its clock's offset from the recorder's. From time to time a boundary chunk marks a place from
 * which a reader finds on after damage.
 *
 * <p><b>Clocks.</b> As for a live rig, ticks are nanoseconds of the data stream's sender. Other streams are brought onto that
 * clock by the offsets of both, of which a straight line is taken between two resets of a clock. Streams of one host share its
 * clock. Where the sender's clock began anew, an epoch begins.
 */
package kappa.ingest.recording.xdf;
