package kappa.ingest.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import kappa.ingest.session.InvalidInputException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * The topics: names, clean-up policies and limits. All have the same number of partitions, so that a session, whose id is
 * the key everywhere, has the same partition number on each.
 */
public final class Topics {

    public static final String SESSIONS = "kappa.sessions";
    public static final String ACTIVITY = "kappa.activity";
    public static final String LATENTS = "kappa.latents";
    public static final String MODELS = "kappa.models";
    public static final String ANALYSES = "kappa.analyses";
    public static final String INACTIVATIONS = "kappa.inactivations";
    public static final String INTERVENTIONS = "kappa.interventions";
    public static final String CONTROLS = "kappa.controls";
    public static final String PLAYBACKS = "kappa.playbacks";
    public static final String REJECTED = "kappa.rejected";
    public static final String CHECKPOINTS = "kappa.checkpoints";

    /** Every topic, in the order of the flow. */
    public static final List<String> ALL = List.of(SESSIONS, ACTIVITY, LATENTS, MODELS, ANALYSES, INACTIVATIONS,
            INTERVENTIONS, CONTROLS, PLAYBACKS, REJECTED, CHECKPOINTS);

    /** Topics that keep the newest record of each session; the others keep a stretch of time. */
    public static final Set<String> COMPACTED = Set.of(SESSIONS, MODELS, ANALYSES, INACTIVATIONS, PLAYBACKS,
            CHECKPOINTS);

    /** What kappa accepts as one record of activity or one header, bytes. */
    public static final int MAX_RECORD_BYTES = 4 << 20;

    /**
     * What kappa.activity and kappa.sessions take, bytes. More than {@link #MAX_RECORD_BYTES}, so that a record that is too
     * large for kappa arrives and can be rejected, whole, with a reason.
     */
    public static final int MAX_INPUT_BYTES = 16 << 20;

    /** What the other topics take, bytes: a rejected record with its reason, or the checkpoint of a large network. */
    public static final int MAX_MESSAGE_BYTES = 64 << 20;

    private static final Set<String> INPUTS = Set.of(SESSIONS, ACTIVITY);

    /**
     * What others than the pipeline write too, whose batches the broker keeps unfolded whatever they came as: a batch that was
     * compressed is then held to the topic's limit by what it unfolds to, and refused to its producer, where a reader would have
     * to unfold it before it could know. A topic that exists already keeps the setting it has.
     */
    private static final Set<String> UNFOLDED = Set.of(SESSIONS, ACTIVITY, INTERVENTIONS, CONTROLS, PLAYBACKS);

    public static final int DEFAULT_PARTITIONS = 8;

    private static final int MAX_PARTITIONS = 1_000;

    /** A week, or 4 GiB a partition, whichever is reached first. */
    private static final Duration RETENTION = Duration.ofDays(7);

    private static final long RETENTION_BYTES = 4L << 30;

    private static final long CLUSTER_TIMEOUT_SECONDS = 30;

    private Topics() {}

    /**
     * Creates the topics that are missing and leaves the others as they are.
     *
     * @throws InvalidInputException if the cluster cannot be reached or refuses
     */
    public static void createAll(KafkaConnection connection, int partitions) {
        if (partitions < 1 || partitions > MAX_PARTITIONS) {
            throw new InvalidInputException("--partitions is " + partitions + ", expected 1 to " + MAX_PARTITIONS);
        }
        try (Admin admin = Admin.create(connection.admin())) {
            Set<String> existing = admin.listTopics().names().get(CLUSTER_TIMEOUT_SECONDS, TimeUnit.SECONDS);
            List<NewTopic> missing = new ArrayList<>();
            for (String name : ALL) {
                if (!existing.contains(name)) {
                    // An empty replication factor takes the cluster's default.
                    missing.add(new NewTopic(name, Optional.of(partitions), Optional.empty())
                            .configs(settings(name)));
                }
            }
            for (var result : admin.createTopics(missing).values().values()) {
                try {
                    result.get(CLUSTER_TIMEOUT_SECONDS, TimeUnit.SECONDS);
                } catch (ExecutionException e) {
                    // Two processes that start together both try: either may win.
                    if (!(e.getCause() instanceof TopicExistsException)) {
                        throw e;
                    }
                }
            }
        } catch (KafkaException e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            throw new InvalidInputException("--bootstrap-servers " + connection.bootstrapServers()
                    + ": no client can be made of it and --kafka-config: " + cause.getMessage(), e);
        } catch (ExecutionException | TimeoutException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new InvalidInputException("--bootstrap-servers " + connection.bootstrapServers()
                    + ": no Kafka that lets us create topics answered: " + cause, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while creating topics", e);
        }
    }

    /** The settings of one topic. Append times are the broker's, because latency is measured between them. */
    static Map<String, String> settings(String topic) {
        String bytes = Integer.toString(INPUTS.contains(topic) ? MAX_INPUT_BYTES : MAX_MESSAGE_BYTES);
        String compression = UNFOLDED.contains(topic) ? "uncompressed" : "producer";
        if (COMPACTED.contains(topic)) {
            return Map.of("cleanup.policy", "compact", "message.timestamp.type", "LogAppendTime", "max.message.bytes",
                    bytes, "compression.type", compression, "segment.bytes", Integer.toString(64 << 20),
                    "min.cleanable.dirty.ratio", "0.2");
        }
        return Map.of("cleanup.policy", "delete", "message.timestamp.type", "LogAppendTime", "max.message.bytes", bytes,
                "compression.type", compression, "retention.ms", Long.toString(RETENTION.toMillis()), "retention.bytes",
                Long.toString(RETENTION_BYTES));
    }
}
