package kappa.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import kappa.ingest.Await;
import kappa.ingest.InvalidInputException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedBrokerTest {

    @TempDir
    Path directory;

    @Test
    void shouldGiveTopicsThatAreMissingAsManyPartitionsAsTheOthersHave() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            KafkaConnection connection = broker.connection();
            try (Admin admin = Admin.create(connection.admin())) {
                admin.createTopics(List.of(new NewTopic(Topics.ACTIVITY, 3, (short) 1))).all().get();
                Topics.createAll(connection, 2);
                assertThat(admin.describeTopics(Topics.ALL).allTopicNames().get().values())
                        .hasSize(Topics.ALL.size()).allMatch(topic -> topic.partitions().size() == 3);
            }
        }
    }

    @Test
    void shouldKeepRecordsAcrossARestartAndRefuseASecondBrokerInItsDirectory() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            KafkaConnection connection = KafkaConnection.to(broker.bootstrapServers());
            Topics.createAll(connection, 2);
            Topics.createAll(connection, 2);
            Topics.retain(connection, new Retention(Duration.ofDays(3), 5L << 30), Topics.partitions(connection));
            tellsHowFullItsDiskIs(connection);
            try (var producer = new KafkaProducer<byte[], byte[]>(connection.producer())) {
                producer.send(new ProducerRecord<>(Topics.ACTIVITY, 1, "s".getBytes(UTF_8), "bins".getBytes(UTF_8)))
                        .get(10, TimeUnit.SECONDS);
            }
            assertThatThrownBy(() -> EmbeddedBroker.start(directory, 0)).isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("another kappa is using it");
            assertThat(EmbeddedBroker.runningIn(directory)).contains(broker.bootstrapServers());
        }
        assertThat(EmbeddedBroker.runningIn(directory)).isEmpty();
        shouldBeTheOwners(directory.resolve("kafka"));
        // As earlier versions of kappa left it.
        Files.setPosixFilePermissions(directory.resolve("kafka"), PosixFilePermissions.fromString("rwxr-xr-x"));
        try (EmbeddedBroker broker = EmbeddedBroker.startToRead(directory)) {
            shouldBeTheOwners(directory.resolve("kafka"));
            KafkaConnection connection = KafkaConnection.to(broker.bootstrapServers());
            try (var consumer = new KafkaConsumer<byte[], byte[]>(connection.consumer())) {
                consumer.assign(List.of(new TopicPartition(Topics.ACTIVITY, 1)));
                consumer.seekToBeginning(consumer.assignment());
                var records = consumer.poll(Duration.ofSeconds(20));
                assertThat(records).singleElement()
                        .satisfies(record -> assertThat(record.value()).isEqualTo("bins".getBytes(UTF_8)));
            }
            try (Admin admin = Admin.create(connection.admin())) {
                for (String topic : Topics.ALL) {
                    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
                    String policy = admin.describeConfigs(List.of(resource)).all().get().get(resource)
                            .get("cleanup.policy").value();
                    assertThat(Map.of(topic, policy))
                            .isEqualTo(Map.of(topic, Topics.COMPACTED.contains(topic) ? "compact" : "delete"));
                    if (!Topics.COMPACTED.contains(topic)) {
                        assertThat(admin.describeConfigs(List.of(resource)).all().get().get(resource)
                                .get("retention.ms").value()).as(topic).isEqualTo("259200000");
                    }
                }
            }
        }
    }

    private static void shouldBeTheOwners(Path log) throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(log))).isEqualTo("rwx------");
    }

    private void tellsHowFullItsDiskIs(KafkaConnection connection) throws IOException {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        try (BrokerDisk disk = new BrokerDisk(connection, meters)) {
            Await.until("what the broker tells",
                    () -> !Double.isNaN(meters.get("kappa.broker.disk.usable").gauge().value()));
            assertThat(meters.get("kappa.broker.disk.usable").gauge().value())
                    .isBetween(0.5 * Files.getFileStore(directory).getUsableSpace(),
                            2.0 * Files.getFileStore(directory).getUsableSpace());
            assertThat(disk).isNotNull();
        }
    }

    @Test
    void shouldHaveALeaderForEveryPartitionOnceTheTopicsAreCreated() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            KafkaConnection connection = KafkaConnection.to(broker.bootstrapServers());
            // Many, so that the broker takes a while to lead them all.
            int partitions = 40;
            Map<String, Object> noRetries = connection.producer();
            noRetries.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "false");
            noRetries.put(ProducerConfig.RETRIES_CONFIG, "0");
            try (var producer = new KafkaProducer<byte[], byte[]>(noRetries)) {
                Topics.createAll(connection, partitions);
                List<Future<RecordMetadata>> sent = Topics.ALL.reversed().stream()
                        .flatMap(topic -> IntStream.range(0, partitions)
                                .mapToObj(p -> new ProducerRecord<>(topic, p, new byte[]{1}, new byte[]{2})))
                        .map(producer::send).toList();
                for (Future<RecordMetadata> record : sent) {
                    assertThat(record.get(20, TimeUnit.SECONDS).offset()).isZero();
                }
            }
        }
    }

    @Test
    void shouldReadNoLogWhereThereIsNone() {
        assertThat(EmbeddedBroker.runningIn(directory)).isEmpty();
        assertThatThrownBy(() -> EmbeddedBroker.startToRead(directory)).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("--data " + directory + ": holds no log");
        assertThat(directory).isEmptyDirectory();
    }
}
