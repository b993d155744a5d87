package kappa.ingest.log;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.Reason;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * The headers on kappa.sessions. The first valid header of a session stays in force.
 *
 * <p>Every process reads every header, and again after each restart, but an invalid header is reported once, by the process that
 * owns its partition. Of an invalid header in another partition only the place is kept. If the partition becomes ours, it is
 * read again from there. Not thread-safe.
 */
final class SessionHeaders implements AutoCloseable {

    private final KafkaConnection connection;
    private final Publisher publisher;
    private final TopicFollower table;
    private final Map<String, SessionHeader> headers = new HashMap<>();
    /** Of our partitions, the first record that was not reported on yet. */
    private final Map<Integer, Long> reported = new HashMap<>();
    /** Of other partitions, the first invalid header since they were ours. */
    private final Map<Integer, Long> invalidElsewhere = new HashMap<>();

    SessionHeaders(KafkaConnection connection, Publisher publisher) {
        this.connection = connection;
        this.publisher = publisher;
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
        return headers.get(session);
    }

    /** The header in a session's checkpoint replaces what was read. */
    void restore(String session, SessionHeader header) {
        headers.put(session, header);
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
                SessionHeader known = headers.putIfAbsent(session, header);
                if (known != null && !known.equals(header)) {
                    invalid(session, record, new Fault(Reason.HEADER_CHANGED,
                            "session \"" + session + "\" has another header already, which stays in force"));
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
