package kappa.dashboards.web;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.ControlPublisher;
import kappa.ingest.log.ControlPublisher.PlaybackWish;
import kappa.ingest.log.ControlPublisher.Rig;
import kappa.ingest.recording.Intervention;
import kappa.ingest.session.ReplayState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Meets what visitors ask of a rig: checks a request of one who may ask, and publishes it on the topic that the rig listens to.
 * Every request is logged, and never a token. Thread-safe: one request at a time.
 */
final class ControlRequests {

    static final int PER_SECOND = 10;

    private static final long WITHIN_SECONDS = 10;
    private static final int LONGEST_NAME = 128;
    private static final Logger LOG = LoggerFactory.getLogger(ControlRequests.class);

    /** What the visitor is told: JSON if the status is 202, for an intervention an {@link Accepted}; else one line. */
    record Answer(int status, String text) {}

    /** An intervention's id, and how many neurons it silences. */
    record Accepted(String id, int neurons) {}

    /**
     * A request to silence neurons, as JSON has it.
     *
     * @param set name of a set of neurons in the session's newest inactivations, or of one of its populations
     * @param neurons indices from 0, in place of a set
     * @param name of these neurons, for people; may be missing
     * @param dryRun true asks for the {@link DryRun} of the set, and nothing of the rig; may be missing
     * @param trials how many trials to perturb; 0 calls off the request before
     * @param every perturb each so many-th trial; may be missing, as may the next two
     * @param firstBin first bin within the trial
     * @param bins how many bins; 0 to the trial's end
     */
    record InterventionRequest(String session, String set, List<Integer> neurons, String name, Boolean dryRun,
            Integer trials, Integer every, Integer firstBin, Integer bins) {}

    /**
     * A wish for the replay of a recording, as JSON has it. At least one of the last three is given.
     *
     * @param pause true to hold, false to go on
     * @param seek seconds of the recording
     * @param speed multiple of the rig's own time, or "max"
     */
    record PlaybackRequest(String session, Boolean pause, Double seek,
            @JsonDeserialize(using = SpeedReader.class) Double speed) {}

    /**
     * A remark, as JSON has it.
     *
     * @param bin the bin that it is about; the newest if it is missing
     */
    record NoteRequest(String session, String text, Long bin) {}

    /** Reads a number, or "max" as infinity. */
    static final class SpeedReader extends StdScalarDeserializer<Double> {
        private static final long serialVersionUID = 1L;

        SpeedReader() {
            super(Double.class);
        }

        @Override
        public Double deserialize(JsonParser json, DeserializationContext context) throws IOException {
            if (json.hasToken(JsonToken.VALUE_STRING) && json.getText().equals("max")) {
                return Double.POSITIVE_INFINITY;
            }
            return json.currentToken().isNumeric()
                    ? json.getDoubleValue()
                    : (Double) context.handleUnexpectedToken(Double.class, json);
        }
    }

    /** A request that cannot be met, for another reason than what it holds. */
    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int status;

