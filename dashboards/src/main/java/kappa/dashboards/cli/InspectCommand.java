package kappa.dashboards.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.task.Task;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.Warning;
import kappa.ingest.recording.archive.RecordingFile;
import kappa.ingest.recording.archive.RecordingFormat;
import kappa.ingest.recording.npz.Npz;
import kappa.ingest.recording.npz.NpzRecording;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** What a session or network file holds, and what can be done with it. */
@Command(name = "inspect", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Show what a session or network file holds, and the commands that use it."})
final class InspectCommand implements Runnable {

    @Parameters(paramLabel = "FILE", description = "Session file (.npz or .nwb) or network file (.npz).")
    private Path file;

    @Mixin
    private PlausibilityOptions plausibility;

    @Mixin
    private FiguresOption output;

    @Override
    public void run() {
        if (RecordingFile.format(file) == RecordingFormat.NWB) {
            NwbInspection inspection = NwbInspection.of(file, plausibility::look);
            inspection.print(output.json());
            plausibility.requireNone(inspection.warnings(), file.toString());
            return;
        }
        List<String> names;
        try (Npz npz = Npz.open(file)) {
            names = List.copyOf(npz.names());
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("file", file.toString());
        List<String> commands = new ArrayList<>();
        List<Warning> warnings = List.of();
        if (names.contains("counts") || names.contains("activity")) {
            warnings = session(figures, commands);
        } else if (names.contains("m") || names.contains("wrec")) {
            network(figures, commands);
        } else {
            throw new InvalidInputException(file + ": holds " + String.join(", ", names)
                    + ", expected a session ('counts' or 'activity') or a network ('m' and 'n', or 'wrec')");
        }
        if (output.json()) {
            figures.put("warnings", warnings.stream().map(Warning::line).toList());
            figures.put("commands", commands);
            output.print(figures);
        } else {
            figures.replaceAll((name, value) -> value instanceof Double number ? rounded(number) : value);
            output.print(figures);
            warnings.forEach(warning -> System.out.println("warning " + warning.line()));
            commands.forEach(command -> System.out.println("  " + command));
        }
        plausibility.requireNone(warnings, file.toString());
    }

    /** To six digits, which is what people read. */
    private static String rounded(double number) {
        return Double.isFinite(number)
                ? new BigDecimal(number).round(new MathContext(6)).stripTrailingZeros().toPlainString()
                : Double.toString(number);
    }

    private List<Warning> session(Map<String, Object> figures, List<String> commands) {
        Recording session = plausibility.look(NpzRecording.open(file, null));
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
        commands.add("./kappa live --session " + file);
        commands.add("./kappa fit " + file + " --rank 2 --out NET.npz");
        commands.add("./kappa evaluate NET.npz " + file);
        commands.add("./kappa replay " + file);
        return session.warnings();
    }

    private static void activity(Recording session, Map<String, Object> figures) {
        double sum = 0;
        long observed = 0;
        for (int trial = 0; trial < session.trials(); trial++) {
            for (float value : session.activity(trial)) {
                if (!Float.isNaN(value)) {
                    sum += value;
                    observed++;
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
        Network network = NetworkFile.read(file);
        figures.put("kind", "network");
        figures.put("neurons", network.neurons());
        switch (network) {
            case LowRankNetwork low -> {
                figures.put("rank", low.rank());
                figures.put("hidden", low.hidden());
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
