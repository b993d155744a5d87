package kappa.ingest.session;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.LatentBin;

/**
 * The newest request to silence neurons, the names of those before it, and the trials that the rig has perturbed for each. Not
 * thread-safe.
 */
final class Silencing {

    private static final int MAX_REQUESTS = 64;
    /** What 0 in a request's {@code every} means. */
    private static final int DEFAULT_EVERY = 2;

    /** Trials perturbed for one request, and the last of them: a session's trials grow. */
    private static final class Perturbed {
        private long trials;
        private long last = Long.MIN_VALUE;
    }

    private final Map<String, Perturbed> perturbed = new LinkedHashMap<>();
    /** What was silenced, by the request's id. */
    private final Map<String, String> names = new LinkedHashMap<>();
    private Intervention newest;
    private long revision;

    void request(Intervention request) {
        newest = request;
        revision++;
        if (request.getTrials() > 0) {
            names.put(request.getId(), request.getName());
        }
        if (names.size() > MAX_REQUESTS) {
            names.remove(names.keySet().iterator().next());
        }
    }

    /** A bin that is published again belongs to a trial already counted. */
    void bin(LatentBin bin) {
        if (bin.getSilenced().isEmpty() || bin.getIntervention().isEmpty()) {
            return;
        }
        Perturbed of = perturbed.computeIfAbsent(bin.getIntervention(), id -> new Perturbed());
        if (bin.getTrial() > of.last) {
            of.last = bin.getTrial();
            of.trials++;
            revision++;
        }
        if (perturbed.size() > MAX_REQUESTS) {
            perturbed.remove(perturbed.keySet().iterator().next());
        }
    }

    /** Of the set that a request asked for; empty if it is not known. */
    String name(String id) {
        return names.getOrDefault(id, "");
    }

    Optional<SilencingRequest> newest() {
        if (newest == null) {
            return Optional.empty();
        }
        Perturbed of = perturbed.get(newest.getId());
        return Optional.of(new SilencingRequest(newest.getId(), newest.getName(), newest.getNeuronsCount(),
                newest.getTrials(), newest.getEvery() == 0 ? DEFAULT_EVERY : newest.getEvery(),
                of == null ? 0 : of.trials, revision));
    }
}
