package kappa.dashboards.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import kappa.ingest.stream.Fault;
import kappa.ingest.stream.WireChecks;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.SessionHeader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests to silence neurons on a rig: checks what a visitor who may ask has asked for, and puts it on kappa.interventions.
 *
 * <p>A request is one JSON object: {@code session}; {@code set}, the name of a set of neurons in the session's newest
 * inactivations or of one of its populations, or {@code neurons}, indices from 0; {@code trials} to perturb, 0 calls off;
 * and if wanted {@code every}, {@code first_bin} and {@code bins}, as in the wire schema's {@code Intervention}.
 *
 * <p>Every request is logged, and never a token. Thread-safe: one request at a time.
 */
final class InterventionRequests {

    static final int PER_SECOND = 10;

    private static final long WITHIN_SECONDS = 10;
    private static final int MOST_OF_A_TEXT = 200;
    private static final Set<String> FIELDS = Set.of("session", "set", "neurons", "trials", "every", "first_bin",
            "bins");
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}\\u2028\\u2029]");
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final Logger LOG = LoggerFactory.getLogger(InterventionRequests.class);

    /**
     * What the visitor is told.
     *
     * @param status of HTTP
     * @param text a JSON object with the request's {@code id} and its number of {@code neurons} if the status is 202, else
     *        one line
     */
    record Answer(int status, String text) {}

    /** At most so many in any second. */
    private static final class Rate {
        private final long[] at = new long[PER_SECOND];
        private int next;
        private boolean full;

        boolean allows(long nowNs) {
            if (full && nowNs - at[next] < 1_000_000_000L) {
                return false;
            }
            at[next] = nowNs;
            next = (next + 1) % PER_SECOND;
            full |= next == 0;
            return true;
        }
    }

    /** A request that cannot be met. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;
        private final int status;

        Refused(int status, String line) {
            super(line);
            this.status = status;
        }
    }

    private final LiveView view;
    private final InterventionSink sink;
    private final Rate requests = new Rate();
    private final Rate refusals = new Rate();
    private long refusalsNotLogged;
    private long newestId;

    InterventionRequests(LiveView view, InterventionSink sink) {
        this.view = view;
        this.sink = sink;
    }

    /**
     * Meets a request of somebody who may make one. Waits until the topic has it.
     *
     * @param from the visitor's address, for the log
     */
    synchronized Answer request(String text, String from) {
        try {
            if (!requests.allows(view.nanoTime())) {
                throw new Refused(429, "More than " + PER_SECOND + " requests in a second; try again.");
            }
            Placed placed = place(parse(text));
            Intervention request = placed.request;
            sink.publish(placed.partition, request).toCompletableFuture().orTimeout(WITHIN_SECONDS, TimeUnit.SECONDS)
                    .join();
            LOG.info(
                    "intervention {} of session {}: set {}, {} neurons, {} trials, every {}, bins {}+{}; asked from {}",
                    request.getId(), request.getSession(), line(request.getName()), request.getNeuronsCount(),
                    request.getTrials(), request.getEvery(), request.getFirstBin(), request.getBins(), from);
            return new Answer(202, MAPPER.createObjectNode().put("id", request.getId())
                    .put("neurons", request.getNeuronsCount()).toString());
        } catch (Refused e) {
            return refuse(e.status, e.getMessage(), from);
        } catch (CompletionException e) {
            return refuse(503, "Kafka did not take the request: " + e.getCause(), from);
        }
    }

    /** Turns a request away, and logs that: at most {@value #PER_SECOND} such lines a second, the others counted. */
    Answer refuse(int status, String line, String from) {
        // Never behind a request that waits for Kafka.
        synchronized (refusals) {
            if (refusals.allows(view.nanoTime())) {
                LOG.info("intervention refused ({}): {}; asked from {}{}", status, line(line), from,
                        refusalsNotLogged == 0 ? "" : " (and " + refusalsNotLogged + " more since the last such line)");
                refusalsNotLogged = 0;
            } else {
                refusalsNotLogged++;
            }
        }
        return new Answer(status, line);
    }

    private record Placed(int partition, Intervention request) {}

    private static JsonNode parse(String text) throws Refused {
        JsonNode json;
        try {
            json = MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new Refused(400, "The request is not JSON.");
        }
        if (!json.isObject()) {
            throw new Refused(400, "The request is no JSON object.");
        }
        for (var fields = json.fieldNames(); fields.hasNext();) {
            String field = fields.next();
            if (!FIELDS.contains(field)) {
                throw new Refused(400, "The field " + line(field) + " is unknown, expected session, set or neurons,"
                        + " trials, every, first_bin, bins.");
            }
        }
        return json;
    }

    /** Under the view's lock, since sessions change as records come in. */
    private Placed place(JsonNode json) throws Refused {
        String id = json.path("session").asText();
        Intervention.Builder request = Intervention.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION)
                .setSession(id).setId(nextId()).setTrials(number(json, "trials"))
                .setEvery(json.has("every") ? number(json, "every") : 0)
                .setFirstBin(json.has("first_bin") ? number(json, "first_bin") : 0)
                .setBins(json.has("bins") ? number(json, "bins") : 0).setRequestedUnixNs(view.nowUnixNs());
        view.lock().lock();
        try {
            SessionView session = view.session(id);
            SessionHeader header = session == null ? null : session.header();
            if (header == null) {
                throw new Refused(404, "There is no session " + line(id) + " here.");
            }
            if (session.ended()) {
                throw new Refused(409, "Session " + line(id) + " is over: no rig is there to obey.");
            }
            if (request.getTrials() != 0) {
                choose(json, session, header, request);
            }
            Optional<Fault> fault = WireChecks.intervention(header, request.build());
            if (fault.isPresent()) {
                throw new Refused(400, fault.get().detail());
            }
            return new Placed(session.partition, request.build());
        } finally {
            view.lock().unlock();
        }
    }

    private static void choose(JsonNode json, SessionView session, SessionHeader header, Intervention.Builder request)
            throws Refused {
        if (json.has("set") == json.has("neurons")) {
            throw new Refused(400, "Expected either set or neurons.");
        }
        if (json.has("set")) {
            String name = json.get("set").asText();
            List<Integer> neurons = session.mechanism.set(name)
                    .orElseThrow(() -> new Refused(404, "Session " + line(session.id) + " has no set " + line(name)
                            + ", expected one of " + line(String.join(", ", session.mechanism.setNames())) + "."));
            // A set may hold neurons that nobody recorded, whom no rig can reach.
            request.setName(name)
                    .addAllNeurons(neurons.stream().filter(i -> i < header.getNeuronsCount()).toList());
            return;
        }
        JsonNode neurons = json.get("neurons");
        if (!neurons.isArray()
                || IntStream.range(0, neurons.size()).anyMatch(i -> !neurons.get(i).isInt())) {
            throw new Refused(400, "neurons is no list of whole numbers.");
        }
        request.addAllNeurons(IntStream.range(0, neurons.size()).map(i -> neurons.get(i).asInt()).sorted().distinct()
                .boxed().toList());
        request.setName(request.getNeuronsCount() + " chosen neurons");
    }

    private static int number(JsonNode json, String field) throws Refused {
        JsonNode value = json.path(field);
        if (!value.isInt()) {
            throw new Refused(400, field + " is " + (value.isMissingNode() ? "missing" : line(value.toString()))
                    + ", expected a whole number.");
        }
        return value.asInt();
    }

    /** Milliseconds of Unix time, or one more than the last. */
    private String nextId() {
        newestId = Math.max(newestId + 1, view.nowUnixNs() / 1_000_000);
        return "i-" + newestId;
    }

    /** What a stranger wrote, as one line of bounded length. */
    private static String line(String text) {
        String cut = text.length() > MOST_OF_A_TEXT ? text.substring(0, MOST_OF_A_TEXT) + "..." : text;
        return CONTROL.matcher(cut).replaceAll(" ");
    }
}
