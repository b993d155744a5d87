package kappa.dashboards.terminal;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import kappa.ingest.session.History;
import kappa.ingest.session.LatentHistory;
import kappa.ingest.session.NewestBin;
import kappa.ingest.session.SessionDescription;
import kappa.ingest.session.SessionState;

/**
 * What the terminal shows of a session's state. Not thread-safe.
 *
 * @param seconds how much of the past a picture shows
 */
public record WatchedSession(SessionState state, double seconds, long unixNs) {

    /** What may be marked on a bin. */
    enum Mark {
        NONE, SILENCED, TRIAL, EPOCH, LOST
    }

    /** Trials whose published scores are averaged. */
    static final int SCORED_TRIALS = 20;

    private static final int MAX_WINDOW_BINS = 1 << 20;
    /** Beyond the window: a picture has whole columns, of the same number of bins each. */
    private static final int WHOLE_COLUMNS = 1 << 10;

    /** The bins that a picture of so many seconds is made of. */
    static History history(SessionDescription session, double seconds) {
        return History.of(window(session, seconds) + WHOLE_COLUMNS, 0);
    }

    private static int window(SessionDescription session, double seconds) {
        return (int) Math.clamp(Math.ceil(seconds / session.binWidthS()), 2, MAX_WINDOW_BINS);
    }

    SessionDescription description() {
        return state.description();
    }

    int rank() {
        return description().rank();
    }

    /** Bins that a picture shows at least. */
    int window() {
        return window(description(), seconds);
    }

    /** Index of the newest bin, -1 before the first. */
    long newest() {
        return state.newest();
    }

    /** The kappa of a bin, NaN if it never came or is out of the window. */
    float kappa(long bin, int k) {
        return state.latents().kappa(bin, k);
    }

    Mark mark(long bin) {
        LatentHistory latents = state.latents();
        if (latents.followsGap(bin) || latents.messagesLost(bin) > 0) {
            return Mark.LOST;
        }
        if (latents.startsEpoch(bin)) {
            return Mark.EPOCH;
        }
        return latents.startsTrial(bin) ? Mark.TRIAL : latents.silenced(bin) > 0 ? Mark.SILENCED : Mark.NONE;
    }

    /** Standard deviation of the newest kappa. */
    double sd(int k) {
        return state.newestBin().orElseThrow().sd().get(k);
    }

    double ageSeconds() {
        return state.ageSeconds(unixNs);
    }

    /** Whether the session's last model is there. */
    public boolean ended() {
        return state.over();
    }

    /** What is known now; a value that is not known is null. Names and numbers are those of {@code --json}. */
    public Map<String, Object> figures() {
        Map<String, Object> now = new LinkedHashMap<>();
        now.put("session", description().session());
        now.put("rank", rank());
        now.put("bin", newest());
        Optional<NewestBin> newest = state.newestBin();
        newest.ifPresent(bin -> {
            now.put("trial", description().trials() ? bin.trial() : null);
            now.put("phase", description().phase(bin.phase()));
            now.put("kappa", bin.kappa());
            now.put("sd", bin.sd());
            now.put("silenced", bin.silenced());
            now.put("epoch", bin.epoch());
        });
        now.putAll(state.counters().figures());
        now.put("quality", finite(state.quality().newestMean(SCORED_TRIALS)));
        now.put("unit", state.quality().unit());
        now.put("bins_per_second", finite(state.pace().binsPerSecond(unixNs)));
        now.put("age_s", finite(ageSeconds()));
        now.put("ended", ended());
        now.put("warnings", warnings());
        return now;
    }

    /** What is to be said of the recording and of its scores, one line each. */
    public List<String> warnings() {
        return state.warnings();
    }

    private static Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
