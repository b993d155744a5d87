package kappa.dashboards.web;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/**
 * One open page. It asks for a frame when it has drawn the last one and gets everything since, thinned to two points per
 * pixel. Nothing is ever queued for it, so a slow page gets fewer frames and a hidden one none.
 *
 * <p>Not thread-safe: a page has one question at a time.
 */
final class PageClient {

    /** Without news a frame goes out after this time, so that ages and rates stay true. */
    private static final long QUIET_NS = 1_000_000_000L;

    private final LiveView view;
    private final boolean mayControl;
    private PageQuestion last;
    private SentParts sent;
    private long sentNs;
    private long seenVersion = -1;
    private long slotsAtSent;
    private long conflated;

    /** @param mayControl whether the page may ask for interventions */
    PageClient(LiveView view, boolean mayControl) {
        this.view = view;
        this.mayControl = mayControl;
    }

    /** Waits until a frame is due, and composes it. */
    String answer(PageQuestion question) throws InterruptedException {
        view.lock().lockInterruptibly();
        try {
            boolean first = last == null;
            long missed = first || question.resync() ? 0 : Math.max(0, view.frameSlots() - slotsAtSent - 1);
            if (!first) {
                view.awaitTime(sentNs + LiveView.FRAME_NS);
                if (!question.resync() && question.asksTheSameAs(last) && question.showsTheSameAs(last)) {
                    view.awaitNews(seenVersion, QUIET_NS);
                }
            }
            view.requireOpen();
            conflated += missed;
            view.conflated.increment((double) missed);
            view.frames.increment();
            String frame = compose(question);
            last = question;
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
        return PageJson.MAPPER.valueToTree(Map.of("error", line)).toString();
    }

    private String compose(PageQuestion question) throws IOException {
        SessionView session = question.session() == null ? view.newestSession() : view.session(question.session());
        boolean reset = sent == null || session != sent.session() || question.resync()
                || !question.asksTheSameAs(last) || (session != null && question.since() > session.newest());
        if (reset) {
            sent = new SentParts(session);
        }
        return PageJson.MAPPER
                .writeValueAsString(new PageFrame(view, question, sent).compose(reset, conflated, mayControl));
    }
}
