package kappa.dashboards.web;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import kappa.ingest.InvalidInputException;
import kappa.ingest.session.ReplayState;
import kappa.ingest.session.SessionState;

/**
 * One open page. It asks for a frame when it has drawn the last one and gets everything since, thinned to two points per
 * pixel: nothing is ever queued for it, so a slow page gets fewer frames and a hidden one none.
 *
 * <p>Not thread-safe: a page has one question at a time.
 */
final class PageClient {

    /** Without news a frame goes out after this time, so that ages and rates stay true. */
    private static final long QUIET_NS = 1_000_000_000L;
    private static final long QUALITY_EVERY_NS = 500_000_000L;
    private static final long ANALYSIS_EVERY_NS = 200_000_000L;
    /** Bins of the trail in the phase portrait. */
    private static final int TRAIL_BINS = 256;
    static final int MAX_NEURONS = 8;

    private static final JsonMapper MAPPER = new JsonMapper();
    private static final JsonFactory FACTORY = MAPPER.getFactory();

    /**
     * What a page asks for.
     *
     * @param session the session chosen; null follows the newest
     * @param resync asks for everything in the window, at once
     * @param since the last bin drawn; -1 for none
     * @param windowSeconds length of the time axis
     * @param width of the plot, pixels
     * @param neurons ids chosen; empty for the most active
     * @param axes the two loading vectors of the scatter; null if it does not show, empty for the first m and n
     * @param set the set of neurons whose predicted traces show; null if none do, empty for the first
     */
    record Request(String session, boolean resync, long since, double windowSeconds, int width, List<String> neurons,
            List<String> axes, String set) {

        private static final int MAX_ID = 256;

        /** @throws InvalidInputException with one line if the text is not such a question */
        static Request parse(String text) {
            JsonNode json;
            try {
                json = MAPPER.readTree(text);
            } catch (JsonProcessingException e) {
                throw new InvalidInputException("request: not JSON", e);
            }
            if (!json.isObject()) {
                throw new InvalidInputException("request: expected an object");
            }
            double window = json.path("window").asDouble(20);
            if (!(window > 0)) {
                throw new InvalidInputException("request: window " + window + ", expected a number of seconds above 0");
            }
            List<String> neurons = new ArrayList<>();
            for (JsonNode id : json.path("neurons")) {
                if (id.isTextual() && id.asText().length() <= MAX_ID && neurons.size() < MAX_NEURONS) {
                    neurons.add(id.asText());
                } else {
                    throw new InvalidInputException(
                            "request: neurons, expected at most " + MAX_NEURONS + " ids of at most " + MAX_ID
                                    + " characters");
                }
            }
            List<String> axes = null;
            if (json.path("axes").isArray()) {
                axes = new ArrayList<>();
                for (JsonNode name : json.path("axes")) {
                    if (!name.isTextual() || name.asText().length() > MAX_ID || axes.size() == 2) {
                        throw new InvalidInputException("request: axes, expected two names of at most " + MAX_ID
                                + " characters");
                    }
                    axes.add(name.asText());
                }
            }
            String session = json.path("session").asText("");
            return new Request(session.isEmpty() ? null : session,
                    json.path("resync").asBoolean(false), Math.max(-1, json.path("since").asLong(-1)),
                    Math.clamp(window, 0.1, 86_400), Math.clamp(json.path("width").asInt(800), 50, 4_000),
                    List.copyOf(neurons), axes == null ? null : List.copyOf(axes),
                    json.path("set").isTextual() ? json.path("set").asText() : null);
        }

        private boolean asksTheSameAs(Request other) {
            return other != null && Objects.equals(session, other.session) && windowSeconds == other.windowSeconds
                    && width == other.width;
        }

        private boolean showsTheSameAs(Request other) {
            return neurons.equals(other.neurons) && Objects.equals(axes, other.axes) && Objects.equals(set, other.set);
        }
    }

    private final LiveView view;
    private final boolean mayControl;
    private Request last;
    private SessionView shown;
    private long sentNs;
    private long seenVersion = -1;
    private long slotsAtSent;
    private long conflated;
    private int[] neuronsSent = {};
    private long neuronsNext;
    private boolean predictedSent;
    private long qualityModelSent;
    private long qualityAtNs;

