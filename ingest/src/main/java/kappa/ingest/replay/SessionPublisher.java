package kappa.ingest.replay;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import kappa.ingest.InvalidInputException;
import kappa.ingest.UnixTime;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.TopicFollower;
import kappa.ingest.log.Topics;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Perturbable;
import kappa.ingest.recording.RecordingDescription;
import kappa.ingest.recording.Warning;
import kappa.ingest.session.SessionDescription;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.PlaybackControl;
import kappa.ingest.wire.RecordingCodec;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.StartFrom;
import kappa.ingest.wire.WireChecks;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.utils.Utils;

/**
 * Publishes a session: its header, then its bins at the rig's pace, at ten times that or as fast as Kafka takes them, then
 * its end. Rig times are the source's own at any speed. A session that is on the topics in part is continued, not begun
 * again.
 *
 * <p>At the rig's pace each bin is a record, sent when it is over, and one that is late is sent at once: bins are never
 * skipped. Faster than that, bins that are due together share a record, and a pipeline that does not follow holds the session
 * back ({@link Backlog}). A live source's bins are sent as they come. A
 * {@link Playback} heeds kappa.controls meanwhile, and a {@link Perturbable} kappa.interventions.
 */
public final class SessionPublisher {

    /** How fast a session is published: a multiple of the rig's own time; infinite for as fast as possible. */
    public record Speed(double factor) {
        public static final Speed MAX = new Speed(Double.POSITIVE_INFINITY);

        /** 1, 10, any other positive number, or max. */
        public static Speed parse(String text) {
            if (text.equals("max")) {
                return MAX;
            }
            try {
                double factor = Double.parseDouble(text);
                if (factor > 0 && Double.isFinite(factor)) {
                    return new Speed(factor);
                }
            } catch (NumberFormatException e) {
                // Told below, like a number that is not positive.
            }
            throw new InvalidInputException("--speed is " + text + ", expected 1, 10, another positive number, or max");
        }

        public boolean isMax() {
            return Double.isInfinite(factor);
        }
    }

    /** Told from the publishing thread after each record. */
    public interface Progress {
        /**
         * @param total bins the session will have as things stand, or -1 if it has no end
         * @param status what the source says of itself, or nothing
         */
        void published(long bins, long total, String status);

        /** The replay was paused, or goes on. */
        default void paused(boolean paused) {}
    }

    private final KafkaConnection connection;

    public SessionPublisher(KafkaConnection connection) {
        this.connection = connection;
    }

    /**
     * What of a session is on the topics, if anything. Its partition is that of its header: clients in other languages choose
     * partitions by other rules.
     */
    public Optional<SessionPlace> find(String session) {
        Found found = new Found(session);
        try (TopicFollower log = new TopicFollower(connection, found::read, TopicFollower.FAIL)) {
            List<TopicPartition> headers = log.partitions(Topics.SESSIONS);
            log.fromBeginning(headers);
            log.readToEnd();
            if (found.header == null) {
                return Optional.empty();
            }
            log.remove(headers);
            log.fromBeginning(List.of(new TopicPartition(Topics.ACTIVITY, found.partition),
                    new TopicPartition(Topics.MODELS, found.partition)));
            log.readToEnd();
        }
        return Optional.of(new SessionPlace(found.header, found.partition, found.bins, found.last, found.complete,
                found.over));
    }

    /** What the records read so far say of a session. */
    private static final class Found {
        private final String session;
        private SessionHeader header;
        private int partition;
        private long bins;
        private Bin last;
        private boolean complete;
        private boolean over;

        Found(String session) {
            this.session = session;
        }

        void read(ConsumerRecord<byte[], byte[]> record) {
            CheckedRecord checked = CheckedRecord.of(record.topic(), record.key(), record.value());
            if (checked.session().equals(session)) {
                checked.message(SessionHeader.class).filter(_ -> header == null).ifPresent(first -> {
                    header = first;
                    partition = record.partition();
                });
                checked.message(ModelSnapshot.class).ifPresent(model -> over |= model.getFinal());
                checked.message(Activity.class).filter(activity -> activity.getFirstBin() <= bins)
                        .ifPresent(this::read);
            }
        }

