package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import kappa.ingest.wire.WireChecks;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options of a run. */
@Section.In(Section.SESSION)
final class RunOptions {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

    /** Speed of publishing: a rig has its own. */
    String speed = "1";

    /** Of the command that has these options. */
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(names = "--session-id", paramLabel = "ID",
            description = "Name of the session on the topics (default: the name of the file or network). A session "
                    + "that was interrupted is continued.")
    String sessionId;

    @Section.In(Section.OUTPUT)
    @Option(names = "--until-end",
            description = "Stop when everything about the session is published.")
    boolean untilEnd;

    @Section.In(Section.OUTPUT)
    @Option(names = "--out", paramLabel = "NET.npz",
            description = "Write the last model to this file; implies --until-end.")
    Path out;

    @Mixin
    private ForceOption force;

    @Section.In(Section.OUTPUT)
    @Option(names = "--json",
            description = "Print the figures as one JSON object on the last line; implies --until-end.")
    boolean json;

    /**
     * Checks what can be checked before a broker or a rig is started.
     *
     * @param inputs files that are read; null is none
     * @throws kappa.ingest.InvalidInputException in one line about the option
     */
    void check(Path... inputs) {
        Checks.require(sessionId == null || WireChecks.isSessionId(sessionId), "--session-id", '"' + sessionId + '"',
                WireChecks.SESSION_ID_FORM);
        force.requireWritable(out, inputs);
    }

    boolean waits() {
        return untilEnd || json || out != null;
    }

    /** The command line as typed, quoted for a shell. */
    String commandLine() {
        return Stream.concat(Stream.of(System.getProperty("kappa.command", "./kappa")),
                command.root().commandLine().getParseResult().originalArgs().stream())
                .map(RunOptions::quoted).collect(Collectors.joining(" "));
    }

    private static String quoted(String word) {
        return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
