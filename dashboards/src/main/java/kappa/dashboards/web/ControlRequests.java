package kappa.dashboards.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.MessageLite;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.PlaybackControl;
import kappa.ingest.wire.PlaybackState;
import kappa.ingest.wire.SessionHeader;
import kappa.ingest.wire.WireChecks;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What visitors ask of a rig: checks what one who may ask has asked for, and puts it on the topic that the rig listens to. A
 * request is one JSON object with {@code session} and
 *
 * <ul>
 * <li>to silence neurons: {@code set}, the name of a set of neurons in the session's newest inactivations or of one of its
 * populations, or {@code neurons}, indices from 0; {@code trials} to perturb, 0 calls off; and if wanted {@code every},
 * {@code first_bin} and {@code bins}, as in the wire schema's {@code Intervention};
 * <li>to control a replay, at least one of {@code pause}, true or false; {@code seek}, seconds; and {@code speed}, a number or
 * "max", as in the wire schema's {@code PlaybackControl}.
 * </ul>
 *
 * <p>Every request is logged, and never a token. Thread-safe: one request at a time.
 */
final class ControlRequests {

    static final int PER_SECOND = 10;

    private static final long WITHIN_SECONDS = 10;
    private static final int MOST_OF_A_TEXT = 200;
    private static final Set<String> INTERVENTION = new LinkedHashSet<>(
            List.of("session", "set", "neurons", "trials", "every", "first_bin", "bins"));
    private static final Set<String> PLAYBACK = new LinkedHashSet<>(List.of("session", "pause", "seek", "speed"));
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}\\u2028\\u2029]");
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final Logger LOG = LoggerFactory.getLogger(ControlRequests.class);

    /**
     * What the visitor is told.
     *
     * @param status of HTTP
     * @param text a JSON object if the status is 202, of an intervention its {@code id} and number of {@code neurons}; else one
     *        line
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
    private final RequestSink sink;
    private final Rate requests = new Rate();
    private final Rate refusals = new Rate();
    private long refusalsNotLogged;
    private long newestId;

    ControlRequests(LiveView view, RequestSink sink) {
        this.view = view;
        this.sink = sink;
    }

    /**
     * Meets a request to silence neurons of somebody who may make one. Waits until the topic has it.
     *
     * @param from the visitor's address, for the log
     */
    Answer intervene(String text, String from) {
        return request(text, from, INTERVENTION, this::intervention);
    }

    /** The same for a wish for the playback of a recording. */
    Answer play(String text, String from) {
        return request(text, from, PLAYBACK, this::control);
    }

    /** Makes of a request what is to be published, under the view's lock, since sessions change as records come in. */
    private interface Maker {
        Made make(JsonNode json, SessionView session) throws Refused;
    }

    /**
     * What is to be published.
     *
     * @param told the log
     * @param answer to the visitor
     */
    private record Made(String topic, MessageLite message, String told, ObjectNode answer) {}

    private synchronized Answer request(String text, String from, Set<String> fields, Maker maker) {
        try {
            if (!requests.allows(view.nanoTime())) {
                throw new Refused(429, "More than " + PER_SECOND + " requests in a second; try again.");
            }
            JsonNode json = parse(text, fields);
            String id = json.path("session").asText();
            Made made;
            int partition;
            view.lock().lock();
            try {
                SessionView session = view.session(id);
                if (session == null || !session.hasHeader()) {
                    throw new Refused(404, "There is no session " + line(id) + " here.");
                }
                if (session.ended()) {
                    throw new Refused(409, "Session " + line(id) + " is over: no rig is there to obey.");
                }
                made = maker.make(json, session);
                partition = session.partition;
            } finally {
                view.lock().unlock();
            }
            sink.publish(made.topic, partition, id, made.message).toCompletableFuture()
                    .orTimeout(WITHIN_SECONDS, TimeUnit.SECONDS).join();
            LOG.atInfo().addKeyValue("session", id).addKeyValue("partition", partition).log("{}; asked from {}",
                    made.told, from);
            return new Answer(202, made.answer.toString());
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
                LOG.info("request refused ({}): {}; asked from {}{}", status, line(line), from,
                        refusalsNotLogged == 0 ? "" : " (and " + refusalsNotLogged + " more since the last such line)");
                refusalsNotLogged = 0;
            } else {
                refusalsNotLogged++;
            }
        }
        return new Answer(status, line);
    }

    private static JsonNode parse(String text, Set<String> fields) throws Refused {
        JsonNode json;
        try {
            json = MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new Refused(400, "The request is not JSON.");
        }
        if (!json.isObject()) {
            throw new Refused(400, "The request is no JSON object.");
        }
        for (var given = json.fieldNames(); given.hasNext();) {
            String field = given.next();
            if (!fields.contains(field)) {
                throw new Refused(400, "The field " + line(field) + " is unknown, expected "
                        + String.join(", ", fields) + ".");
            }
        }
        return json;
    }

    private Made intervention(JsonNode json, SessionView session) throws Refused {
        Intervention.Builder request = Intervention.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION)
                .setSession(session.id).setId(nextId()).setTrials(number(json, "trials"))
                .setEvery(json.has("every") ? number(json, "every") : 0)
                .setFirstBin(json.has("first_bin") ? number(json, "first_bin") : 0)
                .setBins(json.has("bins") ? number(json, "bins") : 0).setRequestedUnixNs(view.nowUnixNs());
        SessionHeader header = session.header();
        if (request.getTrials() != 0) {
            choose(json, session, header, request);
        }
        require(WireChecks.intervention(header, request.build()));
        return new Made(Topics.INTERVENTIONS, request.build(), String.format(
                "intervention %s of session %s: set %s, %d neurons, %d trials, every %d, bins %d+%d", request.getId(),
                session.id, line(request.getName()), request.getNeuronsCount(), request.getTrials(), request.getEvery(),
                request.getFirstBin(), request.getBins()),
                MAPPER.createObjectNode().put("id", request.getId()).put("neurons", request.getNeuronsCount()));
    }

    private Made control(JsonNode json, SessionView session) throws Refused {
        PlaybackState playback = view.playback(session.id);
        if (playback == null) {
            throw new Refused(409, "Session " + line(session.id) + " is no replay: its rig goes on by itself.");
        }
        PlaybackControl.Builder wish = PlaybackControl.newBuilder().setSchemaVersion(WireChecks.SCHEMA_VERSION)
                .setSession(session.id).setRequestedUnixNs(view.nowUnixNs());
        if (json.has("pause")) {
            if (!json.get("pause").isBoolean()) {
                throw new Refused(400, "pause is " + line(json.get("pause").toString()) + ", expected true or false.");
            }
            wish.setPause(json.get("pause").asBoolean());
        }
        if (json.has("seek")) {
            double seconds = real(json, "seek");
            double width = session.binWidth();
            if (!(seconds >= (playback.getFrom() - 0.5) * width && seconds < (playback.getUntil() - 0.5) * width)) {
                throw new Refused(400, "seek is " + seconds + ", expected " + playback.getFrom() * width
                        + " to less than " + playback.getUntil() * width + " s, the part that is replayed.");
            }
            wish.setSeekS(Math.max(0, seconds));
        }
        if (json.has("speed")) {
            wish.setSpeed(json.get("speed").asText().equals("max") ? Double.POSITIVE_INFINITY : real(json, "speed"));
        }
        require(WireChecks.control(wish.build()));
        return new Made(Topics.CONTROLS, wish.build(), "playback of session " + session.id
                + (wish.hasPause() ? wish.getPause() ? ": pause" : ": go on" : "")
                + (wish.hasSeekS() ? ": to " + wish.getSeekS() + " s" : "")
                + (wish.hasSpeed() ? ": at speed " + wish.getSpeed() : ""), MAPPER.createObjectNode());
    }

    private static void require(Optional<Fault> fault) throws Refused {
        if (fault.isPresent()) {
            throw new Refused(400, fault.get().detail());
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

    private static double real(JsonNode json, String field) throws Refused {
        if (!json.path(field).isNumber()) {
            throw new Refused(400, field + " is " + line(json.path(field).toString()) + ", expected a number.");
        }
        return json.path(field).asDouble();
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
