package kappa.ingest.session;

/**
 * The newest model snapshot of a session. The model itself is for the snapshot codec of fitting to decode.
 *
 * @param steps steps that the optimiser made so far
 * @param stepsShed steps left out so far because learning was behind
 * @param binsLearned bins before this index have been learned from
 * @param last whether the session is over and this is its last model
 * @param value the record's value; owned by this record, not to be written to
 */
@SuppressWarnings("ArrayRecordComponent")
public record Snapshot(long version, long steps, long stepsShed, long binsLearned, boolean last, Quality quality,
        byte[] value) {}
