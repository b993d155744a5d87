package kappa.dashboards.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The form of standard error: lines for people or, with {@value #VARIABLE}{@code =json}, one JSON object a line for
 * log collectors. In JSON form, everything that is printed there becomes a line of the log. Errors of Kafka's own code go to
 * {@code .kappa/kafka.log} in the form for people: kappa says in one line of its own what they mean.
 */
final class LogForm {

    static final String VARIABLE = "KAPPA_LOG";

    /** Which appender log4j2.properties refers to. */
    private static final String CHOSEN = "kappa.log";
    /** Which one the code of Kafka has. */
    private static final String OF_KAFKA = "kappa.log.kafka";
    private static final String FILE = "kappa.log.file";

    private LogForm() {}

    /**
     * To be called before anything is logged or printed.
     *
     * @throws Main.Stopped in one line if the environment asks for neither form
     */
    static void choose(Map<String, String> environment) {
        String asked = environment.getOrDefault(VARIABLE, "");
        switch (asked) {
            case "", "text" -> {
                System.setProperty(CHOSEN, "text");
                System.setProperty(OF_KAFKA, "file");
                System.setProperty(FILE, Home.directory("kafka.log").toString());
            }
            case "json" -> {
                System.setProperty(CHOSEN, "json");
                System.setProperty(OF_KAFKA, "json");
                // The log keeps the stream that it finds when the first logger is made.
                Logger log = LoggerFactory.getLogger("kappa");
                System.setErr(new PrintStream(new Lines(log), true, UTF_8));
            }
            default -> throw new Main.Stopped(VARIABLE + " is \"" + asked + "\", expected text or json");
        }
    }

    /** Whether a log collector reads standard error; secrets must not be printed then. */
    static boolean json() {
        return System.getProperty(CHOSEN, "text").equals("json");
    }

    /** Makes each line that is printed one of the log. */
    private static final class Lines extends OutputStream {

        private final Logger log;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        Lines(Logger log) {
            this.log = log;
        }

        @Override
        public synchronized void write(int b) {
            if (b != '\n') {
                line.write(b);
                return;
            }
            String text = line.toString(UTF_8).strip();
            line.reset();
            if (!text.isEmpty()) {
                log.atLevel(text.startsWith("kappa: ")
                        ? Level.ERROR
                        : text.startsWith("warning: ") ? Level.WARN : Level.INFO).log(text);
            }
        }
    }
}
