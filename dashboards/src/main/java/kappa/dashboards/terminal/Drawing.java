package kappa.dashboards.terminal;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import kappa.dashboards.terminal.WatchedSession.Mark;
import kappa.ingest.InvalidInputException;
import kappa.ingest.session.SessionCounters;

/**
 * Draws a session as lines of text: each kappa over the last seconds, newest on the right, one column of dots for a fixed number
 * of bins, so that the picture moves in whole columns. Pure: the same session and size give the same lines.
 *
 * @param unicode whether Braille and Greek can be shown; else stars and Latin
 */
public record Drawing(int width, int height, boolean colour, boolean unicode) {

    private static final int LABEL = 20;
    /** Lines of a picture for what is to be said of a session. */
    private static final int WARNINGS = 2;
    private static final int MAX_ROWS = 8;
    private static final int MIN_PLOT = 8;
    private static final int DOTS_ACROSS = 2;
    private static final int DOTS_DOWN = 4;
    private static final int[] COLOURS = {36, 33, 35, 32, 34, 31};
    private static final int RED = 31;
    private static final int BRAILLE = 0x2800;
    /** Bit of each dot of a Braille character, by column and row. */
    private static final int[][] DOT = {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};

    /** @param others further sessions that bins came of, named in a line of their own */
    public List<String> of(WatchedSession session, List<String> others) {
        List<String> lines = new ArrayList<>(flow(status(session)));
        session.warnings().stream().limit(WARNINGS)
                .forEach(warning -> lines.add(fit(InvalidInputException.oneLine("! " + warning))));
        int plot = Math.max(MIN_PLOT, width - LABEL);
        boolean named = !others.isEmpty();
        int room = Math.max(1, height - lines.size() - 2 - (named ? 1 : 0));
        int shown = Math.min(session.rank(), room);
        int rows = Math.clamp(room / shown, 1, MAX_ROWS);
        int binsPerColumn = Math.max(1, Math.ceilDiv(session.window(), DOTS_ACROSS * plot));
        for (int k = 0; k < shown; k++) {
            kappa(lines, session, k, rows, plot, binsPerColumn);
        }
        lines.add(fit(pad(shown < session.rank() ? "and " + (session.rank() - shown) + " more" : ""))
                + marks(session, plot, binsPerColumn));
        if (named) {
            lines.add(fit(InvalidInputException.oneLine("also: " + String.join(", ", others))));
        }
        return lines.subList(0, Math.min(lines.size(), Math.max(1, height - 1)));
    }

    /** What is known of the newest bin, as a line. */
    public static String line(WatchedSession session) {
        StringBuilder kappa = new StringBuilder("kappa");
        for (int k = 0; k < session.rank(); k++) {
            kappa.append(String.format(Locale.ROOT, " %+.3f +- %.3f", session.kappa(session.newest(), k),
                    session.sd(k)));
        }
        List<String> parts = new ArrayList<>(status(session));
        parts.add(2, kappa.toString());
        return String.join("  ", parts);
    }

    private static List<String> status(WatchedSession session) {
        Map<String, Object> now = session.figures();
        List<String> parts = new ArrayList<>();
        parts.add(session.description().session());
        parts.add("bin " + now.get("bin"));
        if (now.get("trial") != null) {
            parts.add("trial " + now.get("trial"));
        }
        if (!"".equals(now.getOrDefault("phase", ""))) {
            parts.add("phase " + now.get("phase"));
        }
        parts.add("model " + now.get("model_version"));
        if (now.get("quality") instanceof Double quality) {
            parts.add(String.format(Locale.ROOT, "%.3f %s", quality, now.get("unit")));
        }
        if (now.get("bins_per_second") instanceof Double rate) {
            parts.add(String.format(Locale.ROOT, "%.1f bins/s", rate));
        }
        parts.add((Boolean) now.get("ended") ? "ended" : "age " + age(session.ageSeconds()));
        SessionCounters counters = session.state().counters();
        parts.add("missing " + counters.binsMissing());
        parts.add("gaps " + counters.gaps());
        parts.add("lost " + counters.messagesLost());
        if (counters.rejected() > 0) {
            parts.add("rejected " + counters.rejected());
        }
        if (counters.binsSkipped() > 0) {
            parts.add("skipped " + counters.binsSkipped());
        }
        parts.add("epoch " + now.getOrDefault("epoch", 0));
        if (Boolean.TRUE.equals(now.get("silenced"))) {
            parts.add("silenced");
        }
        parts.add(session.description().neurons().size() + " neurons, rank " + session.rank());
        // Some of these texts come from the topics.
        parts.replaceAll(InvalidInputException::oneLine);
        return parts;
    }

    private static String age(double seconds) {
        return Double.isNaN(seconds)
                ? "-"
                : seconds < 1
                        ? String.format(Locale.ROOT, "%.0f ms", seconds * 1e3)
                        : seconds < 120
                                ? String.format(Locale.ROOT, "%.1f s", seconds)
                                : String.format(Locale.ROOT, "%.0f min", seconds / 60);
    }

