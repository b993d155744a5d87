package kappa.ingest.log;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import kappa.ingest.InvalidInputException;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * How to reach a Kafka cluster, and the client settings that kappa relies on.
 *
 * @param bootstrapServers host:port, comma separated
 * @param extra settings of the user's own ({@code --kafka-config}: TLS, SASL); they win over kappa's defaults except for
 *        the serialisers
 */
public record KafkaConnection(String bootstrapServers, Map<String, String> extra) {

    public KafkaConnection {
        extra = Map.copyOf(extra);
    }

    public static KafkaConnection to(String bootstrapServers) {
        return new KafkaConnection(bootstrapServers, Map.of());
    }

    /** Reads a client.properties file. */
    public static KafkaConnection withConfig(String bootstrapServers, Path clientProperties) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(clientProperties)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new InvalidInputException(
                    "--kafka-config " + clientProperties + ": cannot be read as properties: "
                            + InvalidInputException.why(e),
                    e);
        }
        Map<String, String> extra = new HashMap<>();
        properties.forEach((key, value) -> extra.put(key.toString(), value.toString()));
        return new KafkaConnection(bootstrapServers, extra);
    }

    /** The same cluster, with one more setting. */
    public KafkaConnection with(String setting, String value) {
        Map<String, String> settings = new HashMap<>(extra);
        settings.put(setting, value);
        return new KafkaConnection(bootstrapServers, settings);
    }

    public Map<String, Object> admin() {
        Map<String, Object> settings = new HashMap<>(extra);
        settings.put("bootstrap.servers", bootstrapServers);
        return settings;
    }

    /** Settings for a consumer of bytes that commits nothing by itself and starts at the earliest record. */
    public Map<String, Object> consumer() {
        Map<String, Object> settings = new HashMap<>();
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
        settings.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, "1");
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "2000");
        settings.putAll(admin());
        // It would name every consumer of the process alike; only members of a group have one.
        settings.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
        settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        return settings;
    }

    /**
     * {@link #consumer} as a member of a group that shares partitions. A process that was killed is given up after 6 s, the
     * least that brokers allow by default; one with a {@code group.instance.id} is replaced at once by its successor.
     */
    public Map<String, Object> consumer(String group) {
        Map<String, Object> settings = consumer();
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        settings.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, CooperativeStickyAssignor.class.getName());
        settings.putIfAbsent(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, "6000");
        settings.putIfAbsent(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, "1500");
        if (extra.containsKey(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG)) {
            settings.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, extra.get(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG));
        }
        return settings;
    }

    /** Settings for a producer of bytes: every record acknowledged by all replicas, in order, without linger. */
    public Map<String, Object> producer() {
        Map<String, Object> settings = new HashMap<>();
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
        settings.put(ProducerConfig.LINGER_MS_CONFIG, "0");
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.toString(Topics.MAX_MESSAGE_BYTES));
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, Long.toString(2L * Topics.MAX_MESSAGE_BYTES));
        settings.putAll(admin());
        settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        return settings;
    }

    /** Without the user's settings, which can hold passwords. */
    @Override
    public String toString() {
        return "Kafka at " + bootstrapServers;
    }
}
