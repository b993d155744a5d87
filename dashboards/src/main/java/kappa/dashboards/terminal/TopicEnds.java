package kappa.dashboards.terminal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import kappa.ingest.InvalidInputException;
import kappa.ingest.UnixTime;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.Topics;
import kappa.ingest.session.NewestBin;
import kappa.ingest.session.SessionState;
import kappa.ingest.session.SessionStates;
import kappa.ingest.session.TopicRecord;
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
    private static final int MAX_SESSIONS = 64;
    /** A session without a new bin for so long is left for one that has them. */
    private static final long IDLE_NS = 5_000_000_000L;

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final double seconds;
    private final String only;
    private final SessionStates states;
    private String shown;

    /**
     * @param only the session to follow, or null for whichever has the newest bin
     * @param seconds how much of the past to keep
     * @throws InvalidInputException if the cluster does not answer or has no topics of kappa's
     */
    public TopicEnds(KafkaConnection connection, String only, double seconds) {
        this.only = only;
        this.seconds = seconds;
        states = new SessionStates(MAX_SESSIONS, session -> WatchedSession.history(session, seconds), (topic, why) -> {
            // The dashboard counts them.
        });
        KafkaConsumer<byte[], byte[]> opened = null;
        try {
            opened = new KafkaConsumer<>(connection.consumer());
            List<TopicPartition> partitions = new ArrayList<>();
            for (String topic : List.of(Topics.SESSIONS, Topics.LATENTS, Topics.MODELS, Topics.REJECTED)) {
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
                    case Topics.LATENTS, Topics.REJECTED -> LATENTS_BACK;
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
        records.records(Topics.REJECTED).forEach(this::fold);
        for (TopicPartition partition : consumer.assignment()) {
            if (partition.topic().equals(Topics.LATENTS)
                    && consumer.currentLag(partition).orElse(0) > TOO_FAR_BEHIND) {
                consumer.seekToEnd(List.of(partition));
                states.skipAhead(partition.partition());
            }
        }
    }

    private void fold(ConsumerRecord<byte[], byte[]> record) {
        states.fold(TopicRecord.of(record));
        if (record.topic().equals(Topics.LATENTS) && record.key() != null) {
            String id = new String(record.key(), UTF_8);
            if (only == null || only.equals(id)) {
                choose(id);
            }
        }
    }

    private void choose(String id) {
        long active = newestUnixNs(id);
        if (active >= 0 && (shown == null || active - newestUnixNs(shown) > IDLE_NS)) {
            shown = id;
        }
    }

    /** When the activity of a session's newest bin was on the topic; -1 without one. */
    private long newestUnixNs(String id) {
        return states.session(id).flatMap(SessionState::newestBin).map(NewestBin::activityUnixNs).orElse(-1L);
    }

    /** The session to show; empty as long as no bin of one has come. */
    public Optional<WatchedSession> shown() {
        return shown == null
                ? Optional.empty()
                : states.session(shown).map(state -> new WatchedSession(state, seconds, UnixTime.nowNs()));
    }

    /** Whether every latent that is on the topic has been taken. */
    public boolean caughtUp() {
        return consumer.assignment().stream().filter(partition -> partition.topic().equals(Topics.LATENTS))
                .allMatch(partition -> consumer.currentLag(partition).orElse(1) == 0);
    }

    /** The others of which bins came, if any session may be shown. */
    public List<String> others() {
        return states.sessions().stream().filter(state -> only == null && state.newest() >= 0)
                .map(state -> state.description().session()).filter(id -> !id.equals(shown)).toList();
    }

    /** Every session that was announced. */
    public List<String> announced() {
        return states.announced();
    }

    @Override
    public void close() {
        consumer.close();
    }
}
