package kappa.dashboards.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;

/** What commands print: figures on standard output, progress on standard error. */
final class Output {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long LINE_EVERY_NS = 10_000_000_000L;
    private static final long BAR_EVERY_NS = 100_000_000L;
    private static final int BAR = 30;

    private Output() {}

    /** One JSON object on a line of its own. */
    static void json(Map<String, Object> figures) {
        try {
            System.out.println(JSON.writeValueAsString(figures));
            System.out.flush();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A bar with an estimate of the time left on a terminal, a line every ten seconds elsewhere. Not thread-safe. */
    static final class Progress {
        private final String what;
        private final String unit;
        private final boolean terminal = System.console() != null && System.console().isTerminal();
        private final long started = System.nanoTime();
        private long shown = started;
        private long firstDone = -1;

        Progress(String what) {
            this(what, "bins");
        }

        /** @param unit what is counted */
        Progress(String what, String unit) {
            this.what = what;
            this.unit = unit;
        }

        /** @param total -1 if there is no end */
        void update(long done, long total) {
            update(done, total, "");
        }

        /** @param detail added to the line */
        void update(long done, long total, String detail) {
            long now = System.nanoTime();
            if (firstDone < 0) {
                firstDone = done;
            }
            if (now - shown < (terminal ? BAR_EVERY_NS : LINE_EVERY_NS) && done != total) {
                return;
            }
            shown = now;
            double perSecond = (done - firstDone) / Math.max(1e-3, (now - started) / 1e9);
            StringBuilder line = new StringBuilder(what).append(": ");
            if (total > 0) {
                if (terminal) {
                    int filled = (int) (BAR * done / total);
                    line.append('[').repeat("#", filled).repeat(" ", BAR - filled).append("] ");
                }
                line.append(String.format("%d of %d %s, %s %s/s", done, total, unit, rounded(perSecond), unit));
                if (perSecond > 0 && done < total) {
                    line.append(String.format(", %.0f s left", (total - done) / perSecond));
                }
            } else {
                line.append(String.format("%d %s, %s %s/s", done, unit, rounded(perSecond), unit));
            }
            line.append(detail);
            if (terminal) {
                System.err.print("\r" + line + "\033[K" + (done == total ? "\n" : ""));
            } else {
                System.err.println(line);
            }
        }

        private static String rounded(double perSecond) {
            return String.format(perSecond < 10 ? "%.1f" : "%.0f", perSecond);
        }
    }
}