    /** As many parts a line as fit. */
    private List<String> flow(List<String> parts) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String part : parts) {
            if (!line.isEmpty() && line.length() + 2 + part.length() > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : "  ").append(fit(part));
        }
        lines.add(line.toString());
        lines.replaceAll(this::alarm);
        return lines;
    }

    /** A bin that is old is red. */
    private String alarm(String line) {
        int at = line.indexOf("age ");
        if (!colour || at < 0 || line.startsWith("ms", line.indexOf(' ', at + 4) + 1)) {
            return line;
        }
        int end = line.indexOf("  ", at);
        return line.substring(0, at) + coloured(RED, line.substring(at, end < 0 ? line.length() : end))
                + (end < 0 ? "" : line.substring(end));
    }

    private void kappa(List<String> lines, WatchedSession session, int k, int rows, int plot, int binsPerColumn) {
        int columns = DOTS_ACROSS * plot;
        int dots = DOTS_DOWN * rows;
        long lastColumn = Math.max(0, session.newest()) / binsPerColumn;
        double[] low = new double[columns];
        double[] high = new double[columns];
        double lowest = Double.POSITIVE_INFINITY;
        double highest = Double.NEGATIVE_INFINITY;
        double before = Double.NaN;
        for (int c = 0; c < columns; c++) {
            low[c] = Double.POSITIVE_INFINITY;
            high[c] = Double.NEGATIVE_INFINITY;
            long first = (lastColumn - columns + 1 + c) * binsPerColumn;
            for (long bin = first; bin < first + binsPerColumn; bin++) {
                float value = session.kappa(bin, k);
                if (!Float.isFinite(value)) {
                    before = Double.NaN;
                    continue;
                }
                // Joined to the bin before it, if that came.
                low[c] = Math.min(low[c], Double.isNaN(before) ? value : Math.min(value, (value + before) / 2));
                high[c] = Math.max(high[c], Double.isNaN(before) ? value : Math.max(value, (value + before) / 2));
                before = value;
                lowest = Math.min(lowest, value);
                highest = Math.max(highest, value);
            }
        }
        double span = Math.max(highest - lowest, 1e-6);
        int[][] cells = new int[rows][plot];
        for (int c = 0; c < columns; c++) {
            if (low[c] <= high[c]) {
                int top = (int) Math.round((highest - high[c]) / span * (dots - 1));
                int bottom = (int) Math.round((highest - low[c]) / span * (dots - 1));
                for (int dot = top; dot <= bottom; dot++) {
                    cells[dot / DOTS_DOWN][c / DOTS_ACROSS] |= DOT[c % DOTS_ACROSS][dot % DOTS_DOWN];
                }
            }
        }
        String value = session.newest() < 0
                ? ""
                : String.format(Locale.ROOT, " %+.3f %s %.3f", session.kappa(session.newest(), k),
                        unicode ? "±" : "+-", session.sd(k));
        String scale = lowest > highest ? "" : String.format(Locale.ROOT, "   %+.2f to %+.2f", lowest, highest);
        int tint = COLOURS[k % COLOURS.length];
        for (int row = 0; row < rows; row++) {
            String label = row == 0
                    ? (unicode ? "κ" : "k") + (k + 1) + value
                    : row == rows - 1 ? scale : "";
            StringBuilder line = new StringBuilder();
            for (int cell : cells[row]) {
                line.append(cell == 0 ? ' ' : unicode ? (char) (BRAILLE + cell) : '*');
            }
            lines.add(colour ? coloured(tint, pad(label) + line) : pad(label) + line);
        }
    }

    private String marks(WatchedSession session, int plot, int binsPerColumn) {
        int binsPerCell = DOTS_ACROSS * binsPerColumn;
        long lastColumn = Math.max(0, session.newest()) / binsPerColumn;
        long first = (lastColumn + 1 - (long) DOTS_ACROSS * plot) * binsPerColumn;
        StringBuilder line = new StringBuilder();
        for (int cell = 0; cell < plot; cell++) {
            Mark mark = Mark.NONE;
            for (long bin = first; bin < first + binsPerCell; bin++) {
                Mark other = session.mark(bin);
                mark = other.compareTo(mark) > 0 ? other : mark;
            }
            first += binsPerCell;
            line.append(switch (mark) {
                case NONE -> ' ';
                case SILENCED -> 's';
                case TRIAL -> '|';
                case EPOCH -> 'E';
                case LOST -> '!';
            });
        }
        return line.toString();
    }

    private static String pad(String label) {
        return label.length() >= LABEL ? label.substring(0, LABEL) : label + " ".repeat(LABEL - label.length());
    }

    private String fit(String text) {
        return text.length() <= width ? text : text.substring(0, Math.max(1, width));
    }

    private static String coloured(int tint, String text) {
        return "\033[" + tint + "m" + text + "\033[0m";
    }
}
