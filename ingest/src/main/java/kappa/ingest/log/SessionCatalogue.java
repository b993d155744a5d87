package kappa.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import kappa.ingest.InvalidInputException;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.Checkpoint;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;

/**
 * The sessions of a Kafka as their headers and checkpoints tell of them, for whoever looks after it. A record that cannot be
 * read is listed with its fault. Stateless.
 */
public final class SessionCatalogue {

    private SessionCatalogue() {}

    /**
     * One session.
     *
     * @param partition of all its records
     * @param neurons 0 if it has no header that can be read
     * @param observation empty if it has no such header
     * @param announcedUnixMs when its header came; 0 if there is none
     * @param checkpointBytes 0 if it has no checkpoint
     * @param checkpointUnixMs when its newest checkpoint was written; 0 if there is none
     * @param bins that the newest checkpoint accounts for; 0 if there is none that can be read
     * @param ended whether the session is over and everything about it is published
     * @param fault what is wrong with its header or checkpoint
     */
    public record Entry(String session, int partition, int neurons, int rank, String observation, long announcedUnixMs,
            long checkpointBytes, long checkpointUnixMs, long bins, boolean ended, Optional<String> fault) {}

    /** What is read of one session. */
    private static final class Found {
        private int partition;
        private SessionHeader header;
        private long announcedUnixMs;
        private Checkpoint checkpoint;
        private long checkpointBytes;
        private long checkpointUnixMs;
        private Fault headerFault;
        private Fault checkpointFault;

        private void read(ConsumerRecord<byte[], byte[]> record) {
            partition = record.partition();
            CheckedRecord checked = CheckedRecord.of(record.topic(), record.key(), record.value());
            if (record.topic().equals(Topics.SESSIONS)) {
                announce(record, checked);
            } else {
                checkpointFault = record.value() == null ? null : checked.fault().orElse(null);
                checkpoint = checked.message(Checkpoint.class).orElse(null);
                checkpointBytes = record.value() == null ? 0 : record.value().length;
                checkpointUnixMs = record.value() == null ? 0 : record.timestamp();
            }
        }

        /** The first valid header counts, as in the pipeline; a deletion ends it. */
        private void announce(ConsumerRecord<byte[], byte[]> record, CheckedRecord checked) {
            Optional<SessionHeader> valid = checked.message(SessionHeader.class);
            if (record.value() == null) {
                header = null;
                headerFault = null;
                announcedUnixMs = 0;
            } else if (valid.isPresent() && header == null) {
                header = valid.get();
                headerFault = null;
                announcedUnixMs = record.timestamp();
            } else if (header == null) {
                headerFault = checked.fault().orElse(null);
                announcedUnixMs = record.timestamp();
            }
        }

        private boolean there() {
            return announcedUnixMs > 0 || checkpointBytes > 0;
        }

        private Entry entry(String session) {
            Optional<String> fault = headerFault != null
                    ? Optional.of("header: " + headerFault.detail())
                    : Optional.ofNullable(checkpointFault).map(why -> "checkpoint: " + why.detail());
            SessionHeader known = header == null && checkpoint != null ? checkpoint.getHeader() : header;
            return new Entry(session, partition, known == null ? 0 : known.getNeuronsCount(),
                    known == null ? 0 : known.getFit().getRank(), known == null ? "" : known.getObservation().name(),
                    announcedUnixMs, checkpointBytes, checkpointUnixMs,
                    checkpoint == null ? 0 : checkpoint.getNextBin(), checkpoint != null && checkpoint.getEnded(),
                    fault);
        }
    }

    /**
     * All sessions, by name.
     *
     * @throws InvalidInputException if no Kafka answers
     */
    public static List<Entry> read(KafkaConnection connection) {
        Map<String, Found> found = new TreeMap<>();
        try (TopicFollower table = TopicFollower.ofTable(connection,
                record -> found.computeIfAbsent(CheckedRecord.session(record.key()), _ -> new Found()).read(record))) {
            table.fromBeginning(table.partitions(List.of(Topics.SESSIONS, Topics.CHECKPOINTS)));
            table.readToEnd();
        }
        List<Entry> entries = new ArrayList<>();
        found.forEach((session, what) -> {
            if (what.there()) {
                entries.add(what.entry(session));
            }
        });
        return entries;
    }

    /**
     * Deletes the session's record on each compacted topic: header, checkpoint, model, analyses, inactivations and the state of
     * its replay. Its activity and kappa stay as long as those topics keep anything. A process that runs may write a new
     * checkpoint.
     *
     * @throws InvalidInputException if Kafka does not take the deletions
     */
    public static void forget(KafkaConnection connection, Entry session) {
        List<Future<?>> deletions = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(connection.producer())) {
            for (String topic : Topics.ALL) {
                if (Topics.COMPACTED.contains(topic)) {
                    deletions.add(producer.send(new ProducerRecord<>(topic, session.partition(),
                            session.session().getBytes(UTF_8), null)));
                }
            }
            for (Future<?> deletion : deletions) {
                deletion.get();
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } catch (ExecutionException | KafkaException e) {
            throw new InvalidInputException("session " + session.session() + " could not be removed: "
                    + TopicFollower.rootCause(e).getMessage(), e);
        }
    }
}
