package kappa.ingest.replay;

import static java.nio.charset.StandardCharsets.UTF_8;

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

    /** What of a session is on the topics, if anything. */
    public Optional<SessionPlace> find(String session) {
        Found found = new Found(session);
        try (TopicFollower log = new TopicFollower(connection, found::read, TopicFollower.FAIL)) {
            for (String topic : List.of(Topics.SESSIONS, Topics.ACTIVITY, Topics.MODELS)) {
                int partition = partition(session, log.partitions(topic).size());
                log.fromBeginning(List.of(new TopicPartition(topic, partition)));
                log.readToEnd();
                if (found.header == null) {
                    return Optional.empty();
                }
            }
        }
        return Optional.of(new SessionPlace(found.header, found.bins, found.last, found.complete, found.over));
    }

    /** What the records read so far say of a session. */
    private static final class Found {
        private final String session;
        private SessionHeader header;
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
                checked.message(SessionHeader.class).ifPresent(first -> header = header == null ? first : header);
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

    private static int partition(KafkaProducer<?, ?> producer, SessionHeader header) {
        return partition(header.getSession(), producer.partitionsFor(Topics.ACTIVITY).size());
    }

    /** The producer's own rule for records with a key. */
    private static int partition(String session, int count) {
        return Utils.toPositive(Utils.murmur2(session.getBytes(UTF_8))) % count;
    }

    /**
     * Finds the place of a source's session: a new one, or one that is on the topics in part and is to be continued.
     *
     * @param asked the session's id; empty for the source's name, with a number if there is such a session already
     * @throws InvalidInputException if the id that was asked for is that of another session, or of a whole one
     */
    public SessionPlace place(BinSource source, Optional<String> asked, kappa.ingest.recording.FitSettings fit) {
        String base = asked.orElse(source.name());
        String id = base;
        for (int number = 2;; number++) {
            SessionPlace fresh = begin(source, id, fit);
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
    private static boolean isSame(SessionHeader found, SessionHeader fresh) {
        return found.toBuilder().clearWarnings().build().equals(fresh.toBuilder().clearWarnings()
                .setCreatedUnixNs(found.getCreatedUnixNs()).build());
    }

    private static SessionPlace begin(BinSource source, String session, kappa.ingest.recording.FitSettings fit) {
        SessionHeader header = header(source.describe(), session, RecordingCodec.fit(fit));
        return SessionPlace.fresh(header.toBuilder()
                .addAllWarnings(source.warnings().stream().limit(WireChecks.MAX_WARNINGS).map(Warning::line).toList())
                .build());
    }

    /** A session of which nothing is on the topics yet. */
    public static SessionPlace begin(RecordingDescription what, String session,
            kappa.ingest.recording.FitSettings fit) {
        return SessionPlace.fresh(header(what, session, RecordingCodec.fit(fit)));
    }

    /** A session of which bins are on the topics, but not its end. */
    public Optional<SessionDescription> unfinished(String session) {
        return find(session).filter(found -> !found.complete() && found.bins() > 0).map(SessionPlace::description);
    }

    public static SessionHeader header(RecordingDescription what, String session, FitSettings fit) {
        SessionHeader header = RecordingCodec.header(what).setSession(session).setFit(fit)
                .setCreatedUnixNs(UnixTime.nowNs()).build();
        WireChecks.header(header).ifPresent(fault -> {
            throw new InvalidInputException("session " + session + ": " + fault.detail());
        });
        return header;
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
                        ? new Requests<>(connection, header, partition(producer, header), interventions(header))
                        : null;
                var controls = source instanceof Playback playback
                        ? new Requests<>(connection, header, partition(producer, header), controls(playback))
                        : null;
                var backlog = source.live()
                        ? null
                        : new Backlog(connection, header, partition(producer, header), from)) {
            Delivery delivery = new Delivery();
            if (from == 0) {
                producer.send(new ProducerRecord<>(Topics.SESSIONS, key, header.toByteArray()), delivery).get();
            } else {
                source.resume(from, RecordingCodec.bin(header, place.last()));
            }
            bins = new BinStream(producer, delivery, source, header, from, speed, interventions, controls, backlog,
                    progress);
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
