package kappa.ingest.export;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.TopicFollower;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.SessionHeader;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * The records of the topics up to the ends they had when this was opened, as often as they are wanted. It belongs to no
 * consumer group. Not thread-safe.
 */
final class SessionRecords implements AutoCloseable {

    private static final List<String> READ = List.of(Topics.SESSIONS, Topics.ACTIVITY, Topics.LATENTS, Topics.MODELS,
            Topics.ANALYSES, Topics.INACTIVATIONS, Topics.INTERVENTIONS, Topics.REJECTED);

    /** A session's header with the partition on which it lies. */
    record Known(SessionHeader header, int partition) {}

    private final TopicFollower log;
    private final Map<TopicPartition, Long> ends;
    private Consumer<ConsumerRecord<byte[], byte[]>> reader;

    /** @throws InvalidInputException if the cluster does not answer or has no topics of kappa's */
    SessionRecords(KafkaConnection connection) {
        log = TopicFollower.ofHistory(connection, record -> reader.accept(record));
        try {
            ends = new HashMap<>(log.ends(log.partitions(READ)));
            if (partitions(Topics.SESSIONS, OptionalInt.empty()).isEmpty()) {
                throw new InvalidInputException("--bootstrap-servers " + connection.bootstrapServers()
                        + ": has no topic " + Topics.SESSIONS + ", expected a Kafka that kappa has used");
            }
        } catch (RuntimeException e) {
            log.close();
            throw e;
        }
    }

    /** Every session with a valid header, in the order in which they were announced within their partition. */
    Map<String, Known> sessions() {
        Map<String, Known> sessions = new LinkedHashMap<>();
        // The first header counts, as for the pipeline.
        read(Topics.SESSIONS, OptionalInt.empty(), record -> checked(record).message(SessionHeader.class).ifPresent(
                header -> sessions.putIfAbsent(header.getSession(), new Known(header, record.partition()))));
        return sessions;
    }

    /**
     * Hands over the records of one session on one topic, in order, deletions aside.
     *
     * @param partition where to look, or nothing for everywhere
     * @param progress told how many records were passed, of whatever session
     * @return how many records of the session there were
     */
    long of(String session, String topic, OptionalInt partition, LongConsumer progress,
            Consumer<ConsumerRecord<byte[], byte[]>> each) {
        long[] count = new long[2];
        read(topic, partition, record -> {
            if (CheckedRecord.session(record.key()).equals(session) && record.value() != null) {
                count[0]++;
                each.accept(record);
            }
            progress.accept(++count[1]);
        });
        return count[0];
    }

    static CheckedRecord checked(ConsumerRecord<byte[], byte[]> record) {
        return CheckedRecord.of(record.topic(), record.key(), record.value());
    }

    /** Records on a topic, whosoever they are: what {@code progress} comes to. */
    long records(String topic, OptionalInt partition) {
        List<TopicPartition> partitions = partitions(topic, partition);
        Map<TopicPartition, Long> begin = log.beginnings(partitions);
        return partitions.stream().mapToLong(of -> Math.max(0, ends.get(of) - begin.get(of))).sum();
    }

    private List<TopicPartition> partitions(String topic, OptionalInt partition) {
        return ends.keySet().stream().filter(of -> of.topic().equals(topic)
                && (partition.isEmpty() || of.partition() == partition.getAsInt())).toList();
    }

    private void read(String topic, OptionalInt partition, Consumer<ConsumerRecord<byte[], byte[]>> each) {
        List<TopicPartition> partitions = partitions(topic, partition);
        Map<TopicPartition, Long> until = new HashMap<>(ends);
        until.keySet().retainAll(partitions);
        reader = record -> {
            if (record.offset() < until.get(new TopicPartition(topic, record.partition()))) {
                each.accept(record);
            }
        };
        log.fromBeginning(partitions);
        log.readTo(until);
        log.remove(partitions);
    }

    @Override
    public void close() {
        log.close();
    }
}
