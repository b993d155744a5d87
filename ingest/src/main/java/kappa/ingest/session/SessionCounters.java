package kappa.ingest.session;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The counters of a session. The package's description defines each of them.
 *
 * @param rejectedByReason by the name of the reason in the schema
 * @param modelVersion 0 before the first
 */
public record SessionCounters(long latents, long duplicates, long binsMissing, long gaps, long binsWithLosses,
        long messagesLost, long binsSkipped, Map<String, Long> rejectedByReason, long modelVersion, long steps,
        long stepsShed) {

    public SessionCounters {
        rejectedByReason = Map.copyOf(rejectedByReason);
    }

    /** Records of which nothing was used. */
    public long rejected() {
        return rejectedByReason.values().stream().mapToLong(count -> count).sum();
    }

    /** All of them by the names that every reader shows. */
    public Map<String, Object> figures() {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("latents", latents);
        figures.put("duplicates", duplicates);
        figures.put("bins_missing", binsMissing);
        figures.put("gaps", gaps);
        figures.put("bins_with_losses", binsWithLosses);
        figures.put("messages_lost", messagesLost);
        figures.put("bins_skipped", binsSkipped);
        figures.put("rejected", rejected());
        figures.put("rejected_by_reason", rejectedByReason);
        figures.put("model_version", modelVersion);
        figures.put("steps", steps);
        figures.put("steps_shed", stepsShed);
        return figures;
    }
}
