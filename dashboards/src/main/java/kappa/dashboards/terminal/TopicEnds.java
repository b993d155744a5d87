package kappa.dashboards.terminal;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import kappa.ingest.InvalidInputException;
import kappa.ingest.UnixTime;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Latents;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Follows the ends of the topics, in no consumer group: it begins a little before the end, and jumps there again when it has
 * fallen behind, so that what is shown is what happens now. Not thread-safe.
 */
public final class TopicEnds implements AutoCloseable {

    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(15);
    /** Records of latents before the end that fill the picture. */
    private static final long LATENTS_BACK = 1_000;
    private static final long MODELS_BACK = 20;
    private static final long TOO_FAR_BEHIND = 20_000;
    private static final int MAX_SESSIONS = 16;
    private static final int MAX_MODELS = 64;
    /** A session without a new bin for so long is left for one that has them. */
    private static final long IDLE_NS = 5_000_000_000L;

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final double seconds;
    private final String only;
    private final Map<String, SessionHeader> headers = new LinkedHashMap<>();
    private final Map<String, WatchedSession> sessions = new LinkedHashMap<>();
    /** The newest of each session, which may come before its latents do. */
    private final Map<String, ModelSnapshot> models = new LinkedHashMap<>();
    private WatchedSession shown;

    /**
     * @param only the session to follow, or null for whichever has the newest bin
     * @param seconds how much of the past to keep
     * @throws InvalidInputException if the cluster does not answer or has no topics of kappa's
     */
    public TopicEnds(KafkaConnection connection, String only, double seconds) {
        this.only = only;
        this.seconds = seconds;
        KafkaConsumer<byte[], byte[]> opened = null;
        try {
            opened = new KafkaConsumer<>(connection.consumer());
            List<TopicPartition> partitions = new ArrayList<>();
            for (String topic : List.of(Topics.SESSIONS, Topics.LATENTS, Topics.MODELS)) {
                opened.partitionsFor(topic, ANSWER_WITHIN)
                        .forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
            }
            if (partitions.isEmpty()) {
                throw new InvalidInputException("--bootstrap-servers " + connection.bootstrapServers()
                        + ": has no topic " + Topics.LATENTS + ", expected a Kafka that kappa uses");
            }
            opened.assign(partitions);
            Map<TopicPartition, Long> begin = opened.beginningOffsets(partitions, ANSWER_WITHIN);
            Map<TopicPartition, Long> end = opened.endOffsets(partitions, ANSWER_WITHIN);
            for (TopicPartition partition : partitions) {
                long back = switch (partition.topic()) {
                    case Topics.LATENTS -> LATENTS_BACK;
                    case Topics.MODELS -> MODELS_BACK;
                    default -> Long.MAX_VALUE;
                };
                opened.seek(partition, Math.max(begin.get(partition), end.get(partition) - back));
            }
            consumer = opened;
            readHeaders(end);
        } catch (KafkaException e) {
            opened = closed(opened);
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            throw new InvalidInputException("--bootstrap-servers " + connection.bootstrapServers()
                    + ": no Kafka answered: " + cause.getMessage(), e);
        } catch (InvalidInputException e) {
            opened = closed(opened);
            throw e;
        }
    }

    private static KafkaConsumer<byte[], byte[]> closed(KafkaConsumer<byte[], byte[]> opened) {
        if (opened != null) {
            opened.close();
        }
        return null;
    }

    /** Before anything else, so that no latents come of a session that is not known. */
    private void readHeaders(Map<TopicPartition, Long> ends) {
        List<TopicPartition> others = consumer.assignment().stream()
                .filter(partition -> !partition.topic().equals(Topics.SESSIONS)).toList();
        consumer.pause(others);
        while (ends.entrySet().stream().anyMatch(end -> end.getKey().topic().equals(Topics.SESSIONS)
                && consumer.position(end.getKey()) < end.getValue())) {
            consumer.poll(Duration.ofMillis(100)).forEach(this::fold);
        }
        consumer.resume(others);
    }

    /** Takes what has come, or waits for it that long. */
    public void poll(Duration wait) {
        var records = consumer.poll(wait);
        records.records(Topics.SESSIONS).forEach(this::fold);
        records.records(Topics.LATENTS).forEach(this::fold);
        records.records(Topics.MODELS).forEach(this::fold);
        for (TopicPartition partition : consumer.assignment()) {
            if (partition.topic().equals(Topics.LATENTS)
                    && consumer.currentLag(partition).orElse(0) > TOO_FAR_BEHIND) {
                consumer.seekToEnd(List.of(partition));
                // Whichever of them lies there.
                sessions.values().forEach(WatchedSession::skipped);
            }
        }
    }

    private void fold(ConsumerRecord<byte[], byte[]> record) {
        if (record.key() == null || record.value() == null) {
            return;
        }
        String id = new String(record.key(), UTF_8);
        try {
            switch (record.topic()) {
                case Topics.SESSIONS -> {
                    SessionHeader header = SessionHeader.parseFrom(record.value());
                    if (WireChecks.header(header).isEmpty() && header.getSession().equals(id)) {
                        headers.putIfAbsent(id, header);
                    }
                }
                case Topics.LATENTS -> {
                    if (headers.containsKey(id) && (only == null || only.equals(id))) {
                        Latents latents = Latents.parseFrom(record.value());
                        WatchedSession session = watched(id);
                        session.fold(latents);
                        choose(session);
                    }
                }
                default -> {
                    ModelSnapshot model = ModelSnapshot.parseFrom(record.value());
                    models.remove(id);
                    models.put(id, model);
                    forgetOldest(models, MAX_MODELS);
                    if (sessions.containsKey(id)) {
                        sessions.get(id).fold(model);
                    }
                }
            }
        } catch (InvalidProtocolBufferException e) {
            // What is no header the pipeline rejects, with a reason; what it writes itself the dashboard counts.
            return;
        }
    }

    private WatchedSession watched(String id) {
        WatchedSession session = sessions.remove(id);
        if (session == null) {
            session = new WatchedSession(headers.get(id), seconds, System::nanoTime, UnixTime::nowNs);
            if (models.containsKey(id)) {
                session.fold(models.get(id));
            }
        }
        sessions.put(id, session); // the one active last is last
        forgetOldest(sessions, MAX_SESSIONS);
        return session;
    }

    private static void forgetOldest(Map<String, ?> map, int most) {
        if (map.size() > most) {
            map.remove(map.keySet().iterator().next());
        }
    }

    private void choose(WatchedSession active) {
        if (shown == null || active.newestUnixNs() - shown.newestUnixNs() > IDLE_NS) {
            shown = active;
        }
    }

    /** The session to show; empty as long as no bin of one has come. */
    public Optional<WatchedSession> shown() {
        return Optional.ofNullable(shown);
    }

    /** Whether every latent that is on the topic has been taken. */
    public boolean caughtUp() {
        return consumer.assignment().stream().filter(partition -> partition.topic().equals(Topics.LATENTS))
                .allMatch(partition -> consumer.currentLag(partition).orElse(1) == 0);
    }

    /** The others of which bins came. */
    public List<String> others() {
        return sessions.values().stream().filter(session -> session != shown && session.newest() >= 0)
                .map(session -> session.header().getSession()).toList();
    }

    /** Every session that was announced. */
    public List<String> announced() {
        return List.copyOf(headers.keySet());
    }

    @Override
    public void close() {
        consumer.close();
    }
}
