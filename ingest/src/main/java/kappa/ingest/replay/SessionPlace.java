package kappa.ingest.replay;

import kappa.ingest.session.History;
import kappa.ingest.session.SessionDescription;
import kappa.ingest.session.SessionState;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.SessionHeader;

/**
 * A session on the topics, and how much of it is there.
 *
 * @param partition of all its records; {@link #UNDECIDED} for a new one, whose partition is the producer's to choose
 * @param bins bins that are on the topic, from the first on
 * @param last the last of them, or null
 * @param complete whether the session's end is there too
 * @param over whether its last model is there, so that a pipeline is done with it
 */
public record SessionPlace(SessionHeader header, int partition, long bins, Bin last, boolean complete, boolean over) {

    static final int UNDECIDED = -1;

    /** A session of which nothing is on the topics yet. */
    public static SessionPlace fresh(SessionHeader header) {
        return new SessionPlace(header, UNDECIDED, 0, null, false, false);
    }

    public SessionDescription description() {
        return SessionDescription.of(header);
    }

    public SessionState state(History history) {
        return new SessionState(header, history);
    }
}
