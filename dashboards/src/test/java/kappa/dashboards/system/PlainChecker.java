package kappa.dashboards.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import kappa.ingest.Await;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Judges what lies on the topics with nothing of kappa's: a plain consumer, and the numbers that {@code wire.proto} gives to
 * fields. Not thread-safe.
 */
final class PlainChecker implements AutoCloseable {

    private static final String ACTIVITY = "kappa.activity";
    private static final String LATENTS = "kappa.latents";
    private static final String MODELS = "kappa.models";
    private static final String REJECTED = "kappa.rejected";

    // Fields of Activity and Latents.
    private static final int FIRST_BIN = 3;
    private static final int BINS = 4;
    private static final int MODEL_VERSION = 5;
    // Fields of ModelSnapshot.
    private static final int SESSION = 2;
    private static final int FINAL = 21;
    private static final int PUBLISHED = 22;

    /** Kappa of a bin: with which model it was filtered, and the bytes of all else that is said of it. */
    private record Kappa(long modelVersion, ByteString bytes) {}

    private static final class Session {
        final Set<Long> sent = new TreeSet<>();
        final Map<Long, Kappa> kappa = new TreeMap<>();
        /** Bins that were published a second time and otherwise than the first time. */
        final List<Long> differing = new ArrayList<>();
        long copies;
        /** The last model each time that it was published, without the session's name and the time. */
        final List<ByteString> last = new ArrayList<>();
        final List<Long> rejected = new ArrayList<>();
    }

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Map<String, Session> sessions = new HashMap<>();

    PlainChecker(String servers) {
        // What a transaction has written counts once it has ended.
        consumer = new KafkaConsumer<>(Map.of("bootstrap.servers", servers, "isolation.level", "read_committed"),
                new ByteArrayDeserializer(), new ByteArrayDeserializer());
        List<TopicPartition> all = List.of(ACTIVITY, LATENTS, MODELS, REJECTED).stream()
                .flatMap(topic -> consumer.partitionsFor(topic).stream())
                .map(info -> new TopicPartition(info.topic(), info.partition())).toList();
        consumer.assign(all);
        consumer.seekToBeginning(all);
    }

    private void readToEnd() {
        Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
        Await.until("what the broker has", () -> {
            boolean there = ends.entrySet().stream()
                    .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
            if (!there) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    read(record);
                }
            }
            return there;
        });
    }

    private void read(ConsumerRecord<byte[], byte[]> record) throws InvalidProtocolBufferException {
        Session session = session(new String(record.key(), UTF_8));
        UnknownFieldSet message = UnknownFieldSet.parseFrom(record.value());
        switch (record.topic()) {
            case ACTIVITY -> {
                long first = number(message, FIRST_BIN);
                for (int t = 0; t < message.getField(BINS).getLengthDelimitedList().size(); t++) {
                    session.sent.add(first + t);
                }
            }
            case LATENTS -> readKappa(session, message);
            case MODELS -> {
                if (number(message, FINAL) != 0) {
                    session.last.add(
                            message.toBuilder().clearField(SESSION).clearField(PUBLISHED).build().toByteString());
                }
            }
            default -> session.rejected.add(record.offset());
        }
    }

    private static void readKappa(Session session, UnknownFieldSet message) {
        long bin = number(message, FIRST_BIN);
        for (ByteString bytes : message.getField(BINS).getLengthDelimitedList()) {
            Kappa kappa = new Kappa(number(message, MODEL_VERSION), bytes);
            Kappa before = session.kappa.putIfAbsent(bin, kappa);
            if (before != null) {
                session.copies++;
                if (!before.equals(kappa)) {
                    session.differing.add(bin);
                }
            }
            bin++;
        }
    }

    /** An integer, which is absent where it is 0. */
    private static long number(UnknownFieldSet message, int field) {
        List<Long> values = message.getField(field).getVarintList();
        return values.isEmpty() ? 0 : values.getLast();
    }

    private Session session(String id) {
        return sessions.computeIfAbsent(id, _ -> new Session());
    }

    /**
     * Fails unless each bin that was sent has kappa, copies of it are equal to the bit, nothing was rejected, and kappa and the
     * last model are to the bit those of the other session.
     *
     * @return how many bins were published more than once
     */
    long shouldBeWholeAndEqual(String id, String undisturbed) {
        readToEnd();
        Session found = session(id);
        Session expected = session(undisturbed);
        assertThat(found.sent).as("bins sent").isNotEmpty().isEqualTo(expected.sent);
        assertThat(found.kappa.keySet()).as("bins with kappa").isEqualTo(found.sent);
        assertThat(found.differing).as("bins that were published again and differ").isEmpty();
        assertThat(found.rejected).as("offsets of records rejected").isEmpty();
        assertThat(
                found.kappa.entrySet().stream().filter(bin -> !bin.getValue().equals(expected.kappa.get(bin.getKey())))
                        .map(Map.Entry::getKey))
                .as("bins whose kappa is not that of the undisturbed session").isEmpty();
        assertThat(found.last).as("last models").isNotEmpty()
                .allSatisfy(model -> assertThat(model).isEqualTo(expected.last.getFirst()));
        return found.copies;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
