package kappa.dashboards.web;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import kappa.dashboards.web.SentParts.Told;
import kappa.ingest.session.Notes;
import kappa.ingest.session.ReplayState;
import kappa.ingest.session.SessionState;

/**
 * One frame: what a page has not been sent yet of the session that it shows. Composed while the view's lock is held. Not
 * thread-safe.
 */
final class PageFrame {

    /** Bins of the trail in the phase portrait. */
    private static final int TRAIL_BINS = 256;

    /** An entry of the page's list of sessions. */
    record Entry(String id, long idleSeconds, boolean ended) {}

    /** The last three are absent if the session is no longer kept; {@code kappa export} still gets at it. */
    record Row(String id, long createdMs, int neurons, int rank, String origin, Long bins, Long trials,
            Boolean ended) {}

    private static final int MOST_ROWS = 200;

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
    private final Map<String, Object> frame = new LinkedHashMap<>();

    /** @param sent is brought up to date */
    PageFrame(LiveView view, PageQuestion question, SentParts sent) {
        this.view = view;
        this.question = question;
        this.sent = sent;
    }

    /**
     * @param reset whether the page is to forget what it was sent before
     * @param conflated frames that the page did not take
     * @param mayControl whether it may ask for interventions
     */
    Map<String, Object> compose(boolean reset, long conflated, boolean mayControl) {
        frame.put("reset", reset);
        frame.put("sessions", entries());
        frame.put("problem", view.problem());
        frame.put("failure", view.failure());
        frame.put("conflated", conflated);
        frame.put("rejectedElsewhere", view.rejectedElsewhere());
        frame.put("control", mayControl);
        if (question.table() && sent.table.due(new Told(view.version(), 0, null), view.nanoTime())) {
            frame.put("table", table());
        }
        if (sent.session() != null) {
            addSession(sent.session(), reset);
        }
        return frame;
    }

    private List<Entry> entries() {
        return view.sessions().stream().map(session -> new Entry(session.description().session(),
                Math.max(0, (view.nowUnixNs() - session.lastActiveUnixNs()) / 1_000_000_000L), session.ended()))
                .toList();
    }

    private void addSession(SessionView session, boolean reset) {
        long now = view.nanoTime();
        frame.put("session", session.id);
        frame.put("status", session.status(view.nowUnixNs()));
        ReplayState replay = view.replay(session.id);
        if (replay != null) {
            frame.put("playback", playback(replay));
        }
        if (sent.header.due(new Told(0, 0, session.state().description().warnings()), now)) {
            frame.put("header", session.header());
        }
        Notes notes = session.state().notes();
        if (notes.revision() > 0 && sent.notes.due(new Told(notes.revision(), 0, null), now)) {
            frame.put("notes", notes.all());
            notes.rigState().ifPresent(state -> frame.put("rig", state));
        }
        if (session.newest() < 0) {
            return;
        }
        frame.put("now", session.now());
        addTrace(session, reset);
        if (sent.quality.due(new Told(session.modelVersion(), 0, null), now)) {
            frame.put("quality", session.quality());
        }
        addMechanism(session, now);
        if (question.events() != null) {
            addTrials(session, now);
        }
    }

    private void addTrials(SessionView session, long now) {
        SessionState state = session.state();
        if (sent.events.due(new Told(state.trials(), 0, List.of(question.events(), question.of())), now)) {
            List<Integer> neurons = session.mechanism.set(question.of()).map(DryRun::neurons).orElseGet(
                    () -> state.description().neuronIndex().containsKey(question.of())
                            ? List.of(session.neuron(question.of()))
                            : Arrays.stream(state.activity().mostActive()).limit(1).boxed().toList());
            String of = neurons.size() == 1 ? state.description().neurons().get(neurons.getFirst()) : question.of();
            frame.put("events", PeriEvents.of(state, question.events(), of,
                    neurons.stream().mapToInt(Integer::intValue).toArray()));
        }
        if (state.newestRecorded() >= 0 && sent.raster.due(new Told(state.newestRecorded(), 0, null), now)) {
            frame.put("raster", RasterPart.of(state));
        }
    }