        Refused(int status, String line) {
            super(line);
            this.status = status;
        }
    }

    /** What became of a request: a line for the log, and the answer to the visitor, who gets it as JSON. */
    private record Asked(CompletionStage<Void> published, Rig rig, String told, Object answer) {}

    /** Publishes a request. */
    private interface Asking {
        Asked ask(String text);
    }

    private final LiveView view;
    private final ControlPublisher publisher;
    private final RateLimit requests = new RateLimit(PER_SECOND);
    private final RateLimit refusals = new RateLimit(PER_SECOND);
    private long refusalsNotLogged;
    private long newestId;

    ControlRequests(LiveView view, ControlPublisher publisher) {
        this.view = view;
        this.publisher = publisher;
    }

    /**
     * Meets an {@link InterventionRequest} of somebody who may make one. Waits until the topic has it.
     *
     * @param from the visitor's address, for the log
     */
    Answer intervene(String text, String from) {
        return meet(text, from, this::intervene);
    }

    /** Meets a {@link NoteRequest} in the same way. */
    Answer note(String text, String from) {
        return meet(text, from, this::note);
    }

    /** Meets a {@link PlaybackRequest} in the same way. */
    Answer play(String text, String from) {
        return meet(text, from, this::play);
    }

    private synchronized Answer meet(String text, String from, Asking asking) {
        try {
            if (!requests.allows(view.nanoTime())) {
                throw new Refused(429, "More than " + PER_SECOND + " requests came within a second. Try again.");
            }
            Asked asked = asking.ask(text);
            asked.published.toCompletableFuture().orTimeout(WITHIN_SECONDS, TimeUnit.SECONDS).join();
            LOG.atInfo().addKeyValue("session", asked.rig.session())
                    .addKeyValue("partition", asked.rig.partition()).log("{}; asked from {}", asked.told, from);
            return new Answer(202, PageJson.MAPPER.writeValueAsString(asked.answer));
        } catch (InvalidInputException e) {
            return refuse(400, e.getMessage(), from);
        } catch (Refused e) {
            return refuse(e.status, e.getMessage(), from);
        } catch (CompletionException e) {
            return refuse(503, e.getCause() instanceof TimeoutException
                    ? "Kafka did not take the request within " + WITHIN_SECONDS + " s."
                    : "Kafka did not take the request: " + e.getCause().getMessage(), from);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Turns a request away, and logs that: at most {@value #PER_SECOND} such lines a second, the others are counted. */
    Answer refuse(int status, String line, String from) {
        // Never behind a request that waits for Kafka.
        synchronized (refusals) {
            if (refusals.allows(view.nanoTime())) {
                LOG.info("request refused ({}): {}; asked from {}{}", status, Lines.one(line), from,
                        refusalsNotLogged == 0 ? "" : " (and " + refusalsNotLogged + " more since the last such line)");
                refusalsNotLogged = 0;
            } else {
                refusalsNotLogged++;
            }
        }
        return new Answer(status, line);
    }

    private Asked intervene(String text) {
        InterventionRequest asked = StrictJson.read(text, InterventionRequest.class);
        Rig rig;
        String name = "";
        List<Integer> neurons = List.of();
        view.lock().lock();
        try {
            SessionView session = running(asked.session);
            rig = rig(session);
            if (StrictJson.required("trials", asked.trials, "a whole number") != 0) {
                if ((asked.set == null) == (asked.neurons == null)) {
                    throw new InvalidInputException("Expected either set or neurons.");
                }
                DryRun set = asked.set == null ? null : set(session, asked.set);
                neurons = set == null ? asked.neurons.stream().sorted().distinct().toList() : set.neurons();
                if (rig.neurons() > 1 && neurons.size() >= rig.neurons()) {
                    throw new Refused(409,
                            "The set holds all " + rig.neurons() + " recorded neurons. Silencing every one"
                                    + " tells nothing about any of them. Choose a smaller set.");
                }
                name = set == null ? name(asked, neurons.size()) : set.name();
                if (Boolean.TRUE.equals(asked.dryRun)) {
                    return dryRun(rig, set);
                }
            }
        } finally {
            view.lock().unlock();
        }
        Intervention request = new Intervention(nextId(), neurons, asked.trials, orZero(asked.every),
                orZero(asked.firstBin), orZero(asked.bins));
        return new Asked(publisher.intervene(rig, request, name, view.nowUnixNs()), rig, String.format(
                "intervention %s of session %s: set %s, %d neurons, %d trials, every %d, bins %d+%d", request.id(),
                rig.session(), Lines.one(name), neurons.size(), request.trials(), request.every(), request.firstBin(),
                request.bins()), new Accepted(request.id(), neurons.size()));
    }

    /** Nothing is asked of the rig. */
    private static Asked dryRun(Rig rig, DryRun set) {
        if (set == null) {
            throw new InvalidInputException("A dry run needs a set.");
        }
        return new Asked(CompletableFuture.completedFuture(null), rig, String.format(
                "dry run of session %s: set %s, %d neurons", rig.session(), Lines.one(set.name()),
                set.neurons().size()), set);
    }

    private static String name(InterventionRequest asked, int neurons) {
        if (asked.name == null || asked.name.isBlank()) {
            return neurons + " chosen neurons";
        }
        if (asked.name.length() > LONGEST_NAME) {
            throw new InvalidInputException("name has " + asked.name.length() + " characters, expected at most "
                    + LONGEST_NAME + ".");
        }
        return Lines.one(asked.name);
    }

    private static int orZero(Integer number) {
        return number == null ? 0 : number;
    }

    private static DryRun set(SessionView session, String name) {
        return session.mechanism.set(name)
                .orElseThrow(() -> new Refused(404,
                        "Session " + Lines.one(session.id) + " has no set " + Lines.one(name) + ", expected one of "
                                + Lines.one(String.join(", ", session.mechanism.setNames())) + "."));
    }

    private Asked play(String text) {
        PlaybackRequest asked = StrictJson.read(text, PlaybackRequest.class);
        Rig rig;
        view.lock().lock();
        try {
            SessionView session = running(asked.session);
            rig = rig(session);
            ReplayState playback = view.replay(session.id);
            if (playback == null) {
                throw new Refused(409,
                        "Session " + Lines.one(session.id) + " is not a replay and cannot be controlled.");
            }
            double width = session.state().description().binWidthS();
            if (asked.seek != null && !(asked.seek >= (playback.from() - 0.5) * width
                    && asked.seek < (playback.until() - 0.5) * width)) {
                throw new InvalidInputException("seek is " + asked.seek + ", expected " + playback.from() * width
                        + " to less than " + playback.until() * width + " s, the part that is replayed.");
            }
        } finally {
            view.lock().unlock();
        }
        PlaybackWish wish = new PlaybackWish(Optional.ofNullable(asked.pause),
                Optional.ofNullable(asked.seek).map(seconds -> Math.max(0, seconds)),
                Optional.ofNullable(asked.speed));
        return new Asked(publisher.control(rig, wish, view.nowUnixNs()), rig, "playback of session " + rig.session()
                + wish.pause().map(pause -> pause ? ": pause" : ": go on").orElse("")
                + wish.seekSeconds().map(seconds -> ": to " + seconds + " s").orElse("")
                + wish.speed().map(speed -> ": at speed " + speed).orElse(""), Map.of());
    }

    private Asked note(String text) {
        NoteRequest asked = StrictJson.read(text, NoteRequest.class);
        String said = StrictJson.required("text", asked.text, "a text").strip();
        Rig rig;
        long bin;
        view.lock().lock();
        try {
            SessionView session = running(asked.session);
            rig = rig(session);
            bin = asked.bin == null ? session.newest() : asked.bin;
        } finally {
            view.lock().unlock();
        }
        return new Asked(publisher.note(rig, said, bin, view.nowUnixNs()), rig,
                "note of session " + rig.session() + ": " + Lines.one(said), Map.of());
    }

    private SessionView running(String id) {
        SessionView session = view.session(StrictJson.required("session", id, "the id of a session"));
        if (session == null) {
            throw new Refused(404, "There is no session " + Lines.one(id) + " here.");
        }
        if (session.ended()) {
            throw new Refused(409, "Session " + Lines.one(id) + " is over. Its rig takes no requests.");
        }
        return session;
    }

    private Rig rig(SessionView session) {
        return new Rig(session.id, view.partition(session.id), session.state().description().neurons().size());
    }

    /** Milliseconds of Unix time, or one more than the last. */
    private String nextId() {
        newestId = Math.max(newestId + 1, view.nowUnixNs() / 1_000_000);
        return "i-" + newestId;
    }
}
