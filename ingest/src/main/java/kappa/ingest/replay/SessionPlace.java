package kappa.ingest.replay;

import kappa.ingest.session.History;
import kappa.ingest.session.SessionDescription;
import kappa.ingest.session.SessionState;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.SessionHeader;

/** A session on the topics: under which id it runs, and how much of it is there. Immutable. */
public final class SessionPlace {

    private final SessionHeader header;
    private final long bins;
    private final Bin last;
    private final boolean complete;

    /**
     * @param bins bins that are on the topic, from the first on
     * @param last the last of them, or null
     * @param complete whether the session's end is there too
     */
    SessionPlace(SessionHeader header, long bins, Bin last, boolean complete) {
        this.header = header;
        this.bins = bins;
        this.last = last;
        this.complete = complete;
    }

    SessionHeader header() {
        return header;
    }

    Bin last() {
        return last;
    }

    public SessionDescription description() {
        return SessionDescription.of(header);
    }

    /** Bins that are on the topic, from the first on. */
    public long bins() {
        return bins;
    }

    /** Whether the session's end is on the topic. */
    public boolean complete() {
        return complete;
    }

    /** A state to fold the session's records into. */
    public SessionState state(History history) {
        return new SessionState(header, history);
    }
}