    /** What of the mechanism was sent last: of which revision, and of what was chosen. */
    private record Sent(long revision, long other, Object chosen) {}

    /** One part of the mechanism: sent when it has changed, and not too often. */
    private static final class Part {
        private Sent sent;
        private long atNs;

        boolean due(Sent now, long nowNs) {
            boolean askedAgain = sent != null && Objects.equals(now.chosen, sent.chosen);
            if (now.equals(sent) || (askedAgain && nowNs - atNs < ANALYSIS_EVERY_NS)) {
                return false;
            }
            sent = now;
            atNs = nowNs;
            return true;
        }
    }

    private Part analysis = new Part();
    private Part loadings = new Part();
    private Part inactivations = new Part();
    private Part intervention = new Part();

    PageClient(LiveView view) {
        this(view, false);
    }

    /** @param mayControl whether the page may ask for interventions */
    PageClient(LiveView view, boolean mayControl) {
        this.view = view;
        this.mayControl = mayControl;
    }

    /** Waits until a frame is due, and composes it. */
    String answer(Request request) throws InterruptedException {
        view.lock().lockInterruptibly();
        try {
            boolean first = last == null;
            long missed = first || request.resync ? 0 : Math.max(0, view.frameSlots() - slotsAtSent - 1);
            if (!first) {
                view.awaitTime(sentNs + LiveView.FRAME_NS);
                if (!request.resync && request.asksTheSameAs(last) && request.showsTheSameAs(last)) {
                    view.awaitNews(seenVersion, QUIET_NS);
                }
            }
            view.requireOpen();
            conflated += missed;
            view.conflated.increment((double) missed);
            view.frames.increment();
            String frame = compose(request);
            last = request;
            sentNs = view.nanoTime();
            seenVersion = view.version();
            slotsAtSent = view.frameSlots();
            return frame;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            view.lock().unlock();
        }
    }

    /** A frame that only says what was wrong with the question. */
    static String refusal(String line) {
        return MAPPER.createObjectNode().put("error", line).toString();
    }

    private String compose(Request request) throws IOException {
        SessionView session = request.session == null ? view.newestSession() : view.session(request.session);
        boolean reset = session != shown || request.resync || !request.asksTheSameAs(last)
                || (session != null && request.since > session.newest());
        if (reset) {
            shown = session;
            neuronsSent = new int[0];
            qualityModelSent = -1;
            qualityAtNs = view.nanoTime() - QUALITY_EVERY_NS;
            analysis = new Part();
            loadings = new Part();
            inactivations = new Part();
            intervention = new Part();
        }
        StringWriter text = new StringWriter(4_096);
        try (JsonGenerator json = FACTORY.createGenerator(text)) {
            json.writeStartObject();
            json.writeBooleanField("reset", reset);
            writeSessions(json);
            json.writeStringField("problem", view.problem());
            json.writeNumberField("conflated", conflated);
            json.writeNumberField("rejectedElsewhere", view.rejectedElsewhere());
            json.writeBooleanField("control", mayControl);
            if (session != null) {
                writeSession(json, session, request, reset);
            }
            json.writeEndObject();
        }
        return text.toString();
    }

