package kappa.dashboards.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.task.Task;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.Warning;
import kappa.ingest.recording.archive.RecordingFile;
import kappa.ingest.recording.archive.RecordingFormat;
import kappa.ingest.recording.npz.Npz;
import kappa.ingest.recording.xdf.XdfContents;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What a session or network file holds, and what can be done with it. */
@Command(name = "inspect", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Show what a session or network file holds, and the commands that use it."})
final class InspectCommand implements Runnable {

    private static final int BLOCK_NUMBERS = 1 << 20;

    /** Formats that do not say how long a bin is. */
    private static final Set<RecordingFormat> BINNED = EnumSet.of(RecordingFormat.NPY, RecordingFormat.TEXT);

    private static final double ASSUMED_BIN_WIDTH_S = 0.02;

    @Parameters(paramLabel = "FILE", description = "Session (a file or a folder) or network file (.npz).")
    private Path file;

    @Mixin
    private RecordingFileOptions recording;

    @Mixin
    private FiguresOption output;

    @Spec
    private CommandSpec spec;

    private final List<String> remarks = new ArrayList<>();

    @Override
    public void run() {
        PlausibilityOptions plausibility = recording.plausibility();
        if (NetworkArgument.isName(file)) {
            requireNoOptions(file + " is a network");
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("name", file.toString());
            List<String> commands = new ArrayList<>();
            network(figures, commands);
            print(figures, List.of(), commands);
            return;
        }
        RecordingFormat format = RecordingFile.format(file);
        if (format == RecordingFormat.NWB) {
            requireNoOptions("an NWB file is shown as a whole");
            NwbInspection inspection = NwbInspection.of(file, plausibility::look);
            inspection.print(output.json());
            plausibility.requireNone(inspection.warnings(), file.toString());
            return;
        }
        if (format == RecordingFormat.XDF && recording.options().special().isEmpty()) {
            new XdfInspection(file, XdfContents.of(file)).print(output.json());
            return;
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("file", file.toString());
        List<String> commands = new ArrayList<>();
        List<Warning> warnings = List.of();
        if (format == RecordingFormat.NPZ && !isSession()) {
            requireNoOptions("the file is a network");
            network(figures, commands);
        } else {
            warnings = session(format, figures, commands);
        }
        print(figures, warnings, commands);
        plausibility.requireNone(warnings, file.toString());
    }

    private void print(Map<String, Object> figures, List<Warning> warnings, List<String> commands) {
        if (output.json()) {
            figures.put("remarks", remarks);
            figures.put("warnings", warnings.stream().map(Warning::line).toList());
            figures.put("commands", commands);
            output.print(figures);
        } else {
            figures.replaceAll((name, value) -> value instanceof Double number ? rounded(number) : value);
            output.print(figures);
            remarks.forEach(remark -> System.out.println(InvalidInputException.oneLine("note " + remark)));
            warnings.forEach(warning -> System.out.println("warning " + warning.line()));
            commands.forEach(command -> System.out.println("  " + command));
        }
    }

    /** To six digits, which is what people read. */
    private static String rounded(double number) {
        return Double.isFinite(number)
                ? new BigDecimal(number).round(new MathContext(6)).stripTrailingZeros().toPlainString()
                : Double.toString(number);
    }

    private void requireNoOptions(String why) {
        List<String> given = recording.options().special();
        if (!given.isEmpty()) {
            throw new InvalidInputException(given.getFirst() + ": " + why + ", expected no such option");
        }
    }

    /** Whether an NPZ file is a session, and not a network. */
    private boolean isSession() {
        if (!recording.options().names().isEmpty()) {
            return true;
        }
        List<String> names;
        try (Npz npz = Npz.open(file)) {
            names = npz.names();
        }
        if (names.contains("counts") || names.contains("activity")) {
            return true;
        }
        if (!names.contains("m") && !names.contains("wrec")) {
            throw new InvalidInputException(file + ": holds " + String.join(", ", names)
                    + ", expected a session ('counts' or 'activity') or a network ('m' and 'n', or 'wrec')"
                    + "; --map counts=ARRAY says what is a session's");
        }
        return false;
    }

    private List<Warning> session(RecordingFormat format, Map<String, Object> figures, List<String> commands) {
        RecordingOptions options = recording.options();
        // What a file does not say must be said to every command, so that this one shows what to say.
        boolean assumed = BINNED.contains(format) && options.binWidth().isEmpty();
        if (assumed) {
            options = options.withBinWidth(ASSUMED_BIN_WIDTH_S);
        }
        try (Recording session = RecordingFile.open(file, options)) {
            return session(recording.plausibility().look(session), format, figures, commands,
                    assumed ? " --bin-width " + ASSUMED_BIN_WIDTH_S : "");
        }
    }

    private List<Warning> session(Recording session, RecordingFormat format, Map<String, Object> figures,
            List<String> commands, String width) {
        figures.put("kind", "session");
        figures.put("neurons", session.neurons());
        figures.put("trials", session.hasTrials() ? session.trials() : 0);
        figures.put("bins", session.bins());
        int[] lengths = IntStream.range(0, session.trials()).map(session::bins).sorted().toArray();
        figures.put("shortest_trial", lengths[0]);
        figures.put("longest_trial", lengths[lengths.length - 1]);
        figures.put("bin_width", session.binWidthSeconds());
        figures.put("seconds", session.bins() * session.binWidthSeconds());
        figures.put("observation", session.observation().name().toLowerCase(Locale.ROOT));
        figures.put("observation_choice", session.observationChoice());
        activity(session, figures);
        figures.put("inputs", session.inputs());
        figures.put("behaviors", session.behaviors());
        figures.put("targets", session.targets());
        remarks.addAll(session.remarks());
        if (!width.isEmpty()) {
            remarks.add(
                    "the file does not say how long a bin is: bins of 20 ms are assumed here, --bin-width S says it");
        }
        String quoted = NwbInspection.quoted(file.toString());
        String options = options() + width;
        commands.add("./kappa live --session " + quoted + options);
        commands.add("./kappa fit " + quoted + options + " --rank 2 --out NET.npz");
        commands.add("./kappa evaluate NET.npz " + quoted + options);
        commands.add("./kappa replay " + quoted + options);
        if (format != RecordingFormat.NPZ) {
            commands.add("./kappa convert " + quoted + options + " --out SESSION.npz");
        }
        return session.warnings();
    }

    /** The options of this command that are about the file, as they were typed. */
    private String options() {
        StringBuilder words = new StringBuilder();
        List<String> typed = spec.commandLine().getParseResult().originalArgs();
        for (String word : typed.subList(typed.indexOf(spec.name()) + 1, typed.size())) {
            if (!word.equals(file.toString()) && !word.equals("--json")) {
                words.append(' ').append(NwbInspection.quoted(word));
            }
        }
        return words.toString();
    }

    private static void activity(Recording session, Map<String, Object> figures) {
        double sum = 0;
        long observed = 0;
        int most = Math.max(1, BLOCK_NUMBERS / session.neurons());
        for (int trial = 0; trial < session.trials(); trial++) {
            for (int from = 0; from < session.bins(trial); from += most) {
                for (float value : session.activity(trial, from, Math.min(most, session.bins(trial) - from))) {
                    if (!Float.isNaN(value)) {
                        sum += value;
                        observed++;
                    }
                }
            }
        }
        double mean = sum / observed;
        figures.put("mean_activity", mean);
        if (session.observation() == Observation.COUNTS) {
            figures.put("mean_rate_hz", mean / session.binWidthSeconds());
        }
        figures.put("unobserved", 1 - observed / ((double) session.bins() * session.neurons()));
    }

    private void network(Map<String, Object> figures, List<String> commands) {
        Network network = NetworkArgument.read(file);
        figures.put("kind", "network");
        figures.put("neurons", network.neurons());
        switch (network) {
            case LowRankNetwork low -> {
                figures.put("rank", low.rank());
                figures.put("hidden", low.hidden());
                if (NetworkArgument.holdsModel(file)) {
                    commands.add("./kappa live --session SESSION.npz --start-from " + file);
                }
                commands.add("./kappa analyze " + file);
            }
            case FullRankNetwork _ -> {
                figures.put("rank", "full");
                commands.add("./kappa evaluate " + file + " SESSION.npz --truncate 1");
            }
        }
        figures.put("inputs", network.inputs());
        figures.put("outputs", network.outputs());
        figures.put("alpha", network.alpha());
        commands.add("./kappa evaluate " + file + " SESSION.npz");
        for (Task.Name name : Task.Name.values()) {
            if (network.outputs() == 1 && Task.of(name).inputs() == network.inputs()) {
                commands.add("./kappa simulate " + file + " --task " + name + " --trials 800 --out SESSION.npz");
                commands.add("./kappa live --network " + file + " --task " + name);
            }
        }
    }
}
