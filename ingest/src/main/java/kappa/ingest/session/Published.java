package kappa.ingest.session;

/**
 * The newest analysis of a session, or the newest predictions of what silencing does, for the codec of analysis to decode.
 *
 * @param modelVersion of the snapshot that it is about
 * @param revision grows with each newer one
 * @param value the record's value; owned by this record, not to be written to
 */
@SuppressWarnings("ArrayRecordComponent")
public record Published(long modelVersion, long revision, byte[] value) {}
