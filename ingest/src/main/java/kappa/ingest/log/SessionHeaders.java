package kappa.ingest.log;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.Reason;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * The headers on kappa.sessions. The first valid header of a session stays in force; only its warnings can become others.
 *
 * <p>Memory is bounded: of {@value #MOST_SESSIONS} sessions it is known that they have a header, and those used last are kept, as
 * many as fit into {@value #MOST_BYTES} bytes. Another one is read again when it is asked for. Headers of further sessions are
 * rejected.
 *
 * <p>Every process reads every header, and again after each restart, but an invalid header is reported once, by the process that
 * owns its partition. Of an invalid header in another partition only the place is kept. If the partition becomes ours, it is
 * read again from there. Not thread-safe.
 */
final class SessionHeaders implements AutoCloseable {

    private static final int MOST_SESSIONS = 100_000;
    private static final int MOST_BYTES = 64 << 20;

    /**
     * What is kept of every session's header.
     *
     * @param digest of the header in force but for its warnings, to tell whether a later one differs
     */
    private record Known(int partition, int digest) {}

    private final KafkaConnection connection;
    private final Publisher publisher;
    private final TopicFollower table;
    private final int mostSessions;
    private final int mostBytes;
    private final Map<String, Known> known = new HashMap<>();
    /** The one used longest ago comes first. */
    private final Map<String, SessionHeader> headers = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;
    /** Of our partitions, the first record that was not reported on yet. */
    private final Map<Integer, Long> reported = new HashMap<>();
    /** Of other partitions, the first invalid header since they were ours. */
    private final Map<Integer, Long> invalidElsewhere = new HashMap<>();

    SessionHeaders(KafkaConnection connection, Publisher publisher) {
        this(connection, publisher, MOST_SESSIONS, MOST_BYTES);
    }

    SessionHeaders(KafkaConnection connection, Publisher publisher, int mostSessions, int mostBytes) {
        this.connection = connection;
        this.publisher = publisher;
        this.mostSessions = mostSessions;
        this.mostBytes = mostBytes;
        table = TopicFollower.ofTable(connection, this::read);
        table.fromBeginning(table.partitions(Topics.SESSIONS));
        table.readToEnd();
    }

    /** Reads the headers that have arrived, without waiting. */
    void refresh() {
        table.poll(Duration.ZERO);
    }

    /** Reads up to the present end. A header is appended before its session's first bin, so it is known afterwards. */
    void readToEnd() {
        table.readToEnd();
    }

    /** Null if the session has none. */
    SessionHeader of(String session) {
        SessionHeader kept = headers.get(session);
        return kept == null && known.containsKey(session) ? readAgain(session, known.get(session).partition()) : kept;
    }

    private SessionHeader readAgain(String session, int partition) {
        SessionHeader[] first = new SessionHeader[1];
        try (TopicFollower again = TopicFollower.ofTable(connection, record -> {
            if (first[0] == null && CheckedRecord.session(record.key()).equals(session)) {
                first[0] = CheckedRecord.of(record.topic(), record.key(), record.value())
                        .message(SessionHeader.class).orElse(null);
            }
        })) {
            again.fromBeginning(List.of(new TopicPartition(Topics.SESSIONS, partition)));
            again.readToEnd();
        }
        if (first[0] != null) {
            keep(session, first[0]);
        }
        return first[0];
    }

    private void keep(String session, SessionHeader header) {
        SessionHeader before = headers.put(session, header);
        bytes += header.getSerializedSize() - (before == null ? 0 : before.getSerializedSize());
        Iterator<SessionHeader> oldest = headers.values().iterator();
        while (bytes > mostBytes && headers.size() > 1) {
            bytes -= oldest.next().getSerializedSize();
            oldest.remove();
        }
    }

    /** The header in a session's checkpoint replaces what was read. */
    void restore(String session, int partition, SessionHeader header) {
        known.put(session, new Known(partition, digest(header)));
        keep(session, header);
    }

    private static int digest(SessionHeader header) {
        return WireChecks.withoutWarnings(header).hashCode();
    }

    /** A partition is ours. Invalid headers before this record were reported already. */
    void take(int partition, long alreadyReported) {
        reported.put(partition, alreadyReported);
    }

    /** Reports invalid headers that arrived before these partitions were ours and that nobody reported. */
    void reportMissed(Collection<TopicPartition> taken) {
        Map<TopicPartition, Long> from = new HashMap<>();
        for (TopicPartition partition : taken) {
            Long first = invalidElsewhere.remove(partition.partition());
            if (first != null) {
                from.put(new TopicPartition(Topics.SESSIONS, partition.partition()),
                        Math.max(first, reported.get(partition.partition())));
            }
        }
        if (!from.isEmpty()) {
            try (TopicFollower again = TopicFollower.ofTable(connection, this::read)) {
                again.from(from);
                again.readToEnd();
            }
        }
    }

    void giveUp(int partition) {
        reported.remove(partition);
    }

    long reported(int partition) {
        return reported.getOrDefault(partition, 0L);
    }

    private void read(ConsumerRecord<byte[], byte[]> record) {
        switch (CheckedRecord.of(record.topic(), record.key(), record.value())) {
            case CheckedRecord.Valid(String session, SessionHeader header) -> {
                Known before = known.get(session);
                if (before != null) {
                    if (before.digest() == digest(header)) {
                        keep(session, header);
                    } else {
                        invalid(session, record, new Fault(Reason.HEADER_CHANGED,
                                "session \"" + session + "\" has another header already, which stays in force"));
                    }
                } else if (known.size() == mostSessions) {
                    invalid(session, record, new Fault(Reason.BAD_HEADER, "there are " + mostSessions
                            + " sessions already; remove some with ./kappa session forget, and restart"));
                } else {
                    known.put(session, new Known(record.partition(), digest(header)));
                    keep(session, header);
                }
            }
            case CheckedRecord.Invalid(String session, Fault why) -> invalid(session, record, why);
            // A deleted header stays in force here; a process that starts later does not know it.
            case CheckedRecord.Valid _,CheckedRecord.Deleted _ -> {
            }
        }
    }

    private void invalid(String session, ConsumerRecord<byte[], byte[]> record, Fault fault) {
        Long from = reported.get(record.partition());
        if (from == null) {
            invalidElsewhere.merge(record.partition(), record.offset(), Math::min);
        } else if (record.offset() >= from) {
            publisher.reject(session, record, fault, false);
            reported.put(record.partition(), record.offset() + 1);
        }
    }

    @Override
    public void close() {
        table.close();
    }
}
