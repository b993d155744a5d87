package kappa.dashboards.web;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import kappa.dashboards.web.SentParts.Told;
import kappa.ingest.session.ReplayState;

/**
 * One frame: what a page has not been sent yet of the session that it shows. Composed while the view's lock is held. Not
 * thread-safe.
 */
final class PageFrame {

    /** Bins of the trail in the phase portrait. */
    private static final int TRAIL_BINS = 256;

    /** An entry of the page's list of sessions. */
    record Entry(String id, long idleSeconds, boolean ended) {}

    /**
     * How the session is replayed.
     *
     * @param speed a number, or "max"
     * @param state names the state, so that a page sees that its wish was followed
     */
    record Playback(long bins, long from, long until, boolean loop, boolean paused, Object speed, long position,
            long epoch, String state) {}

    private final LiveView view;
    private final PageQuestion question;
    private final SentParts sent;
    private final StringWriter text = new StringWriter(4_096);
    private final JsonGenerator json;

    /** @param sent is brought up to date */
    PageFrame(LiveView view, PageQuestion question, SentParts sent) throws IOException {
        this.view = view;
        this.question = question;
        this.sent = sent;
        json = PageJson.MAPPER.createGenerator(text);
    }

    /**
     * @param reset whether the page is to forget what it was sent before
     * @param conflated frames that the page did not take
     * @param mayControl whether it may ask for interventions
     */
    String compose(boolean reset, long conflated, boolean mayControl) throws IOException {
        try (json) {
            json.writeStartObject();
            json.writeBooleanField("reset", reset);
            json.writePOJOField("sessions", entries());
            json.writeStringField("problem", view.problem());
            json.writeNumberField("conflated", conflated);
            json.writeNumberField("rejectedElsewhere", view.rejectedElsewhere());
            json.writeBooleanField("control", mayControl);
            if (sent.session() != null) {
                writeSession(sent.session(), reset);
            }
            json.writeEndObject();
        }
        return text.toString();
    }

    private List<Entry> entries() {
        return view.sessions().stream().map(session -> new Entry(session.description().session(),
                Math.max(0, (view.nowUnixNs() - session.lastActiveUnixNs()) / 1_000_000_000L), session.ended()))
                .toList();
    }

    private void writeSession(SessionView session, boolean reset) throws IOException {
        long now = view.nanoTime();
        json.writeStringField("session", session.id);
        session.writeStatus(json, view.nowUnixNs());
        ReplayState replay = view.replay(session.id);
        if (replay != null) {
            json.writePOJOField("playback", playback(replay));
        }
        if (reset) {
            session.writeHeader(json);
        }
        if (session.newest() < 0) {
            return;
        }
        session.writeNow(json);
        writeTrace(session, reset);
        if (sent.quality.due(new Told(session.modelVersion(), 0, null), now)) {
            session.writeQuality(json);
        }
        writeMechanism(session, now);
    }

    private static Playback playback(ReplayState replay) {
        return new Playback(replay.bins(), replay.from(), replay.until(), replay.loop(), replay.paused(),
                Double.isInfinite(replay.speed()) ? "max" : replay.speed(), replay.position(), replay.epoch(),
                Long.toString(replay.publishedUnixNs()));
    }

    private void writeTrace(SessionView session, boolean reset) throws IOException {
        long newest = session.newest();
        long window = Math.clamp(Math.round(question.windowSeconds() / session.state().description().binWidthS()),
                2, LiveView.HISTORY_BINS);
        int stride = Decimation.stride(window, question.width());
        long next = reset ? 0 : question.since() + 1;
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
        writeNeurons(session, window);
    }

    private void writeNeurons(SessionView session, long window) throws IOException {
        int[] chosen = session.state().activity().mostActive();
        if (!question.neurons().isEmpty()) {
            json.writePOJOField("unknownNeurons",
                    question.neurons().stream().filter(id -> session.neuron(id) < 0).toList());
            chosen = question.neurons().stream().mapToInt(session::neuron).filter(i -> i >= 0).distinct().toArray();
        }
        // The newest bin whose activity and kappa are both here.
        long newest = Math.min(session.newest(), session.state().newestRecorded());
        if (newest < 0) {
            return;
        }
        // They stand side by side, in half the width.
        int stride = Decimation.stride(window, question.width() / 2);
        long start = Math.max(0, newest - Math.min(window, session.state().activity().capacity()) + 1);
        long from = Math.max(start, sent.nextNeuronBin(chosen, session.modelVersion() >= 0));
        from -= from % stride;
        if (from <= newest) {
            session.traces().writeNeurons(json, chosen, from, newest, stride);
            sent.neuronsSentTo(newest + 1);
        }
    }

    private void writeMechanism(SessionView session, long now) throws IOException {
        MechanismView mechanism = session.mechanism;
        if (mechanism.analysisRevision() > 0
                && sent.analysis.due(new Told(mechanism.analysisRevision(), 0, null), now)) {
            write("analysis", mechanism.analysisPart());
        }
        if (session.modelVersion() >= 0 && question.axes() != null && sent.loadings
                .due(new Told(session.modelVersion(), mechanism.analysisRevision(), question.axes()), now)) {
            write("loadings", mechanism.loadingsPart(question.axes()));
        }
        if (mechanism.inactivationsRevision() > 0
                && sent.inactivations.due(new Told(mechanism.inactivationsRevision(), 0, question.set()), now)) {
            write("inactivations", mechanism.inactivationsPart(question.set()));
        }
        if (mechanism.requestRevision() > 0
                && sent.intervention.due(new Told(mechanism.requestRevision(), 0, null), now)) {
            write("intervention", session.state().request());
        }
    }

    private void write(String field, Optional<? extends Record> part) throws IOException {
        if (part.isPresent()) {
            json.writePOJOField(field, part.get());
        }
    }
}
