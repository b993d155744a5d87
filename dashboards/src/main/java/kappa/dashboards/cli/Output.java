package kappa.dashboards.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import kappa.ingest.InvalidInputException;
import kappa.ingest.replay.SessionPublisher;
import picocli.CommandLine.Model.CommandSpec;

/** What commands print: figures on standard output, progress on standard error. */
final class Output {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long LINE_EVERY_NS = 10_000_000_000L;
    private static final long BAR_EVERY_NS = 100_000_000L;
    private static final int BAR = 30;

    private Output() {}

    /** One JSON object on a line of its own. */
    static void json(Map<String, ?> figures) {
        try {
            System.out.println(JSON.writeValueAsString(figures));
            System.out.flush();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A line for each figure, as a person reads it: numbers have four digits. */
    static void plain(Map<String, ?> figures) {
        figures.forEach((name, value) -> System.out.println(name + " " + plain(value)));
    }

    /** The same on one line. */
    static void row(Map<String, ?> figures) {
        System.out.println(figures.entrySet().stream().map(entry -> entry.getKey() + " " + plain(entry.getValue()))
                .collect(Collectors.joining("  ")));
    }

    private static String plain(Object value) {
        return switch (value) {
            case Double number when Double.isFinite(number) -> rounded(number.doubleValue());
            case List<?> list -> list.stream().map(Output::plain).collect(Collectors.joining(", ", "[", "]"));
            case null -> "unknown";
            default -> value.toString();
        };
    }

    private static String rounded(double number) {
        if (number == 0 || Math.abs(number) >= 1000) {
            return String.format(Locale.ROOT, "%.0f", number);
        }
        return new BigDecimal(number).round(new MathContext(4)).stripTrailingZeros().toPlainString();
    }

    /** The command line as it was typed, with the options of its configuration file. */
    static String typed(CommandSpec spec) {
        return spec.commandLine().getParseResult().originalArgs().stream()
                .map(word -> word.matches("[\\w./:=,+@%-]+") ? word : "'" + word.replace("'", "'\\''") + "'")
                .collect(Collectors.joining(" ", "./kappa ", ""));
    }

    /** A line on standard error that may hold names from files, from the network or from the topics. */
    static void note(String line) {
        System.err.println(InvalidInputException.oneLine(line));
    }

    /**
     * A bar with an estimate of the time left on a terminal, a line every ten seconds elsewhere. Rate and estimate are those of
     * the last 10 to 20 seconds: a replay may be slowed down or paused. Not thread-safe.
     */
    static final class Progress implements SessionPublisher.Progress {
        private final String what;
        private final String unit;
        private final boolean terminal = System.console() != null && System.console().isTerminal()
                && !LogForm.json();
        private long shown = System.nanoTime();
        private boolean lineOpen;
        /** The rate is measured from the older of two marks. */
        private long markNs = shown;
        private long markDone = -1;
        private long newerMarkNs = shown;
        private long newerMarkDone = -1;

        Progress(String what) {
            this(what, "bins");
        }

        /** @param unit what is counted */
        Progress(String what, String unit) {
            this.what = what;
            this.unit = unit;
        }

        @Override
        public void published(long bins, long total, String status) {
            update(bins, total, status);
        }

        @Override
        public void paused(boolean paused) {
            if (paused) {
                show(what + ": paused", false);
            } else {
                newerMarkDone = -1;
                markDone = -1;
                markNs = System.nanoTime();
            }
        }

        /** @param total -1 if there is no end */
        void update(long done, long total) {
            update(done, total, "");
        }

        /** @param detail added to the line */
        void update(long done, long total, String detail) {
            long now = System.nanoTime();
            mark(now, done);
            if (now - shown < (terminal ? BAR_EVERY_NS : LINE_EVERY_NS) && done != total) {
                return;
            }
            shown = now;
            double perSecond = (done - markDone) / Math.max(1e-3, (now - markNs) / 1e9);
            StringBuilder line = new StringBuilder(what).append(": ");
            if (total > 0 && terminal) {
                int filled = (int) (BAR * done / total);
                line.append('[').repeat("#", filled).repeat(" ", BAR - filled).append("] ");
            }
            line.append(done).append(' ').append(total > 0 ? "of " + total + " " : "").append(unit);
            // At first there is nothing to measure the rate from.
            if (perSecond > 0) {
                line.append(", ").append(rounded(perSecond)).append(' ').append(unit).append("/s");
                if (done < total) {
                    line.append(", ").append(duration((total - done) / perSecond)).append(" left");
                }
            }
            show(line.append(detail).toString(), done == total);
        }

        private void mark(long now, long done) {
            if (markDone < 0) {
                markDone = done;
                newerMarkDone = done;
                newerMarkNs = now;
            } else if (now - newerMarkNs >= LINE_EVERY_NS) {
                markNs = newerMarkNs;
                markDone = newerMarkDone;
                newerMarkNs = now;
                newerMarkDone = done;
            }
        }

        private void show(String line, boolean last) {
            if (terminal) {
                System.err.print("\r" + line + "\033[K" + (last ? "\n" : ""));
                lineOpen = !last;
            } else {
                System.err.println(line);
            }
        }

        /** What is printed next begins on a line of its own. */
        void end() {
            if (lineOpen) {
                System.err.println();
                lineOpen = false;
            }
        }

        private static String duration(double seconds) {
            return seconds < 100
                    ? String.format("%.0f s", seconds)
                    : seconds < 6_000
                            ? String.format("%.0f min", seconds / 60)
                            : String.format("%.1f h", seconds / 3600);
        }

        private static String rounded(double perSecond) {
            return String.format(perSecond < 10 ? "%.1f" : "%.0f", perSecond);
        }
    }
}
