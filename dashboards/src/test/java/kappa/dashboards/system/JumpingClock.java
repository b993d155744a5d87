package kappa.dashboards.system;

import java.nio.file.Path;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingDescription;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.replay.Playback;
import kappa.ingest.replay.SessionPublisher;
import kappa.ingest.replay.SessionPublisher.Speed;
import kappa.ingest.wire.SessionHeader;

/** A rig whose clock jumps an hour ahead, and back, every hundred bins of 20 ms. */
record JumpingClock(BinSource source) implements BinSource {

    /**
     * Replays a recording with such a clock, at full speed: {@code SERVERS RECORDING SESSION LIKE}.
     *
     * @param arguments the last is a session whose settings this one is to have, too
     */
    public static void main(String[] arguments) {
        SessionPublisher publisher = new SessionPublisher(KafkaConnection.to(arguments[0]));
        SessionHeader like = publisher.find(arguments[3]).orElseThrow().header();
        try (BinSource source = new JumpingClock(new Playback(NpzRecording.open(Path.of(arguments[1]), null)))) {
            SessionHeader header = SessionPublisher.header(source.describe(), arguments[2], like.getFit());
            publisher.publish(source, header, 0, null, Speed.MAX, -1, (bins, total, status) -> {});
        }
    }

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