    private void writeSessions(JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("sessions");
        for (SessionState session : view.sessions()) {
            json.writeStartObject();
            json.writeStringField("id", session.description().session());
            json.writeNumberField("idleSeconds",
                    Math.max(0, (view.nowUnixNs() - session.lastActiveUnixNs()) / 1_000_000_000L));
            json.writeBooleanField("ended", session.ended());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void writeSession(JsonGenerator json, SessionView session, Request request, boolean reset)
            throws IOException {
        json.writeStringField("session", session.id);
        session.writeStatus(json, view.nowUnixNs());
        writePlayback(json, view.replay(session.id));
        if (reset) {
            session.writeHeader(json);
        }
        long newest = session.newest();
        if (newest < 0) {
            return;
        }
        session.writeNow(json);
        long window = Math.clamp(Math.round(request.windowSeconds / session.state().description().binWidthS()), 2,
                LiveView.HISTORY_BINS);
        int stride = Decimation.stride(window, request.width);
        long next = reset ? 0 : request.since + 1;
        long start = Math.max(0, newest - window + 1);
        long from = Math.max(start, next);
        from -= from % stride;
        json.writeNumberField("windowBins", window);
        json.writeNumberField("skipped", reset ? 0 : Math.max(0, start - next));
        int points = session.traces().writeTrace(json, from, newest, window, stride);
        json.writeNumberField("merged", Math.max(0, newest - from + 1 - points));
        if (stride > 1) {
            // Minima and maxima of one dimension do not belong to those of another; a trail needs the bins themselves.
            session.traces().writeTrail(json, Math.max(Math.max(start, next), newest - TRAIL_BINS + 1), newest);
        }
        writeNeurons(json, session, request, window);
        long now = view.nanoTime();
        if (qualityModelSent != session.modelVersion() && now - qualityAtNs >= QUALITY_EVERY_NS) {
            qualityModelSent = session.modelVersion();
            qualityAtNs = now;
            session.writeQuality(json);
        }
        writeMechanism(json, session, request, now);
    }

    private static void writePlayback(JsonGenerator json, ReplayState playback) throws IOException {
        if (playback == null) {
            return;
        }
        json.writeObjectFieldStart("playback");
        json.writeNumberField("bins", playback.bins());
        json.writeNumberField("from", playback.from());
        json.writeNumberField("until", playback.until());
        json.writeBooleanField("loop", playback.loop());
        json.writeBooleanField("paused", playback.paused());
        if (Double.isInfinite(playback.speed())) {
            json.writeStringField("speed", "max");
        } else {
            json.writeNumberField("speed", playback.speed());
        }
        json.writeNumberField("position", playback.position());
        json.writeNumberField("epoch", playback.epoch());
        // Names the state, so that a page sees that its wish was followed.
        json.writeStringField("state", Long.toString(playback.publishedUnixNs()));
        json.writeEndObject();
    }

    private void writeMechanism(JsonGenerator json, SessionView session, Request request, long now)
            throws IOException {
        MechanismView mechanism = session.mechanism.refresh();
        if (mechanism.hasAnalysis() && analysis.due(new Sent(mechanism.analysisRevision(), 0, null), now)) {
            mechanism.writeAnalysis(json);
        }
        if (session.modelVersion() >= 0 && request.axes != null && loadings
                .due(new Sent(session.modelVersion(), mechanism.analysisRevision(), request.axes), now)) {
            mechanism.writeLoadings(json, request.axes);
        }
        if (mechanism.hasInactivations()
                && inactivations.due(new Sent(mechanism.inactivationsRevision(), 0, request.set), now)) {
            mechanism.writeInactivations(json, request.set);
        }
        if (mechanism.hasRequest() && intervention.due(new Sent(mechanism.requestRevision(), 0, null), now)) {
            mechanism.writeRequest(json);
        }
    }

    private void writeNeurons(JsonGenerator json, SessionView session, Request request, long window)
            throws IOException {
        int[] chosen = session.state().activity().mostActive();
        if (!request.neurons.isEmpty()) {
            List<String> unknown = request.neurons.stream().filter(id -> session.neuron(id) < 0).toList();
            chosen = request.neurons.stream().mapToInt(session::neuron).filter(i -> i >= 0).distinct().toArray();
            json.writeArrayFieldStart("unknownNeurons");
            for (String id : unknown) {
                json.writeString(id);
            }
            json.writeEndArray();
        }
        // The newest bin whose activity and kappa are both here.
        long newest = Math.min(session.newest(), session.state().newestRecorded());
        if (newest < 0) {
            return;
        }
        long start = Math.max(0, newest - Math.min(window, session.state().activity().capacity()) + 1);
        boolean restart = !Arrays.equals(chosen, neuronsSent) || predictedSent != session.modelVersion() >= 0;
        if (restart) {
            neuronsSent = chosen;
            neuronsNext = 0;
            predictedSent = session.modelVersion() >= 0;
        }
        // They stand side by side, in half the width.
        int stride = Decimation.stride(window, request.width / 2);
        long from = Math.max(start, neuronsNext);
        from -= from % stride;
        if (from <= newest) {
            session.traces().writeNeurons(json, chosen, from, newest, stride);
            neuronsNext = newest + 1;
        }
    }
}
