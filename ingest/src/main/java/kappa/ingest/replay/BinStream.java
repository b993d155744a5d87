package kappa.ingest.replay;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import kappa.ingest.UnixTime;
import kappa.ingest.log.Topics;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Perturbable;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.Warning;
import kappa.ingest.replay.SessionPublisher.Progress;
import kappa.ingest.replay.SessionPublisher.Speed;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Author;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.Note;
import kappa.ingest.wire.PlaybackControl;
import kappa.ingest.wire.RecordingCodec;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of publishing: takes bins from a source when they are due, and heeds between records what the rig is asked. Used by
 * one thread.
 */
final class BinStream {

    private static final int MAX_BINS_PER_RECORD = 64;
    private static final int MAX_RECORD_FLOATS = 65_536;
    private static final Duration LOOK = Duration.ofMillis(50);
    private static final Logger LOG = LoggerFactory.getLogger(BinStream.class);

    private final KafkaProducer<byte[], byte[]> producer;
    private final SessionPublisher.Delivery delivery;
    private final BinSource source;
    private SessionHeader header;
    private List<Warning> warnings;
    private final int partition;
    private final byte[] key;
    private final Requests<Intervention> interventions;
    private final Requests<PlaybackControl> controls;
    private final Backlog backlog;
    private final Progress progress;
    private final int batch;
    private Speed speed;
    private boolean paused;
    private long next;
    /** At the present speed since bin {@code paceBin}, which began at {@code paceNs}. */
    private long paceBin;
    private long paceNs;

    /**
     * @param partition of the session
     * @param from the session's bin that comes next
     * @param interventions null unless the source is {@link Perturbable}
     * @param controls null unless the source is a {@link Playback}
     * @param backlog null for a live source, which nobody can hold back
     */
    BinStream(KafkaProducer<byte[], byte[]> producer, SessionPublisher.Delivery delivery, BinSource source,
            SessionHeader header, int partition, long from, Speed speed, Requests<Intervention> interventions,
            Requests<PlaybackControl> controls, Backlog backlog, Progress progress) {
        this.producer = producer;
        this.delivery = delivery;
        this.source = source;
        this.header = header;
        warnings = source.warnings();
        this.partition = partition;
        this.next = from;
        this.speed = speed;
        this.interventions = interventions;
        this.controls = controls;
        this.backlog = backlog;
        this.progress = progress;
        key = header.getSession().getBytes(UTF_8);
        batch = binsPerRecord(header);
    }

    /** How many bins of a session fit into a record. */
    static int binsPerRecord(SessionHeader header) {
        int perBin = Math.max(1, header.getNeuronsCount() + header.getInputChannelsCount());
        return Math.clamp(MAX_RECORD_FLOATS / perBin, 1, MAX_BINS_PER_RECORD);
    }

    /** Bins of the session on the topic, or on their way there. */
    long next() {
        return next;
    }

    /** @param limit bins of the session after which to stop without ending it, or -1 */
    void run(long limit) {
        setPace();
        announce();
        source.tell(this::note);
        RecordedBin bin = source.describe().newBin();
        Observation observation = source.describe().observation();
        Activity.Builder record = Activity.newBuilder();
        boolean more = true;
        while (more && !Thread.currentThread().isInterrupted() && (limit < 0 || next < limit)) {
            heed();
            if (!awaitDue() || !mayGoOn()) {
                continue;
            }
            record.clear().setSchemaVersion(WireChecks.SCHEMA_VERSION).setSession(header.getSession())
                    .setFirstBin(next);
            long due = dueBins();
            // A bin is sent when it is over; together with those that are over by then.
            while (record.getBinsCount() < batch && (record.getBinsCount() == 0 || next < due)
                    && (limit < 0 || next < limit)) {
                more = source.next(bin);
                if (!more) {
                    break;
                }
                record.addBins(RecordingCodec.bin(bin, observation));
                next++;
            }
            if (source.live() && Thread.currentThread().isInterrupted() && record.getBinsCount() == 0) {
                break;
            }
            record.setEndOfSession(!more).setSentUnixNs(UnixTime.nowNs());
            byte[] value = record.build().toByteArray();
            producer.send(new ProducerRecord<>(Topics.ACTIVITY, partition, key, value), delivery);
            delivery.check();
            if (backlog != null) {
                backlog.sent(record.getBinsCount(), value.length);
            }
            announceWarnings();
            progress.published(next, source.bins(), source.status());
        }
    }

