package kappa.dashboards.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import kappa.dashboards.terminal.Drawing;
import kappa.dashboards.terminal.TopicEnds;
import kappa.dashboards.terminal.WatchedSession;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.KafkaConnection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Kappa in the terminal, live. */
@Command(name = "watch", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Show kappa in the terminal, live.",
    "",
    "A picture of the last seconds is redrawn ten times a second. If standard output is not "
            + "a terminal, one line a second is printed. It starts at the newest bin.",
    "",
    "Marks under the picture: | a trial starts, s neurons are silenced, ! bins or messages are "
            + "lost, E a new epoch of the rig's clock. Age is the time since the newest bin with a kappa."})
final class WatchCommand implements Runnable {

    private static final Duration POLL = Duration.ofMillis(100);
    private static final long LINE_EVERY_NS = 1_000_000_000L;
    private static final long SIZE_EVERY_NS = 1_000_000_000L;
    private static final double MAX_SECONDS = 3600;
    private static final int DEFAULT_WIDTH = 80;
    private static final int DEFAULT_HEIGHT = 24;
    private static final String ENTER = "\033[?1049h\033[?25l";
    private static final String LEAVE = "\033[?25h\033[?1049l";

    @Option(names = "--session", paramLabel = "ID",
            description = "Session to show until its end (default: the session with the newest bin, until Ctrl-C).")
    private String session;

    @Mixin
    private LogOptions source;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "10",
            description = "Length of the picture in seconds (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Option(names = "--json",
            description = "Print one JSON object a second, each on a line.")
    private boolean json;

    @Override
    public void run() {
        Checks.require(seconds > 0 && seconds <= MAX_SECONDS, "--seconds", seconds, "a number in (0, 3600]");
        Optional<KafkaConnection> running = source.running();
        if (running.isEmpty()) {
            throw new InvalidInputException("--data " + source.directory()
                    + ": no live is running there; start ./kappa live, or give --bootstrap-servers HOST:PORT");
        }
        try (TopicEnds ends = new TopicEnds(running.get(), session, seconds)) {
            if (session != null && !ends.announced().contains(session)) {
                System.err.println("session " + session + " is not there yet"
                        + (ends.announced().isEmpty() ? "" : "; there are " + String.join(", ", ends.announced())));
            }
            boolean terminal = System.console() != null && System.console().isTerminal();
            if (terminal && !json) {
                draw(ends);
            } else {
                print(ends);
            }
        }
    }

    private boolean over(TopicEnds ends) {
        return session != null && ends.shown().map(WatchedSession::ended).orElse(false) && ends.caughtUp();
    }

    /** Prints a line a second, until the session is over or standard output is closed. */
    private void print(TopicEnds ends) {
        long next = System.nanoTime();
        boolean over = false;
        Set<String> told = new HashSet<>();
        while (!over && !System.out.checkError()) {
            over = over(ends);
            if (over || System.nanoTime() - next >= 0) {
                next = System.nanoTime() + LINE_EVERY_NS;
                ends.shown().ifPresent(shown -> {
                    shown.warnings().stream()
                            .map(warning -> shown.state().description().session() + ": warning: " + warning)
                            .filter(told::add).forEach(Output::note);
                    if (json) {
                        Output.json(shown.figures());
                    } else {
                        System.out.println(Drawing.line(shown));
                    }
                });
            }
            ends.poll(POLL);
        }
    }

    /** A picture on a screen of its own, which the terminal gets back however this ends, with the last line left on it. */
    private void draw(TopicEnds ends) {
        boolean colour = System.getenv("NO_COLOR") == null && !"dumb".equals(System.getenv("TERM"));
        boolean unicode = System.out.charset().equals(StandardCharsets.UTF_8);
        Screen screen = new Screen();
        Thread hook = new Thread(screen::leave, "kappa-watch-screen");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            long sizeAtNs = System.nanoTime() - SIZE_EVERY_NS;
            int[] size = {DEFAULT_HEIGHT, DEFAULT_WIDTH};
            while (!over(ends)) {
                if (System.nanoTime() - sizeAtNs >= SIZE_EVERY_NS) {
                    size = size();
                    sizeAtNs = System.nanoTime();
                }
                Drawing drawing = new Drawing(size[1], size[0], colour, unicode);
                if (!screen.show(ends.shown().map(shown -> drawing.of(shown, ends.others()))
                        .orElseGet(() -> List.of("waiting for bins"
                                + (session == null ? "" : " of session " + session))),
                        ends.shown().map(Drawing::line).orElse(""))) {
                    return;
                }
                ends.poll(POLL);
            }
            ends.shown().ifPresent(shown -> screen.last(Drawing.line(shown)));
        } finally {
            screen.leave();
        }
    }

    /** Lines and columns of the terminal: its own answer, since a window can change. */
    private static int[] size() {
        try {
            Process stty = new ProcessBuilder("stty", "size").redirectInput(new File("/dev/tty"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            String[] answer = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip()
                    .split(" ");
            if (stty.waitFor(1, TimeUnit.SECONDS) && answer.length == 2 && Integer.parseInt(answer[0]) > 0
                    && Integer.parseInt(answer[1]) > 0) {
                return new int[]{Integer.parseInt(answer[0]), Integer.parseInt(answer[1])};
            }
        } catch (IOException | NumberFormatException e) {
            // A terminal that does not say is taken for one of the usual size.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return new int[]{DEFAULT_HEIGHT, DEFAULT_WIDTH};
    }

    /** The terminal's other screen. Thread-safe: Ctrl-C comes from another thread. */
    private static final class Screen {
        private String last = "";
        private boolean left;
        private boolean entered;

        /** @return false if nobody reads any more */
        synchronized boolean show(List<String> lines, String line) {
            if (left) {
                return false;
            }
            last = line;
            StringBuilder frame = new StringBuilder(entered ? "\033[H" : ENTER + "\033[H");
            entered = true;
            for (int i = 0; i < lines.size(); i++) {
                frame.append(i == 0 ? "" : "\r\n").append(lines.get(i)).append("\033[K");
            }
            System.out.print(frame.append("\033[J"));
            return !System.out.checkError();
        }

        synchronized void last(String line) {
            last = line;
        }

        synchronized void leave() {
            if (left) {
                return;
            }
            left = true;
            if (entered) {
                System.out.print(LEAVE);
            }
            if (!last.isEmpty()) {
                System.out.println(last);
            }
            System.out.flush();
        }
    }
}
