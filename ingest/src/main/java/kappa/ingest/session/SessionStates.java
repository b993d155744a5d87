package kappa.ingest.session;

import com.google.protobuf.Message;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.CheckedRecord;
import kappa.ingest.wire.PlaybackState;
import kappa.ingest.wire.SessionHeader;

/**
 * The states of the sessions that were active last, folded from records of all sessions. Beyond a maximum the longest idle
 * session is forgotten; its header is kept for longer, so that it is known when it becomes active again. Not thread-safe.
 */
public final class SessionStates {

    /** Headers are kept for more sessions than are shown, those announced last. */
    private static final int MAX_HEADERS = 1_024;

    private final int most;
    private final Function<SessionDescription, History> history;
    private final BiConsumer<String, String> unusable;
    private final Map<String, Placed> sessions = new HashMap<>();
    private final AnnouncedHeaders headers = new AnnouncedHeaders(MAX_HEADERS);
    private final Map<String, ReplayState> replays = new LinkedHashMap<>();
    private long rejectedElsewhere;

    private record Placed(SessionState state, int partition) {}

    /**
     * @param most sessions to keep
     * @param history how much of a session's past to keep
     * @param unusable told the topic of a record that kappa itself has written and that cannot be used, and why not
     */
    public SessionStates(int most, Function<SessionDescription, History> history, BiConsumer<String, String> unusable) {
        this.most = most;
        this.history = history;
        this.unusable = unusable;
    }

    /** Takes a record of any topic of which a state is made. */
    public void fold(TopicRecord record) {
        CheckedRecord checked = record.checked();
        record.problem(checked).ifPresent(why -> unusable.accept(record.topic(), why));
        if (!(checked instanceof CheckedRecord.Valid valid)) {
            return; // where it is deleted, the session's state stays until it is displaced
        }
        String id = valid.session();
        if (record.topic().equals(Topics.SESSIONS)) {
            announce((SessionHeader) valid.message(), record.partition());
        } else if (record.topic().equals(Topics.PLAYBACKS)) {
            replay(id, (PlaybackState) valid.message());
        } else {
            long atUnixNs = record.appendedUnixNs();
            boolean bins = List.of(Topics.ACTIVITY, Topics.LATENTS).contains(record.topic());
            Placed session = bins && headers.has(id)
                    ? open(id, record.partition(), atUnixNs)
                    : sessions.get(id);
            fold(session, valid.message(), record);
        }
    }

    private void fold(Placed session, Message message, TopicRecord record) {
        if (session != null) {
            session.state.fold(message, record).ifPresent(why -> unusable.accept(record.topic(), why));
        } else if (record.topic().equals(Topics.REJECTED)) {
            rejectedElsewhere++;
        }
    }

    private void announce(SessionHeader header, int partition) {
        String id = header.getSession();
        if (headers.announce(header)) {
            open(id, partition, header.getCreatedUnixNs());
        } else if (sessions.containsKey(id) && headers.has(id)) {
            sessions.get(id).state.warnAsIn(headers.of(id));
        }
    }

    private void replay(String id, PlaybackState state) {
        replays.remove(id);
        replays.put(id, new ReplayState(state.getBins(), state.getFrom(), state.getUntil(), state.getLoop(),
                state.getPaused(), state.getSpeed(), state.getPosition(), Integer.toUnsignedLong(state.getEpoch()),
                state.getPublishedUnixNs()));
        if (replays.size() > MAX_HEADERS) {
            replays.remove(replays.keySet().iterator().next());
        }
    }

    /** @return the session, or null if all that are kept were active after {@code atUnixNs} */
    private Placed open(String id, int partition, long atUnixNs) {
        Placed session = sessions.get(id);
        if (session != null) {
            return session;
        }
        if (sessions.size() == most) {
            SessionState idle = sessions.values().stream().map(Placed::state)
                    .min(Comparator.comparingLong(SessionState::lastActiveUnixNs)).orElseThrow();
            if (idle.lastActiveUnixNs() > atUnixNs) {
                return null;
            }
            sessions.remove(idle.description().session());
        }
        SessionHeader header = headers.of(id);
        Placed opened = new Placed(new SessionState(header, history.apply(SessionDescription.of(header))), partition);
        sessions.put(id, opened);
        return opened;
    }

    /** The reader left out records of kappa.latents of this partition. */
    public void skipAhead(int partition) {
        sessions.values().stream().filter(session -> session.partition == partition)
                .forEach(session -> session.state.skipAhead());
    }

    public Optional<SessionState> session(String id) {
        return Optional.ofNullable(sessions.get(id)).map(Placed::state);
    }

    /** The partition of a session that is kept. */
    public int partition(String id) {
        return sessions.get(id).partition;
    }

    /** Active last first. */
    public List<SessionState> sessions() {
        return sessions.values().stream().map(Placed::state)
                .sorted(Comparator.comparingLong(SessionState::lastActiveUnixNs).reversed()
                        .thenComparing(state -> state.description().session()))
                .toList();
    }

    /** Ids of the sessions whose headers are kept, in the order of their announcement. */
    public List<String> announced() {
        return headers.sessions();
    }

    /** What the headers that are kept say, in the order of their announcement. */
    public List<SessionDescription> announcedSessions() {
        return headers.sessions().stream().map(headers::of).map(SessionDescription::of).toList();
    }

    /** How a session is replayed; nothing if it is no replay. */
    public Optional<ReplayState> replay(String id) {
        return Optional.ofNullable(replays.get(id));
    }

    /** Rejected records of sessions that are not kept or not known. */
    public long rejectedElsewhere() {
        return rejectedElsewhere;
    }
}
