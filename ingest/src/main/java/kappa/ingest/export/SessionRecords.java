package kappa.ingest.export;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * The records of the topics up to the ends they had when this was opened, as often as they are wanted. It belongs to no
 * consumer group. Not thread-safe.
 */
final class SessionRecords implements AutoCloseable {

    private static final List<String> READ = List.of(Topics.SESSIONS, Topics.ACTIVITY, Topics.LATENTS, Topics.MODELS,
            Topics.ANALYSES, Topics.INACTIVATIONS, Topics.INTERVENTIONS);
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(15);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final long STALLED_NS = 60_000_000_000L;
    private static final int FETCH_BYTES = 16 << 20;

    /** A session's header with the partition on which it lies. */
    record Known(SessionHeader header, int partition) {}

    private final KafkaConnection connection;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Map<TopicPartition, Long> ends = new HashMap<>();
    private long unreadable;

    /** @throws InvalidInputException if the cluster does not answer or has no topics of kappa's */
    SessionRecords(KafkaConnection connection) {
        this.connection = connection;
        Map<String, Object> settings = connection.consumer();
        settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, Integer.toString(FETCH_BYTES));
        KafkaConsumer<byte[], byte[]> opened = null;
        try {
            opened = new KafkaConsumer<>(settings);
            List<TopicPartition> partitions = new ArrayList<>();
            for (String topic : READ) {
                opened.partitionsFor(topic, ANSWER_WITHIN)
                        .forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
            }
            ends.putAll(opened.endOffsets(partitions, ANSWER_WITHIN));
        } catch (KafkaException e) {
            if (opened != null) {
                opened.close();
            }
            throw new InvalidInputException("--bootstrap-servers " + connection.bootstrapServers()
                    + ": no Kafka answered: " + rootMessage(e), e);
        }
        consumer = opened;
        if (ends.keySet().stream().noneMatch(partition -> partition.topic().equals(Topics.SESSIONS))) {
            consumer.close();
            throw new InvalidInputException("--bootstrap-servers " + connection.bootstrapServers() + ": has no topic "
                    + Topics.SESSIONS + ", expected a Kafka that kappa has used");
        }
    }

    private static String rootMessage(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage();
    }

    /** Every session with a valid header, in the order in which they were announced within their partition. */
    Map<String, Known> sessions() {
        Map<String, Known> sessions = new LinkedHashMap<>();
        read(Topics.SESSIONS, OptionalInt.empty(), bytes -> {}, record -> {
            SessionHeader header = WireChecks.parse(SessionHeader.parser(), record.value(), "SessionHeader").message();
            // The first one counts, as for the pipeline.
            if (header != null && WireChecks.header(header).isEmpty() && Arrays.equals(record.key(),
                    header.getSession().getBytes(UTF_8))) {
                sessions.putIfAbsent(header.getSession(), new Known(header, record.partition()));
            }
        });
        return sessions;
    }

    /**
     * Hands over what there is of one session on one topic, in order.
     *
     * @param partition where to look, or nothing for everywhere
     * @param progress told how many records were passed, of whatever session
     * @return how many there were
     */
    long of(String session, String topic, OptionalInt partition, LongConsumer progress,
            Consumer<ConsumerRecord<byte[], byte[]>> each) {
        byte[] key = session.getBytes(UTF_8);
        long[] count = new long[1];
        read(topic, partition, progress, record -> {
            if (Arrays.equals(record.key(), key) && record.value() != null) {
                count[0]++;
                each.accept(record);
            }
        });
        return count[0];
    }

    /** The messages that those records are; what is none is counted in {@link #unreadable}. */
    <T extends Message> long of(String session, String topic, OptionalInt partition, Parser<T> parser,
            LongConsumer progress, Consumer<T> each) {
        return of(session, topic, partition, progress, record -> {
            T message;
            try {
                message = parser.parseFrom(record.value());
            } catch (InvalidProtocolBufferException e) {
                unreadable++;
                return;
            }
            each.accept(message);
        });
    }

    /** Counts a record that cannot be used. */
    void unusable() {
        unreadable++;
    }

    /** Records of kappa's own that could not be used. */
    long unreadable() {
        return unreadable;
    }

    /** Records on a topic, whosoever they are: what {@code progress} comes to. */
    long records(String topic, OptionalInt partition) {
        List<TopicPartition> partitions = partitions(topic, partition);
        Map<TopicPartition, Long> begin = consumer.beginningOffsets(partitions);
        return partitions.stream().mapToLong(of -> Math.max(0, ends.get(of) - begin.get(of))).sum();
    }

    private List<TopicPartition> partitions(String topic, OptionalInt partition) {
        return ends.keySet().stream().filter(of -> of.topic().equals(topic)
                && (partition.isEmpty() || of.partition() == partition.getAsInt())).toList();
    }

    private void read(String topic, OptionalInt partition, LongConsumer progress,
            Consumer<ConsumerRecord<byte[], byte[]>> each) {
        List<TopicPartition> partitions = partitions(topic, partition);
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        long newsNs = System.nanoTime();
        long passed = 0;
        while (partitions.stream().anyMatch(of -> consumer.position(of) < ends.get(of))) {
            var records = consumer.poll(POLL);
            long now = System.nanoTime();
            if (!records.isEmpty()) {
                newsNs = now;
            } else if (now - newsNs > STALLED_NS) {
                throw new InvalidInputException(connection + " has not handed over what it has on " + topic + " for "
                        + STALLED_NS / 1_000_000_000L + " s");
            }
            for (ConsumerRecord<byte[], byte[]> record : records) {
                if (record.offset() < ends.get(new TopicPartition(topic, record.partition()))) {
                    each.accept(record);
                }
            }
            passed += records.count();
            progress.accept(passed);
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
