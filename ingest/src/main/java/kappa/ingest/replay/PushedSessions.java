package kappa.ingest.replay;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import kappa.ingest.InvalidInputException;
import kappa.ingest.UnixTime;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.recording.FitSettings;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingDescription;
import kappa.ingest.session.SessionDescription;
import kappa.ingest.wire.Activity;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.RecordingCodec;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * Sessions whose bins another program hands over, a few at a time, in place of sending them to Kafka itself. They go onto the
 * topics of every session and pass the checks of the reader first. What was handed over is on the topic when a call returns;
 * of what is wrong, nothing is sent.
 *
 * <p>Thread-safe. Calls for one session are met one after another, those for different sessions beside each other. A session is
 * to be handed to one process.
 */
public final class PushedSessions implements AutoCloseable {

    /** Sessions that are known at a time; one that was idle is forgotten and found on the topics when it goes on. */
    private static final int MAX_KNOWN = 256;

    private static final long WITHIN_SECONDS = 10;

    /**
     * Where a session stands.
     *
     * @param bins that are on the topic
     * @param created whether this call began it
     * @param over whether its end is there too
     */
    public record Standing(String session, long bins, boolean created, boolean over) {}

    /** The session is not as the call takes it to be. */
    public static final class Conflict extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Conflict(String line) {
            super(line);
        }
    }

    /** There is no such session. */
    public static final class Unknown extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unknown(String session) {
            super("There is no session " + session + ".");
        }
    }

    /** Kafka did not take what was handed over. */
    public static final class NotTaken extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotTaken(String line, Throwable cause) {
            super(line, cause);
        }
    }

    /** A session. All is guarded by {@link #lock}. */
    private static final class Open {
        private final ReentrantLock lock = new ReentrantLock();
        private boolean forgotten;
        /** Null until it was looked for; then of no session, if there is none. */
        private Optional<SessionPlace> place;
        private int partition;
        private long next;
        private long lastTrial;
        private boolean over;

        void found(Optional<SessionPlace> found) {
            place = found;
            found.ifPresent(known -> {
                next = known.bins();
                over = known.complete();
                lastTrial = known.last() == null ? Long.MIN_VALUE : known.last().getTrial();
            });
        }

        SessionHeader header() {
            return place.orElseThrow().header();
        }
    }

    /** Met while the session's lock is held. */
    private interface Call<T> {
        T meet(Open session);
    }

    private final KafkaConnection connection;
    private final SessionPublisher publisher;
    private final int mostKnown;
    /** By id, the one that was idle for the longest time first. Guarded by itself. */
    private final Map<String, Open> known = new LinkedHashMap<>(16, 0.75f, true);
    private KafkaProducer<byte[], byte[]> producer;

    public PushedSessions(KafkaConnection connection) {
        this(connection, MAX_KNOWN);
    }

    /** @param mostKnown in place of {@value #MAX_KNOWN} */
    PushedSessions(KafkaConnection connection, int mostKnown) {
        this.connection = connection;
        this.mostKnown = mostKnown;
        publisher = new SessionPublisher(connection);
    }

    /**
     * Begins a session, or goes on with it where the topics have it with the same header.
     *
     * @throws InvalidInputException if no session can be like this
     * @throws Conflict if there is such a session with another header, or it is over
     */
    public Standing open(RecordingDescription what, String session, FitSettings fit) {
        return open(session, SessionPublisher.begin(what, session, fit).header());
    }

    /**
     * The same with a header of the wire.
     *
     * @param header a {@code SessionHeader}
     */
    public Standing open(String session, byte[] header) {
        return open(session, checked(Topics.SESSIONS, session, header, SessionHeader.class));
    }

    private Standing open(String session, SessionHeader header) {
        return with(session, open -> {
            boolean created = open.place.isEmpty();
            if (created) {
                SessionPlace fresh = SessionPlace.fresh(header);
                int partition = SessionPublisher.partition(producer(), fresh);
                await(List.of(producer().send(new ProducerRecord<>(Topics.SESSIONS, partition,
                        session.getBytes(UTF_8), header.toByteArray()))));
                open.found(Optional.of(fresh));
                open.partition = partition;
            } else if (!SessionPublisher.isSame(open.header(), header)) {
                throw new Conflict("There is a session " + session + " with another header. Choose another id.");
            } else if (open.over) {
                throw new Conflict("Session " + session + " is over. Choose another id.");
            }
            return new Standing(session, open.next, created, open.over);
        });
    }

    /**
     * What the bins of a session have in common.
     *
     * @throws Unknown if there is no such session
     */
    public SessionDescription describe(String session) {
        return with(session, open -> SessionDescription.of(required(session, open)));
    }

    /**
     * Where a session stands.
     *
     * @throws Unknown if there is no such session
     */
    public Standing look(String session) {
        return with(session, open -> {
            required(session, open);
            return new Standing(session, open.next, false, open.over);
        });
    }

    /**
     * Sends bins that follow those before, in one piece or not at all.
     *
     * @param first index of the first of them. Bins that the topic has already are passed over, so that a call whose answer was
     *        lost can be repeated. Empty for the next
     * @param bins each with the numbers that the session's header announces. A rig time of 0 means that bins follow one another
     * @param end whether no bin follows
     */
    public Standing append(String session, OptionalLong first, List<RecordedBin> bins, boolean end) {
        return with(session, open -> {
            SessionHeader header = required(session, open);
            long from = first.orElse(open.next);
            Activity.Builder record = Activity.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION)
                    .setSession(session).setFirstBin(from).setEndOfSession(end);
            for (RecordedBin bin : bins) {
                if (bin.rigTimeNs == 0) {
                    bin.rigTimeNs = Math.round((from + record.getBinsCount() + 1) * header.getBinWidthS() * 1e9);
                }
                record.addBins(RecordingCodec.bin(bin, RecordingCodec.observation(header.getObservation())));
            }
            return append(session, open, record.build());
        });
    }

    /**
     * The same with a record of the wire.
     *
     * @param activity an {@code Activity}
     */
    public Standing append(String session, byte[] activity) {
        Activity record = checked(Topics.ACTIVITY, session, activity, Activity.class);
        return with(session, open -> {
            required(session, open);
            return append(session, open, record);
        });
    }

    private Standing append(String session, Open open, Activity record) {
        SessionHeader header = open.header();
        WireChecks.activity(header, record).ifPresent(PushedSessions::refuse);
        long first = record.getFirstBin();
        if (first > open.next) {
            throw new Conflict("The first bin is " + first + ", and session " + session + " has " + open.next
                    + " bins: those between are missing.");
        }
        List<Bin> fresh = record.getBinsList().subList((int) Math.min(record.getBinsCount(), open.next - first),
                record.getBinsCount());
        if (open.over && !(fresh.isEmpty() && record.getEndOfSession())) {
            throw new Conflict("Session " + session + " is over.");
        }
        if (header.getTrials() && !fresh.isEmpty() && fresh.getFirst().getTrial() < open.lastTrial) {
            throw new InvalidInputException("trial is " + fresh.getFirst().getTrial() + " after " + open.lastTrial
                    + ", expected it to grow.");
        }
        if (!open.over && (!fresh.isEmpty() || record.getEndOfSession())) {
            send(session, open, fresh, record.getEndOfSession());
        }
        return new Standing(session, open.next, false, open.over);
    }

    /** Records as a replay makes them. When Kafka does not take them, what it has is looked up anew. */
    private void send(String session, Open open, List<Bin> bins, boolean end) {
        SessionHeader header = open.header();
        int batch = BinStream.binsPerRecord(header);
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (int from = 0; from == 0 || from < bins.size(); from += batch) {
            int to = Math.min(bins.size(), from + batch);
            byte[] value = Activity.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION).setSession(session)
                    .setFirstBin(open.next + from).addAllBins(bins.subList(from, to))
                    .setEndOfSession(end && to == bins.size()).setSentUnixNs(UnixTime.nowNs()).build().toByteArray();
            sent.add(producer().send(new ProducerRecord<>(Topics.ACTIVITY, open.partition, session.getBytes(UTF_8),
                    value)));
        }
        try {
            await(sent);
        } catch (NotTaken e) {
            open.place = null;
            throw e;
        }
        open.next += bins.size();
        open.over = end;
        if (!bins.isEmpty()) {
            open.lastTrial = bins.getLast().getTrial();
        }
    }

    private static <M extends com.google.protobuf.Message> M checked(String topic, String session, byte[] value,
            Class<M> type) {
        CheckedRecord record = CheckedRecord.of(topic, session.getBytes(UTF_8), value);
        record.fault().ifPresent(PushedSessions::refuse);
        return record.message(type).orElseThrow();
    }

    private static void refuse(Fault fault) {
        throw new InvalidInputException(fault.detail() + ".");
    }

    private static SessionHeader required(String session, Open open) {
        if (open.place.isEmpty()) {
            throw new Unknown(session);
        }
        return open.header();
    }

    private static void await(List<Future<RecordMetadata>> sent) {
        try {
            for (Future<RecordMetadata> one : sent) {
                one.get(WITHIN_SECONDS, TimeUnit.SECONDS);
            }
        } catch (ExecutionException e) {
            throw new NotTaken("Kafka did not take it: " + e.getCause().getMessage(), e);
        } catch (TimeoutException e) {
            throw new NotTaken("Kafka did not take it within " + WITHIN_SECONDS + " s.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotTaken("kappa is being stopped.", e);
        }
    }

    private <T> T with(String session, Call<T> call) {
        if (!WireChecks.isSessionId(session)) {
            throw new InvalidInputException("The session's id has " + session.length() + " characters, expected "
                    + WireChecks.SESSION_ID_FORM + ".");
        }
        while (true) {
            Open open = get(session);
            open.lock.lock();
            try {
                if (open.forgotten) {
                    continue;
                }
                if (open.place == null) {
                    open.found(publisher.find(session));
                    open.partition = open.place.map(SessionPlace::partition).orElse(SessionPlace.UNDECIDED);
                }
                return call.meet(open);
            } finally {
                if (open.place == null || open.place.isEmpty()) {
                    forget(session, open);
                }
                open.lock.unlock();
            }
        }
    }

    private Open get(String session) {
        synchronized (known) {
            Open open = known.computeIfAbsent(session, _ -> new Open());
            Iterator<Open> idle = known.values().iterator();
            while (known.size() > mostKnown && idle.hasNext()) {
                Open oldest = idle.next();
                if (oldest != open && oldest.lock.tryLock()) {
                    oldest.forgotten = true;
                    idle.remove();
                    oldest.lock.unlock();
                }
            }
            return open;
        }
    }

    private void forget(String session, Open open) {
        synchronized (known) {
            open.forgotten = true;
            known.remove(session, open);
        }
    }

    private synchronized KafkaProducer<byte[], byte[]> producer() {
        if (producer == null) {
            producer = new KafkaProducer<>(connection.producer());
        }
        return producer;
    }

    @Override
    public synchronized void close() {
        if (producer != null) {
            producer.close();
        }
    }
}
