package kappa.ingest.log;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import kappa.ingest.InvalidInputException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

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
    public static final String NOTES = "kappa.notes";
    public static final String REJECTED = "kappa.rejected";
    public static final String CHECKPOINTS = "kappa.checkpoints";

    /** Every topic, in the order of the flow. */
    public static final List<String> ALL = List.of(SESSIONS, ACTIVITY, LATENTS, MODELS, ANALYSES, INACTIVATIONS,
            INTERVENTIONS, CONTROLS, PLAYBACKS, NOTES, REJECTED, CHECKPOINTS);

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
     * Topics that others than the pipeline write to. The broker keeps their batches uncompressed, so a compressed batch is
     * refused to its producer if it is larger than the topic's limit when uncompressed. Otherwise a reader would have to
     * uncompress it first. A topic that exists already keeps its setting.
     */
    private static final Set<String> UNFOLDED = Set.of(SESSIONS, ACTIVITY, INTERVENTIONS, CONTROLS, PLAYBACKS, NOTES);

    public static final int DEFAULT_PARTITIONS = 8;

    private static final int MAX_PARTITIONS = 1_000;

    private static final long CLUSTER_TIMEOUT_SECONDS = 30;

    private static final long LOOK_AGAIN_MS = 20;

    private Topics() {}

    /**
     * Creates the topics that are missing, leaves the others as they are, and returns when the leader of every new
     * partition answers.
     *
     * @param partitions of each, unless there is a kappa.activity already: then as many as that has
     * @throws InvalidInputException if the cluster cannot be reached or refuses
     */
    public static void createAll(KafkaConnection connection, int partitions) {
        if (partitions < 1 || partitions > MAX_PARTITIONS) {
            throw new InvalidInputException("--partitions is " + partitions + ", expected 1 to " + MAX_PARTITIONS);
        }
        ask(connection, admin -> {
            Set<String> existing = answer(admin.listTopics().names());
            int each = existing.contains(ACTIVITY) && !existing.containsAll(ALL) ? partitions(admin) : partitions;
            // An empty replication factor takes the cluster's default.
            List<NewTopic> missing = ALL.stream().filter(name -> !existing.contains(name))
                    .map(name -> new NewTopic(name, Optional.of(each), Optional.empty())
                            .configs(settings(name, Retention.standard(each), each)))
                    .toList();
            CreateTopicsResult created = admin.createTopics(missing);
            Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
            for (NewTopic topic : missing) {
                int count = 1;
                try {
                    count = answer(created.numPartitions(topic.name()));
                } catch (ExecutionException e) {
                    // Two processes that start together both try: either may win, and with its number of partitions.
                    if (!(e.getCause() instanceof TopicExistsException)) {
                        throw e;
                    }
                }
                for (int partition = 0; partition < count; partition++) {
                    ends.put(new TopicPartition(topic.name(), partition), OffsetSpec.latest());
                }
            }
            awaitLeaders(admin, ends);
            return null;
        });
    }

    private interface Question<T> {
        T ask(Admin admin) throws ExecutionException, InterruptedException, TimeoutException;
    }

    /** @throws InvalidInputException if the cluster cannot be reached or refuses */
    private static <T> T ask(KafkaConnection connection, Question<T> question) {
        try (Admin admin = Admin.create(connection.admin())) {
            return question.ask(admin);
        } catch (KafkaException e) {
            throw new InvalidInputException("--bootstrap-servers " + connection.bootstrapServers()
                    + ": no Kafka client can be created with this and --kafka-config: "
                    + TopicFollower.rootCause(e).getMessage(), e);
        } catch (ExecutionException | TimeoutException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new InvalidInputException("--bootstrap-servers " + connection.bootstrapServers()
                    + ": no Kafka answered that allows kappa to create topics: " + cause, e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private static <T> T answer(KafkaFuture<T> question)
            throws ExecutionException, InterruptedException, TimeoutException {
        return question.get(CLUSTER_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }

    /**
     * A topic is created before the brokers know that they lead it. A producer that hits this moment with two requests under way
     * can have the first refused and the second taken; the first, say a header, is then refused for ever (KAFKA-15591).
     */
    private static void awaitLeaders(Admin admin, Map<TopicPartition, OffsetSpec> ends)
            throws ExecutionException, InterruptedException, TimeoutException {
        long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLUSTER_TIMEOUT_SECONDS);
        while (true) {
            try {
                answer(admin.listOffsets(ends).all());
                return;
            } catch (ExecutionException e) {
                // What a broker says that has not heard of the topic yet; of all else the client itself tries again.
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException) || System.nanoTime() > giveUp) {
                    throw e;
                }
                TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MS);
            }
        }
    }

    /** How many partitions the topics have; all have as many as kappa.activity. */
    public static int partitions(KafkaConnection connection) {
        return ask(connection, Topics::partitions);
    }

    private static int partitions(Admin admin) throws ExecutionException, InterruptedException, TimeoutException {
        return answer(admin.describeTopics(List.of(ACTIVITY)).topicNameValues().get(ACTIVITY)).partitions().size();
    }

    /**
     * Sets how much the topics that keep a stretch of time may keep, of those that are there.
     *
     * @throws InvalidInputException if the cluster refuses, or there is not enough for so many partitions
     */
    public static void retain(KafkaConnection connection, Retention retention, int partitions) {
        Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
        for (String topic : ALL) {
            if (!COMPACTED.contains(topic)) {
                List<AlterConfigOp> settings = new ArrayList<>();
                retention.settings(topic, partitions).forEach((name, value) -> settings
                        .add(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)));
                changes.put(new ConfigResource(ConfigResource.Type.TOPIC, topic), settings);
            }
        }
        ask(connection, admin -> answer(admin.incrementalAlterConfigs(changes).all()));
    }

    /**
     * How much a partition of a topic keeps before what is oldest is deleted, bytes; the largest number if it keeps all; none
     * if the cluster does not let us look.
     */
    public static OptionalLong bytesKept(KafkaConnection connection, String topic) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        return ask(connection, admin -> {
            try {
                long bytes = Long.parseLong(answer(admin.describeConfigs(List.of(resource)).all()).get(resource)
                        .get("retention.bytes").value());
                return OptionalLong.of(bytes < 0 ? Long.MAX_VALUE : bytes);
            } catch (ExecutionException e) {
                if (e.getCause() instanceof AuthorizationException) {
                    return OptionalLong.empty();
                }
                throw e;
            }
        });
    }

    /** The settings of one topic. Append times are the broker's, because latency is measured between them. */
    static Map<String, String> settings(String topic, Retention retention, int partitions) {
        Map<String, String> settings = new HashMap<>();
        settings.put("message.timestamp.type", "LogAppendTime");
        settings.put("max.message.bytes",
                Integer.toString(INPUTS.contains(topic) ? MAX_INPUT_BYTES : MAX_MESSAGE_BYTES));
        settings.put("compression.type", UNFOLDED.contains(topic) ? "uncompressed" : "producer");
        if (COMPACTED.contains(topic)) {
            settings.putAll(Map.of("cleanup.policy", "compact", "segment.bytes", Integer.toString(MAX_MESSAGE_BYTES),
                    "min.cleanable.dirty.ratio", "0.2"));
        } else {
            settings.put("cleanup.policy", "delete");
            settings.putAll(retention.settings(topic, partitions));
        }
        return settings;
    }
}
