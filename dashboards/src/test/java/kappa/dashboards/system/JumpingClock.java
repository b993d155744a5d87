package kappa.dashboards.system;

import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingDescription;

/** A rig whose clock jumps an hour ahead, and back, every hundred bins of 20 ms. */
record JumpingClock(BinSource source) implements BinSource {

    @Override
    public String name() {
        return source.name();
    }

    @Override
    public RecordingDescription describe() {
        return source.describe();
    }

    @Override
    public long bins() {
        return source.bins();
    }

    @Override
    public boolean next(RecordedBin bin) {
        boolean more = source.next(bin);
        if (more && bin.rigTimeNs / 2_000_000_000L % 2 == 1) {
            bin.rigTimeNs += 3_600_000_000_000L;
        }
        return more;
    }

    @Override
    public void skip(long bins) {
        source.skip(bins);
    }

    @Override
    public void close() {
        source.close();
    }
}
