package kappa.dashboards.app;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.TopicFollower;
import kappa.ingest.log.Topics;
import kappa.ingest.session.Published;
import kappa.ingest.session.SessionState;
import kappa.ingest.session.TopicRecord;

/**
 * Follows one session on the topics until its last model has been analysed, and gives an account of it: how many bins have a
 * kappa, how good the model was, how long a bin took. It reads what everybody can read. Not thread-safe.
 */
public final class SessionAccount {

    private static final List<String> FOLLOWED = List.of(Topics.LATENTS, Topics.MODELS, Topics.ANALYSES,
            Topics.REJECTED);
    private static final Duration POLL = Duration.ofMillis(100);
    /** Clocks of the publisher and the broker may differ by this much. */
    private static final long CLOCK_SLACK_MS = 60_000;

    private final KafkaConnection connection;
    private final SessionState state;

    /** @param state of the session, which this folds its records into */
    public SessionAccount(KafkaConnection connection, SessionState state) {
        this.connection = connection;
        this.state = state;
    }

    /** The session as far as it was read. */
    public SessionState state() {
        return state;
    }

    /**
     * Reads until the session is over and everything about it is published.
     *
     * @return false if stopped before that
     */
    public boolean follow(BooleanSupplier stop) {
        try (var log = new TopicFollower(connection, record -> state.fold(TopicRecord.of(record)))) {
            log.fromTime(log.partitions(FOLLOWED), state.description().createdUnixNs() / 1_000_000 - CLOCK_SLACK_MS);
            while (!complete()) {
                if (stop.getAsBoolean()) {
                    return false;
                }
                log.poll(POLL);
            }
            // The last latents are on the topic before the last model, but another partition may have been read first.
            return log.readToEnd();
        }
    }

    private boolean complete() {
        return state.over() && analysed() >= state.counters().modelVersion();
    }

    private long analysed() {
        return state.analysis().map(Published::modelVersion).orElse(-1L);
    }

    /** The figures of {@code --json}, once {@link #follow} has returned true. */
    public Map<String, Object> figures(long bins, double seconds) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("session", state.description().session());
        out.put("rank", state.description().rank());
        out.put("bins", bins);
        out.putAll(state.counters().figures());
        out.put("seconds", seconds);
        out.put("prequential", state.quality().figures());
        out.put("warnings", state.warnings());
        out.put("latency_ms", Map.of("p50", state.pace().latencyMs(50), "p99", state.pace().latencyMs(99), "p999",
                state.pace().latencyMs(99.9)));
        return out;
    }
}
