package kappa.ingest.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClosedBrokerTest {

    private static final int PATIENCE_MS = 2_000;

    @TempDir
    Path directory;

    /** Kafka's client keeps asking a listener that wants a password which it has not got. */
    private static boolean canList(Map<String, Object> settings) {
        Map<String, Object> impatient = new HashMap<>(settings);
        impatient.put("default.api.timeout.ms", PATIENCE_MS);
        impatient.put("request.timeout.ms", PATIENCE_MS);
        try (Admin admin = Admin.create(impatient)) {
            admin.listTopics().names().get(2L * PATIENCE_MS, TimeUnit.MILLISECONDS);
            return true;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The port of the controller, which could delete topics, is the broker's other listening one. */
    private static Map<String, Object> controller(EmbeddedBroker broker) throws Exception {
        try (Admin admin = Admin.create(broker.connection().admin())) {
            String voters = admin.describeConfigs(List.of(new ConfigResource(
                    ConfigResource.Type.BROKER, "1"))).all().get().values().iterator()
                    .next().get("controller.quorum.voters").value();
            return Map.of("bootstrap.controllers", voters.substring(voters.indexOf('@') + 1));
        }
    }

    @Test
    void shouldServeTheOwnerOfTheFileAndNobodyElse() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0, EmbeddedBroker.Door.CLOSED)) {
            Path file = EmbeddedBroker.clientProperties(directory).orElseThrow();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
            try (Admin admin = Admin.create(KafkaConnection.withConfig(broker.bootstrapServers(), file).admin())) {
                assertThat(admin.listTopics().names().get(30, TimeUnit.SECONDS)).isEmpty();
            }
            assertThat(canList(KafkaConnection.to(broker.bootstrapServers()).admin())).isFalse();
            Map<String, Object> controller = controller(broker);
            assertThat(canList(controller)).isFalse();
            shouldRefuse(broker, Files.readString(file).replaceFirst("password=\"[0-9a-f]{8}", "password=\"00000000"));
            shouldRefuse(broker, Files.readString(file).replace("username=\"kappa\"", "username=\"rig\""));
        }
    }

    private void shouldRefuse(EmbeddedBroker broker, String properties) throws IOException {
        Path file = Files.writeString(directory.resolve("wrong.properties"), properties);
        try (Admin admin = Admin.create(KafkaConnection.withConfig(broker.bootstrapServers(), file).admin())) {
            assertThatThrownBy(() -> admin.listTopics().names().get(20, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(SaslAuthenticationException.class);
        }
    }

    @Test
    void shouldCloseALogThatWasOpenKeepItsRecordsAndOpenItAgain() throws Exception {
        try (EmbeddedBroker open = EmbeddedBroker.start(directory, 0)) {
            assertThat(EmbeddedBroker.clientProperties(directory)).isEmpty();
            Topics.createAll(open.connection(), 2);
            try (var producer = new KafkaProducer<byte[], byte[]>(open.connection().producer())) {
                producer.send(new ProducerRecord<>(Topics.ACTIVITY, 1, "s".getBytes(UTF_8), "bins".getBytes(UTF_8)))
                        .get(20, TimeUnit.SECONDS);
            }
        }
        String password;
        try (EmbeddedBroker closed = EmbeddedBroker.start(directory, 0, EmbeddedBroker.Door.CLOSED)) {
            shouldHoldTheRecord(closed);
            password = Files.readString(EmbeddedBroker.clientProperties(directory).orElseThrow());
        }
        try (EmbeddedBroker read = EmbeddedBroker.startToRead(directory)) {
            assertThat(EmbeddedBroker.clientProperties(directory)).hasValueSatisfying(
                    file -> assertThat(file).hasContent(password));
            shouldHoldTheRecord(read);
        }
        try (EmbeddedBroker open = EmbeddedBroker.start(directory, 0)) {
            assertThat(EmbeddedBroker.clientProperties(directory)).isEmpty();
            shouldHoldTheRecord(open);
        }
    }

    private static void shouldHoldTheRecord(EmbeddedBroker broker) {
        try (var consumer = new KafkaConsumer<byte[], byte[]>(broker.connection().consumer())) {
            consumer.assign(List.of(new TopicPartition(Topics.ACTIVITY, 1)));
            consumer.seekToBeginning(consumer.assignment());
            assertThat(consumer.poll(Duration.ofSeconds(20))).singleElement()
                    .satisfies(record -> assertThat(record.value()).isEqualTo("bins".getBytes(UTF_8)));
        }
    }
}