        private void read(Activity activity) {
            long end = activity.getFirstBin() + activity.getBinsCount();
            if (end > bins) {
                bins = end;
                last = activity.getBins(activity.getBinsCount() - 1);
            }
            complete |= activity.getEndOfSession();
        }
    }

    /** Where the session is, or for a new one what the producer's own rule for records with a key says. */
    static int partition(KafkaProducer<?, ?> producer, SessionPlace place) {
        return place.partition() != SessionPlace.UNDECIDED
                ? place.partition()
                : Utils.toPositive(Utils.murmur2(place.header().getSession().getBytes(UTF_8)))
                        % producer.partitionsFor(Topics.ACTIVITY).size();
    }

    /**
     * Finds the place of a source's session: a new one, or one that is on the topics in part and is to be continued.
     *
     * @param asked the session's id; empty for the source's name, with a number if there is such a session already
     * @throws InvalidInputException if the id that was asked for is that of another session, or of a whole one
     */
    public SessionPlace place(BinSource source, Optional<String> asked, kappa.ingest.recording.FitSettings fit) {
        return place(source, asked, fit, Optional.empty());
    }

    /**
     * The same for a session that may start from a model.
     *
     * @param startFrom a {@link StartFrom} of the wire: the model to start from; empty for none
     * @throws InvalidInputException if the id that was asked for is that of another session, or of a whole one
     */
    public SessionPlace place(BinSource source, Optional<String> asked, kappa.ingest.recording.FitSettings fit,
            Optional<byte[]> startFrom) {
        String base = asked.orElse(source.name());
        String id = base;
        for (int number = 2;; number++) {
            SessionPlace fresh = begin(source, id, fit, startFrom);
            Optional<SessionPlace> found = find(id);
            if (found.isEmpty()) {
                return fresh;
            }
            boolean same = isSame(found.get().header(), fresh.header());
            if (same && !found.get().over()) {
                return found.get();
            }
            if (asked.isPresent()) {
                throw new InvalidInputException("--session-id " + id + ": "
                        + (same ? "is on the topics already, whole" : "is on the topics with another header")
                        + "; expected a new id");
            }
            id = base + "-" + number;
        }
    }

    /** Whether a header is another one but for when it was written, and what was said about the recording. */
    static boolean isSame(SessionHeader found, SessionHeader fresh) {
        return found.toBuilder().clearWarnings().build().equals(fresh.toBuilder().clearWarnings()
                .setCreatedUnixNs(found.getCreatedUnixNs()).build());
    }

    private static SessionPlace begin(BinSource source, String session, kappa.ingest.recording.FitSettings fit,
            Optional<byte[]> startFrom) {
        SessionHeader header = header(source.describe(), session, RecordingCodec.fit(fit), startFrom);
        return SessionPlace.fresh(header.toBuilder()
                .addAllWarnings(source.warnings().stream().limit(WireChecks.MAX_WARNINGS).map(Warning::line).toList())
                .build());
    }

    /** A session of which nothing is on the topics yet. */
    public static SessionPlace begin(RecordingDescription what, String session,
            kappa.ingest.recording.FitSettings fit) {
        return SessionPlace.fresh(header(what, session, RecordingCodec.fit(fit), Optional.empty()));
    }

    /** A session of which bins are on the topics, but not its end. */
    public Optional<SessionDescription> unfinished(String session) {
        return find(session).filter(found -> !found.complete() && found.bins() > 0).map(SessionPlace::description);
    }

    /**
     * The header of a new session.
     *
     * @param startFrom a {@link StartFrom} of the wire; empty for none
     * @throws InvalidInputException if no session can have it
     */
    public static SessionHeader header(RecordingDescription what, String session, FitSettings fit,
            Optional<byte[]> startFrom) {
        SessionHeader.Builder header = RecordingCodec.header(what).setSession(session).setFit(fit)
                .setCreatedUnixNs(UnixTime.nowNs());
        startFrom.ifPresent(model -> header.setStartFrom(parse(model)));
        SessionHeader whole = header.build();
        WireChecks.header(whole).ifPresent(fault -> {
            throw new InvalidInputException("session " + session + ": " + fault.detail());
        });
        if (whole.getSerializedSize() > Topics.MAX_RECORD_BYTES) {
            throw new InvalidInputException("session " + session + ": its header has " + whole.getSerializedSize()
                    + " bytes" + (startFrom.isPresent() ? " with the model to start from" : "") + ", expected at most "
                    + Topics.MAX_RECORD_BYTES);
        }
        return whole;
    }

