package kappa.dashboards.cli;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import kappa.ingest.InvalidInputException;
import kappa.ingest.log.KafkaConnection;
import kappa.ingest.log.SessionCatalogue;
import kappa.ingest.log.SessionCatalogue.Entry;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks at the sessions on the topics, and removes one. */
@Command(name = "session", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "List the sessions on the topics, look at one, or remove one.",
    "",
    "Source is a Kafka cluster, a running live, or the directory of one that has ended."},
        subcommands = {
            SessionCommand.ListAll.class, SessionCommand.Show.class, SessionCommand.Forget.class})
final class SessionCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(),
                "What about the sessions? One of " + String.join(", ", spec.subcommands().keySet()));
    }

    private static Entry find(KafkaConnection connection, String id) {
        List<Entry> all = SessionCatalogue.read(connection);
        return all.stream().filter(entry -> entry.session().equals(id)).findFirst()
                .orElseThrow(() -> new InvalidInputException("session " + id + ": is not on the topics; "
                        + (all.isEmpty()
                                ? "there is none"
                                : "there are " + String.join(", ", all.stream().map(Entry::session).toList()))));
    }

    private static String state(Entry entry) {
        return entry.ended() ? "ended" : entry.checkpointBytes() > 0 ? "open" : "announced";
    }

    private static Map<String, Object> figures(Entry entry) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("session", entry.session());
        figures.put("state", state(entry));
        figures.put("neurons", entry.neurons());
        figures.put("rank", entry.rank());
        figures.put("observation", entry.observation().toLowerCase(Locale.ROOT));
        figures.put("announced", time(entry.announcedUnixMs()));
        figures.put("bins", entry.bins());
        figures.put("checkpoint", time(entry.checkpointUnixMs()));
        figures.put("checkpoint_bytes", entry.checkpointBytes());
        figures.put("partition", entry.partition());
        figures.put("fault", entry.fault().orElse(""));
        return figures;
    }

    private static String time(long unixMs) {
        return unixMs == 0 ? "" : Instant.ofEpochMilli(unixMs).truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** All sessions. */
    @Command(name = "list", mixinStandardHelpOptions = true, sortOptions = false, description = {
        "List the sessions, each with its state and its newest checkpoint.",
        "",
        "A session is announced (it has a header only), open (it has a checkpoint) or ended."})
    static final class ListAll implements Runnable {

        @Mixin
        private LogOptions source;

        @Mixin
        private FiguresOption output;

        @Override
        public void run() {
            List<Entry> all = source.with(SessionCatalogue::read);
            if (output.json()) {
                Output.json(Map.of("sessions", all.stream().map(SessionCommand::figures).toList()));
                return;
            }
            if (all.isEmpty()) {
                System.err.println("there is no session");
                return;
            }
            System.out.printf("%-32s %-9s %7s %4s %9s  %-20s %s%n", "session", "state", "neurons", "rank", "bins",
                    "checkpoint", "fault");
            all.forEach(entry -> System.out.println(InvalidInputException
                    .oneLine(String.format("%-32s %-9s %7d %4d %9d  %-20s %s", entry.session(), state(entry),
                            entry.neurons(), entry.rank(), entry.bins(), time(entry.checkpointUnixMs()),
                            entry.fault().orElse("")))
                    .stripTrailing()));
        }
    }

    /** One session. */
    @Command(name = "show", mixinStandardHelpOptions = true, sortOptions = false,
            description = "Show what the topics hold about a session: its header and its newest checkpoint.")
    static final class Show implements Runnable {

        @Parameters(paramLabel = "ID", description = "Name of the session.")
        private String id;

        @Mixin
        private LogOptions source;

        @Mixin
        private FiguresOption output;

        @Override
        public void run() {
            output.print(figures(source.with(connection -> find(connection, id))));
        }
    }

    /** Removes a session. */
    @Command(name = "forget", mixinStandardHelpOptions = true, sortOptions = false, description = {
        "Remove a session: its header, checkpoint, model and analyses.",
        "",
        "Its activity and kappa are kept until the topics' retention is over. Stop live and serve first: a process "
                + "that runs may write a new checkpoint. A session that is not over needs --force, because it cannot be "
                + "continued afterwards."})
    static final class Forget implements Runnable {

        @Parameters(paramLabel = "ID", description = "Name of the session.")
        private String id;

        @Option(names = "--force", description = "Remove the session even if it is not over.")
        private boolean force;

        @Mixin
        private LogOptions source;

        @Override
        public void run() {
            source.with(connection -> {
                Entry entry = find(connection, id);
                if (!entry.ended() && !force) {
                    throw new InvalidInputException("session " + id + " is " + state(entry)
                            + ", expected one that has ended; --force removes it all the same");
                }
                SessionCatalogue.forget(connection, entry);
                System.err.println("session " + id + " is removed");
                return null;
            });
        }
    }
}