    /** A live source looks at its bins as they come: the header has what it found. */
    private void announceWarnings() {
        if (!source.warnings().equals(warnings)) {
            warnings = source.warnings();
            header = header.toBuilder().clearWarnings().addAllWarnings(SessionPublisher.lines(source)).build();
            producer.send(new ProducerRecord<>(Topics.SESSIONS, partition, key, header.toByteArray()), delivery);
        }
    }

    /** What the rig says of itself explains why bins stop. */
    private void note(String state) {
        Note note = Note.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION).setSession(header.getSession())
                .setText(state).setBin(Math.max(0, next - 1)).setAuthor(Author.RIG)
                .setPublishedUnixNs(UnixTime.nowNs()).build();
        if (WireChecks.note(note).isEmpty()) {
            producer.send(new ProducerRecord<>(Topics.NOTES, partition, key, note.toByteArray()), delivery);
        }
    }

    private void setPace() {
        paceBin = next;
        paceNs = System.nanoTime();
    }

    private double binNs() {
        return header.getBinWidthS() * 1e9 / speed.factor();
    }

    /** Bins of the session that are over by now, if it runs at a pace of its own. */
    private long dueBins() {
        if (source.live()) {
            return next;
        }
        return speed.isMax() ? Long.MAX_VALUE : paceBin + (long) ((System.nanoTime() - paceNs) / binNs());
    }

    /** @return false if something was asked before the next bin was over, or the thread is interrupted */
    private boolean awaitDue() {
        while (!source.live()) {
            if (Thread.currentThread().isInterrupted() || asked()) {
                return false;
            }
            if (paused) {
                LockSupport.park(this);
                continue;
            }
            long left = paceNs + (long) ((next - paceBin + 1) * binNs()) - System.nanoTime();
            if (left <= 0) {
                return true;
            }
            LockSupport.parkNanos(this, left);
        }
        return true;
    }

    /** A replay that is faster than its rig waits for a pipeline that cannot follow, or is not there. */
    private boolean mayGoOn() {
        if (backlog == null || speed.factor() <= 1 || backlog.allows(LOOK)) {
            return true;
        }
        delivery.check();
        progress.published(next, source.bins(),
                source.status() + ", waiting for the pipeline: " + backlog.bins() + " bins have no kappa yet");
        setPace();
        return false;
    }

    private boolean asked() {
        return (interventions != null && interventions.any()) || (controls != null && controls.any());
    }

    private void heed() {
        if (interventions != null) {
            interventions.take().ifPresent(request -> {
                LOG.atInfo().addKeyValue("session", header.getSession()).log(
                        "session {}: intervention {}: {} of {} neurons in {} trials", header.getSession(),
                        request.getId(), request.getNeuronsCount(), header.getNeuronsCount(), request.getTrials());
                ((Perturbable) source).obey(RecordingCodec.intervention(request));
            });
        }
        if (controls != null) {
            controls.take().ifPresent(this::control);
        }
    }

    private void control(PlaybackControl wish) {
        if (wish.hasSeekS()) {
            ((Playback) source).seek(wish.getSeekS());
        }
        if (wish.hasSpeed()) {
            speed = new Speed(wish.getSpeed());
        }
        if (wish.hasPause() && wish.getPause() != paused) {
            paused = wish.getPause();
            progress.paused(paused);
        }
        // What stood still, or went at another pace, is not caught up on.
        setPace();
        announce();
    }

    private void announce() {
        if (source instanceof Playback playback) {
            producer.send(new ProducerRecord<>(Topics.PLAYBACKS, partition, key, playback.state()
                    .setSchemaVersion(WireChecks.SCHEMA_VERSION).setSession(header.getSession()).setPaused(paused)
                    .setSpeed(speed.factor()).setPublishedUnixNs(UnixTime.nowNs()).build().toByteArray()), delivery);
        }
    }
}
