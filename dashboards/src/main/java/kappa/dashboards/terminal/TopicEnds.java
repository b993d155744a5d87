package kappa.dashboards.terminal;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import kappa.ingest.InvalidInputException;
import kappa.ingest.UnixTime;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.TopicFollower;
import kappa.ingest.log.Topics;
import kappa.ingest.session.NewestBin;
import kappa.ingest.session.SessionState;
import kappa.ingest.session.SessionStates;
import kappa.ingest.session.TopicRecord;
import kappa.ingest.wire.CheckedRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Follows the ends of the topics, in no consumer group: it begins a little before the end, and jumps there again when
 * it has fallen behind, so that the picture is up to date. Not thread-safe.
 */
public final class TopicEnds implements AutoCloseable {

    /** Records of latents before the end that fill the picture. */
    private static final long LATENTS_BACK = 1_000;
    private static final long MODELS_BACK = 20;
    private static final long TOO_FAR_BEHIND = 20_000;
    private static final int MAX_SESSIONS = 64;
    /** A session without a new bin for so long is left for one that has them. */
    private static final long IDLE_NS = 5_000_000_000L;

    private final TopicFollower log;
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
        log = new TopicFollower(connection, this::fold);
        try {
            if (log.partitions(Topics.SESSIONS).isEmpty()) {
                throw new InvalidInputException("--bootstrap-servers " + connection.bootstrapServers()
                        + ": has no topic " + Topics.SESSIONS + ", expected a Kafka that kappa uses");
            }
            // Headers before anything else, so that no latents come of a session that is not known.
            log.fromBeginning(log.partitions(Topics.SESSIONS));
            log.readToEnd();
            log.fromLast(log.partitions(Topics.LATENTS), LATENTS_BACK);
            log.fromLast(log.partitions(Topics.MODELS), MODELS_BACK);
            log.fromLast(log.partitions(Topics.REJECTED), LATENTS_BACK);
        } catch (RuntimeException e) {
            log.close();
            throw e;
        }
    }

    /** Takes what has come, or waits for it that long. */
    public void poll(Duration wait) {
        log.poll(wait);
        for (TopicPartition partition : log.followed()) {
            if (partition.topic().equals(Topics.LATENTS) && log.skipIfBehind(partition, TOO_FAR_BEHIND) > 0) {
                states.skipAhead(partition.partition());
            }
        }
    }

    private void fold(ConsumerRecord<byte[], byte[]> record) {
        states.fold(TopicRecord.of(record));
        if (record.topic().equals(Topics.LATENTS) && record.key() != null) {
            String id = CheckedRecord.session(record.key());
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

    /** Whether everything that is on the topics has been taken. */
    public boolean caughtUp() {
        return log.followed().stream().allMatch(partition -> log.lag(partition) == 0);
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
        log.close();
    }
}