    /** Sessions, present and past, the newest first. */
    private List<Row> table() {
        return view.announced().reversed().stream().limit(MOST_ROWS).map(of -> {
            SessionView kept = view.session(of.session());
            return new Row(of.session(), of.createdUnixNs() / 1_000_000, of.neurons().size(), of.rank(), of.origin(),
                    kept == null ? null : kept.newest() + 1, kept == null ? null : kept.state().trials(),
                    kept == null ? null : kept.ended());
        }).toList();
    }

    private static Playback playback(ReplayState replay) {
        return new Playback(replay.bins(), replay.from(), replay.until(), replay.loop(), replay.paused(),
                Double.isInfinite(replay.speed()) ? "max" : replay.speed(), replay.position(), replay.epoch(),
                Long.toString(replay.publishedUnixNs()));
    }

    private void addTrace(SessionView session, boolean reset) {
        long newest = session.newest();
        long window = Math.clamp(Math.round(question.windowSeconds() / session.state().description().binWidthS()),
                2, session.state().latents().capacity());
        // A young session needs no stride for bins that it does not have; it changes with each doubling only.
        int stride = Decimation.stride(Math.min(window, 2 * Long.highestOneBit(newest + 1)), question.width());
        boolean anew = sent.thinnedAnew(stride);
        long next = reset || anew ? 0 : question.since() + 1;
        long start = Math.max(0, newest - window + 1);
        long from = Math.max(start, next);
        from -= from % stride;
        frame.put("windowBins", window);
        frame.put("skipped", reset ? 0 : Math.max(0, start - question.since() - 1));
        Traces.Trace trace = session.traces().trace(from, newest, window, stride);
        frame.put("trace", trace);
        frame.put("merged", Math.max(0, newest - from + 1 - trace.bins().length));
        if (stride > 1) {
            // Minima and maxima of one dimension do not belong to those of another; a trail needs the bins themselves.
            long first = Math.max(Math.max(start, next), newest - TRAIL_BINS + 1);
            frame.put("trail", session.traces().trail(first, newest));
        }
        addNeurons(session, window);
    }

    private void addNeurons(SessionView session, long window) {
        int[] chosen = session.state().activity().mostActive();
        if (!question.neurons().isEmpty()) {
            frame.put("unknownNeurons", question.neurons().stream().filter(id -> session.neuron(id) < 0).toList());
            int[] known = question.neurons().stream().mapToInt(session::neuron).filter(i -> i >= 0).distinct()
                    .toArray();
            chosen = known.length > 0 ? known : chosen;
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
            frame.put("neurons", session.traces().neurons(chosen, from, newest, stride));
            sent.neuronsSentTo(newest + 1);
        }
    }

    private void addMechanism(SessionView session, long now) {
        MechanismView mechanism = session.mechanism;
        if (mechanism.analysisRevision() > 0
                && sent.analysis.due(new Told(mechanism.analysisRevision(), 0, null), now)) {
            mechanism.analysisPart().ifPresent(part -> frame.put("analysis", part));
        }
        if (session.modelVersion() >= 0 && question.axes() != null && sent.loadings
                .due(new Told(session.modelVersion(), mechanism.analysisRevision(), question.axes()), now)) {
            mechanism.loadingsPart(question.axes()).ifPresent(part -> frame.put("loadings", part));
        }
        if (mechanism.inactivationsRevision() > 0
                && sent.inactivations.due(new Told(mechanism.inactivationsRevision(), 0, question.set()), now)) {
            mechanism.inactivationsPart(question.set()).ifPresent(part -> frame.put("inactivations", part));
        }
        if (mechanism.requestRevision() > 0
                && sent.intervention.due(new Told(mechanism.requestRevision(), 0, null), now)) {
            session.state().request().ifPresent(part -> frame.put("intervention", part));
        }
    }
}
