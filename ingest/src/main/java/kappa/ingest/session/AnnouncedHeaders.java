package kappa.ingest.session;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import kappa.ingest.wire.SessionHeader;

/**
 * The headers of the sessions that were announced last. The first valid header of a session counts, as for the pipeline. Beyond a
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
        if (headers.putIfAbsent(header.getSession(), header) != null) {
            return false;
        }
        bytes += header.getSerializedSize();
        Iterator<SessionHeader> oldest = headers.values().iterator();
        while (headers.size() > most || (bytes > MOST_BYTES && headers.size() > 1)) {
            bytes -= oldest.next().getSerializedSize();
            oldest.remove();
        }
        return true;
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