    private static StartFrom parse(byte[] model) {
        try {
            return StartFrom.parseFrom(model);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("a value of " + model.length + " bytes, expected a StartFrom", e);
        }
    }

    /**
     * Publishes what is missing of a session, until the source ends or the thread is interrupted, in which case the session
     * stays open and can be continued.
     *
     * @param place where nothing is on the topic yet, the header is published too
     * @param limit bins after which to stop without ending the session, or -1
     * @return bins of the session on the topic now
     */
    public long publish(BinSource source, SessionPlace place, Speed speed, long limit, Progress progress) {
        SessionHeader header = place.header();
        long from = place.bins();
        byte[] key = header.getSession().getBytes(UTF_8);
        BinStream bins = null;
        boolean stopped = false;
        try (var producer = new KafkaProducer<byte[], byte[]>(connection.producer());
                var interventions = source instanceof Perturbable
                        ? new Requests<>(connection, header, interventions(header))
                        : null;
                var controls = source instanceof Playback playback
                        ? new Requests<>(connection, header, controls(playback))
                        : null;
                var backlog = source.live()
                        ? null
                        : new Backlog(connection, header, partition(producer, place), from)) {
            Delivery delivery = new Delivery();
            int partition = partition(producer, place);
            if (from == 0) {
                producer.send(new ProducerRecord<>(Topics.SESSIONS, partition, key, header.toByteArray()), delivery)
                        .get();
            } else {
                source.resume(from, RecordingCodec.bin(header, place.last()));
            }
            bins = new BinStream(producer, delivery, source, header, partition, from, speed, interventions, controls,
                    backlog, progress);
            try {
                bins.run(limit);
            } catch (InterruptException e) {
                stopped = true;
            }
            // Told to stop: what was sent is still delivered, which an interrupt would cut short.
            stopped |= Thread.interrupted();
            stopped |= flush(producer);
            delivery.check();
        } catch (ExecutionException e) {
            throw new InvalidInputException(connection + " did not take session " + header.getSession() + ": "
                    + e.getCause(), e);
        } catch (InterruptedException | InterruptException e) {
            stopped = true;
        }
        if (stopped) {
            Thread.currentThread().interrupt();
        }
        return bins == null ? from : bins.next();
    }

    /** @return whether the thread was interrupted meanwhile, perhaps once more */
    private static boolean flush(KafkaProducer<?, ?> producer) {
        boolean interrupted = false;
        while (true) {
            try {
                producer.flush();
                return interrupted;
            } catch (InterruptException e) {
                Thread.interrupted();
                interrupted = true;
            }
        }
    }

    private static Requests.Kind<Intervention> interventions(SessionHeader header) {
        return new Requests.Kind<>(Topics.INTERVENTIONS, Intervention.class,
                request -> WireChecks.intervention(header, request), (before, newer) -> newer);
    }

    private static Requests.Kind<PlaybackControl> controls(Playback playback) {
        return new Requests.Kind<>(Topics.CONTROLS, PlaybackControl.class, playback::fault,
                (before, newer) -> before.toBuilder().mergeFrom(newer).build());
    }

    /** Keeps the first delivery failure, which the publishing thread then throws. */
    static final class Delivery implements Callback {
        private volatile Exception failure;

        @Override
        public void onCompletion(RecordMetadata metadata, Exception exception) {
            if (exception != null && failure == null) {
                failure = exception;
            }
        }

        void check() {
            if (failure != null) {
                throw new InvalidInputException("Kafka did not take a record: " + failure.getMessage(), failure);
            }
        }
    }
}
