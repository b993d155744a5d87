package kappa.ingest.session;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;

/**
 * The headers of the sessions that were announced last. The first valid header of a session counts, as for the pipeline, with the
 * warnings of the newest that is the same but for them. Beyond a
 * number of sessions, or {@value #MOST_BYTES} bytes, the header that came first is forgotten. Not thread-safe.
 */
public final class AnnouncedHeaders {

    private static final int MOST_BYTES = 64 << 20;

    private final int most;
    private final Map<String, SessionHeader> headers = new LinkedHashMap<>();
    private long bytes;

    /** @param most sessions */
    public AnnouncedHeaders(int most) {
        this.most = most;
    }

    /** @return whether it is the session's first */
    public boolean announce(SessionHeader header) {
        SessionHeader first = headers.putIfAbsent(header.getSession(), header);
        if (first != null && !WireChecks.withoutWarnings(first).equals(WireChecks.withoutWarnings(header))) {
            return false;
        }
        headers.put(header.getSession(), header);
        bytes += header.getSerializedSize() - (first == null ? 0 : first.getSerializedSize());
        Iterator<SessionHeader> oldest = headers.values().iterator();
        while (headers.size() > most || (bytes > MOST_BYTES && headers.size() > 1)) {
            bytes -= oldest.next().getSerializedSize();
            oldest.remove();
        }
        return first == null;
    }

    public boolean has(String session) {
        return headers.containsKey(session);
    }

    /** Null if it is not known. */
    public SessionHeader of(String session) {
        return headers.get(session);
    }

    /** Ids, in the order in which they were announced. */
    public List<String> sessions() {
        return List.copyOf(headers.keySet());
    }
}
