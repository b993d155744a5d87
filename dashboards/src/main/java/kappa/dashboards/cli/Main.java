package kappa.dashboards.cli;

import java.io.PrintWriter;
import java.util.Optional;
import java.util.stream.Collectors;
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
        description = "Watch the latent dynamics of a neural population while it is being recorded.", subcommands = {
            LiveCommand.class, BrokerCommand.class, ServeCommand.class, ReplayCommand.class, RigCommand.class,
            InterveneCommand.class, TrainCommand.class, SimulateCommand.class, FitCommand.class, EvaluateCommand.class,
            AnalyzeCommand.class, InactivateCommand.class,
            InspectCommand.class, ConvertCommand.class, ExportCommand.class, SessionCommand.class, WatchCommand.class,
            BenchCommand.class,
            CommandLine.HelpCommand.class},
        footer = {"", "Start with:  ./kappa live"})
public final class Main implements Runnable {

    static final int FAILED = 1;

    @Spec
    private CommandSpec spec;

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[]{"kappa " + (version == null ? "(development build)" : version)};
        }
    }

    public static void main(String[] args) {
        try {
            LogForm.choose(System.getenv());
        } catch (Stopped e) {
            System.err.println("kappa: " + e.getMessage());
            System.exit(CommandLine.ExitCode.USAGE);
        }
        int code = commandLine().execute(args);
        // Not all threads of a broker that is being stopped are daemons.
        System.exit(code);
    }

    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Main());
        line.setCaseInsensitiveEnumValuesAllowed(true);
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
        line.setParameterExceptionHandler((exception, arguments) -> {
            PrintWriter err = exception.getCommandLine().getErr();
            err.println("kappa: " + reason(exception) + " (see "
                    + exception.getCommandLine().getCommandSpec().qualifiedName() + " --help)");
            err.flush();
            return exception.getCommandLine().getCommandSpec().exitCodeOnInvalidInput();
        });
        return line;
    }

    /** What is wrong with the command line, in one line. */
    private static String reason(ParameterException exception) {
        var commands = exception.getCommandLine().getSubcommands().keySet();
        if (exception instanceof UnmatchedArgumentException unmatched && !commands.isEmpty()
                && !unmatched.isUnknownOption()) {
            return '"' + unmatched.getUnmatched().getFirst() + "\" is not a command; the commands are "
                    + String.join(", ", commands);
        }
        return exception.getMessage().lines().collect(Collectors.joining("; "));
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
