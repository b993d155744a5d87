package kappa.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class TopicFollowerTest {

    private static final Duration LONG = Duration.ofMinutes(1);

    @TempDir
    private static Path directory;

    private static EmbeddedBroker broker;
    private static KafkaConnection connection;
    private static KafkaProducer<byte[], byte[]> producer;
    private static int partitions;

    /** Each test has a partition of its own. */
    private TopicPartition partition;

    private final List<String> read = new ArrayList<>();

    @BeforeAll
    static void startBroker() {
        broker = EmbeddedBroker.start(directory, 0);
        connection = KafkaConnection.to(broker.bootstrapServers());
        Topics.createAll(connection, 8);
        producer = new KafkaProducer<>(connection.producer());
    }

    @AfterAll
    static void stopBroker() {
        producer.close();
        broker.close();
    }

    @BeforeEach
    void takeAPartition() {
        partition = new TopicPartition(Topics.MODELS, partitions++);
    }

    private static long send(TopicPartition to, String key, String value) throws Exception {
        return producer.send(new ProducerRecord<>(to.topic(), to.partition(), key.getBytes(UTF_8),
                value == null ? null : value.getBytes(UTF_8))).get(1, TimeUnit.MINUTES).timestamp();
    }

    private void send(String... values) throws Exception {
        for (String value : values) {
            send(partition, "s", value);
        }
    }

    private static String text(ConsumerRecord<byte[], byte[]> record) {
        return record.value() == null ? "deleted" : new String(record.value(), UTF_8);
    }

    private TopicFollower follower() {
        return new TopicFollower(connection, record -> read.add(text(record)));
    }

    @Test
    void shouldReadFromTheBeginningToTheEndAndGoOn() throws Exception {
        send("a", "b");
        try (TopicFollower follower = follower()) {
            follower.fromBeginning(List.of(partition));
            assertThat(follower.readToEnd()).isTrue();
            assertThat(read).containsExactly("a", "b");
            assertThat(follower.reached(follower.ends(follower.followed()))).isTrue();
            assertThat(follower.lag(partition)).isZero();
            send("c");
            while (read.size() < 3) {
                follower.poll(LONG);
            }
            assertThat(read).containsExactly("a", "b", "c");
        }
    }

    @Test
    void shouldBeginWhereItIsTold() throws Exception {
        send("a", "b", "c");
        try (TopicFollower follower = follower()) {
            follower.from(Map.of(partition, 1L));
            follower.readToEnd();
            assertThat(read).containsExactly("b", "c");
        }
        read.clear();
        try (TopicFollower follower = follower()) {
            follower.fromLast(List.of(partition), 1);
            follower.readToEnd();
            assertThat(read).containsExactly("c");
        }
        read.clear();
        try (TopicFollower follower = follower()) {
            follower.fromEnd(List.of(partition));
            send("d");
            follower.readToEnd();
            assertThat(read).as("what came after the follower was told").containsExactly("d");
        }
    }

    @Test
    void shouldBeginAtATimeAndAtTheEndIfNothingIsThatNew() throws Exception {
        long first = send(partition, "s", "a");
        while (System.currentTimeMillis() <= first) {
            Thread.onSpinWait();
        }
        long second = send(partition, "s", "b");
        assertThat(second).isGreaterThan(first);
        try (TopicFollower follower = follower()) {
            follower.fromTime(List.of(partition), second);
            follower.readToEnd();
            assertThat(read).containsExactly("b");
        }
        read.clear();
        try (TopicFollower follower = follower()) {
            follower.fromTime(List.of(partition), second + 3_600_000);
            follower.readToEnd();
            assertThat(read).isEmpty();
        }
    }

    @Test
    void shouldHandADeletionOverAndGoOnAfterARecordThatTheReaderCannotUse() throws Exception {
        send("a", null, "bad", "b");
        List<String> failed = new ArrayList<>();
        try (TopicFollower follower = new TopicFollower(connection, record -> {
            if (text(record).equals("bad")) {
                throw new IllegalStateException("bad");
            }
            read.add(text(record));
        }, (record, failure) -> failed.add(TopicFollower.place(record) + ": " + failure.getMessage()))) {
            follower.fromBeginning(List.of(partition));
            follower.readToEnd();
            assertThat(read).containsExactly("a", "deleted", "b");
            assertThat(failed).containsExactly(partition + "@2: bad");
            assertThat(follower.failures()).isEqualTo(1);
        }
    }

    @Test
    void shouldEndTheReadingWithAFailureWhereNoRecordMayBeMissed() throws Exception {
        send("bad");
        try (TopicFollower follower = TopicFollower.ofTable(connection, record -> {
            throw new IllegalStateException(text(record));
        })) {
            follower.fromBeginning(List.of(partition));
            assertThatThrownBy(follower::readToEnd).isInstanceOf(IllegalStateException.class).hasMessage("bad");
        }
    }

    @Test
    void shouldSkipAheadOnlyWhenItIsTooFarBehind() throws Exception {
        send("a");
        try (TopicFollower follower = follower()) {
            follower.fromBeginning(List.of(partition));
            follower.readToEnd();
            assertThat(follower.skipIfBehind(partition, 0)).isZero();
        }
        read.clear();
        try (TopicFollower follower = new TopicFollower(connection, oneAtATime(), record -> read.add(text(record)),
                TopicFollower.FAIL)) {
            send("b", "c", "d");
            follower.fromBeginning(List.of(partition));
            while (read.isEmpty()) {
                follower.poll(LONG);
            }
            assertThat(follower.skipIfBehind(partition, 3)).isZero();
            assertThat(follower.skipIfBehind(partition, 2)).isEqualTo(3);
            send("e");
            follower.readToEnd();
            assertThat(read).containsExactly("a", "e");
        }
    }

    private static Map<String, Object> oneAtATime() {
        Map<String, Object> settings = connection.consumer();
        settings.put("max.poll.records", "1");
        return settings;
    }

    @Test
    void shouldHandOverTopicByTopicAndTheNewestOnlyWhereNewerRecordsReplaceOlder() throws Exception {
        TopicPartition headers = new TopicPartition(Topics.SESSIONS, partition.partition());
        send(partition, "x", "x1");
        send(partition, "y", "y1");
        send(partition, "x", "x2");
        send(headers, "x", "header of x");
        try (TopicFollower follower = follower()) {
            follower.handOverNewestOnly(List.of(Topics.MODELS));
            follower.fromBeginning(List.of(headers));
            follower.readToEnd();
            follower.fromBeginning(List.of(partition));
            follower.readToEnd();
            assertThat(read).first().isEqualTo("header of x");
            assertThat(read).endsWith("x2", "y1").doesNotHaveDuplicates();
            follower.remove(List.of(partition));
            assertThat(follower.followed()).containsExactly(headers);
        }
    }

    @Test
    void shouldStopWhileItWaitsForRecords() throws Exception {
        TopicFollower follower = follower();
        follower.fromEnd(List.of(partition));
        Thread owner = Thread.ofPlatform().start(() -> {
            follower.run();
            follower.close();
        });
        follower.stop();
        owner.join(LONG);
        assertThat(owner.isAlive()).isFalse();
        assertThat(follower.stopped()).isTrue();
    }
}
