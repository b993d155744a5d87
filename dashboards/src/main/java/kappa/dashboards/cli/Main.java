package kappa.dashboards.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import kappa.dashboards.app.FailureLine;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** Entry point of {@code ./kappa}. Exit codes: 0 done, 1 failed, 2 the command line itself was wrong. */
@Command(name = "kappa", mixinStandardHelpOptions = true, versionProvider = Main.Version.class,
        description = "Watch the latent dynamics of a neural population while it is being recorded.",
        footer = {"", "Start with:  ./kappa live"})
public final class Main implements Runnable {

    static final int FAILED = 1;

    /** In the order of the help. */
    private static final List<String> COMMANDS = List.of("live", "broker", "serve", "replay", "rig", "intervene",
            "train",
            "network", "simulate", "fit", "evaluate", "analyze", "inactivate", "inspect", "convert", "export",
            "session", "watch",
            "reproduce", "bench", "docs", "config", "completion", "help");

    @Spec
    private CommandSpec spec;

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            Package of = Main.class.getPackage();
            String version = of.getImplementationVersion();
            // The commit stands where a manifest has room for it.
            String commit = of.getSpecificationVersion();
            return new String[]{"kappa " + (version == null ? "(classes that are in no jar)" : version)
                    + (commit == null || commit.equals("unknown") ? "" : ", commit " + commit)};
        }
    }

    public static void main(String[] args) {
        try {
            LogForm.choose(System.getenv());
        } catch (Stopped e) {
            System.err.println("kappa: " + e.getMessage());
            System.exit(CommandLine.ExitCode.USAGE);
        }
        int code = execute(args);
        // Not all threads of a broker that is being stopped are daemons.
        System.exit(code);
    }

    /** Runs a command line, with the options of its configuration file. */
    static int execute(String... args) {
        CommandLine line = commandLine(args);
        try {
            return line.execute(ConfigFile.expand(line, args).arguments());
        } catch (ParameterException e) {
            return refuse(e);
        }
    }

    private static int refuse(ParameterException exception) {
        PrintWriter err = exception.getCommandLine().getErr();
        err.println("kappa: " + reason(exception) + " (see "
                + exception.getCommandLine().getCommandSpec().qualifiedName() + " --help)");
        err.flush();
        return exception.getCommandLine().getCommandSpec().exitCodeOnInvalidInput();
    }

    private static Class<?> command(String name) {
        return switch (name) {
            case "live" -> LiveCommand.class;
            case "broker" -> BrokerCommand.class;
            case "serve" -> ServeCommand.class;
            case "replay" -> ReplayCommand.class;
            case "rig" -> RigCommand.class;
            case "intervene" -> InterveneCommand.class;
            case "train" -> TrainCommand.class;
            case "network" -> NetworkCommand.class;
            case "simulate" -> SimulateCommand.class;
            case "fit" -> FitCommand.class;
            case "evaluate" -> EvaluateCommand.class;
            case "analyze" -> AnalyzeCommand.class;
            case "inactivate" -> InactivateCommand.class;
            case "inspect" -> InspectCommand.class;
            case "convert" -> ConvertCommand.class;
            case "export" -> ExportCommand.class;
            case "session" -> SessionCommand.class;
            case "watch" -> WatchCommand.class;
            case "reproduce" -> ReproduceCommand.class;
            case "bench" -> BenchCommand.class;
            case "docs" -> DocsCommand.class;
            case "config" -> ConfigCommand.class;
            case "completion" -> CompletionCommand.class;
            case "help" -> CommandLine.HelpCommand.class;
            default -> throw new IllegalArgumentException(name);
        };
    }

    /**
     * The parser of a command line. Reading the options of all commands takes longer than many a command does, so that only
     * the one that the line begins with is read; all of them if it begins with none.
     */
    static CommandLine commandLine(String... args) {
        CommandLine line = new CommandLine(new Main());
        boolean one = args.length > 0 && COMMANDS.contains(args[0]) && !args[0].equals("help");
        for (String name : one ? List.of(args[0]) : COMMANDS) {
            line.addSubcommand(name, command(name));
        }
        line.setCaseInsensitiveEnumValuesAllowed(true);
        ConfigFile.offer(line);
        HelpLayout.apply(line);
        line.setExecutionExceptionHandler((exception, command, result) -> {
            PrintWriter err = command.getErr();
            if (exception instanceof Stopped) {
                err.println("kappa: " + exception.getMessage());
            } else {
                Optional<String> foreseen = FailureLine.foreseen(exception);
                if (foreseen.isEmpty()) {
                    // No logger before the form of the log is chosen.
                    LoggerFactory.getLogger(Main.class).error("kappa {} failed", command.getCommandName(), exception);
                }
                err.println("kappa: " + foreseen
                        .orElseGet(() -> command.getCommandName() + " failed: " + FailureLine.of(exception)));
            }
            err.flush();
            return FAILED;
        });
        line.setParameterExceptionHandler((exception, arguments) -> refuse(exception));
        return line;
    }

    /** What is wrong with the command line, in one line. */
    private static String reason(ParameterException exception) {
        var commands = exception.getCommandLine().getSubcommands().keySet();
        if (exception instanceof UnmatchedArgumentException unmatched && !commands.isEmpty()
                && !unmatched.isUnknownOption()) {
            return '"' + unmatched.getUnmatched().getFirst() + "\" is not a command; " + nearest(unmatched)
                    .orElse("the commands are " + String.join(", ", commands));
        }
        if (exception instanceof UnmatchedArgumentException unmatched && unmatched.isUnknownOption()) {
            String option = unmatched.getUnmatched().getFirst().replaceFirst("=.*", "");
            return exception.getMessage() + elsewhere(option, exception.getCommandLine())
                    .or(() -> nearest(unmatched)).map(found -> "; " + found).orElse("");
        }
        return exception.getMessage().lines().collect(Collectors.joining("; "));
    }

    /** Which other commands have the option. */
    private static Optional<String> elsewhere(String option, CommandLine here) {
        List<String> owners = commandLine("help").getSubcommands().values().stream()
                .flatMap(command -> Stream.concat(Stream.of(command), command.getSubcommands().values().stream()))
                .filter(command -> command.getCommandSpec().optionsMap().containsKey(option))
                .map(command -> command.getCommandSpec().qualifiedName().replaceFirst("^kappa ", "")).distinct()
                .filter(name -> !name.equals(here.getCommandSpec().qualifiedName().replaceFirst("^kappa ", "")))
                .limit(4).toList();
        return owners.isEmpty()
                ? Optional.empty()
                : Optional.of(option + " belongs to " + String.join(", ", owners));
    }

    /** What was probably meant by a word that nothing is called: the most similar name with the same first letter. */
    private static Optional<String> nearest(UnmatchedArgumentException unmatched) {
        String word = letters(unmatched.getUnmatched().getFirst());
        return unmatched.getSuggestions().stream()
                .filter(name -> !word.isEmpty() && letters(name).startsWith(word.substring(0, 1))).findFirst()
                .map(name -> "did you mean " + name + "?");
    }

    private static String letters(String name) {
        return name.replaceFirst("^-+", "");
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which command? One of "
                + String.join(", ", spec.subcommands().keySet()));
    }

    /** The command cannot continue; its message is shown to the user as one line. */
    static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Stopped(String message) {
            super(message);
        }
    }
}
