package kappa.dashboards.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.Warning;
import kappa.ingest.recording.archive.RecordingFile;
import kappa.ingest.recording.nwb.NwbContents;
import kappa.ingest.recording.nwb.NwbContents.Column;
import kappa.ingest.recording.nwb.NwbContents.Series;
import kappa.ingest.recording.nwb.NwbContents.Table;

/**
 * Says what an NWB file holds, what looks wrong with it, and the command lines that would replay it.
 *
 * @param warnings about the session that it would be
 * @param problem why it would be none; empty if it would
 */
record NwbInspection(Path file, NwbContents contents, List<Warning> warnings, String problem) {

    private static final List<String> TRIAL_TIMES = List.of("start_time", "stop_time");

    /**
     * Looks into a file, and at all bins of the session that it would be.
     *
     * @param look finds what looks wrong
     */
    static NwbInspection of(Path file, UnaryOperator<Recording> look) {
        NwbContents contents = NwbContents.of(file);
        Optional<Series> series = neurons(contents);
        if (series.isEmpty() && !hasSpikes(contents)) {
            return new NwbInspection(file, contents, List.of(), "");
        }
        RecordingOptions options = hasSpikes(contents) ? RecordingOptions.NONE : ofSeries(series.orElseThrow().path());
        try (Recording session = RecordingFile.open(file, options)) {
            return new NwbInspection(file, contents, look.apply(session).warnings(), "");
        } catch (InvalidInputException e) {
            return new NwbInspection(file, contents, List.of(), e.getMessage());
        }
    }

    private static RecordingOptions ofSeries(String path) {
        return RecordingOptions.builder().series(path).build();
    }

    private static boolean hasSpikes(NwbContents contents) {
        return contents.units().isPresent() && contents.spikes() > 0;
    }

    private static Stream<Series> usable(NwbContents contents) {
        return contents.series().stream().filter(series -> series.problem().isEmpty() && series.samples() > 1);
    }

    /** The series whose channels can be the neurons. */
    private static Optional<Series> neurons(NwbContents contents) {
        return usable(contents).filter(series -> series.type().equals("RoiResponseSeries")
                || (!hasSpikes(contents) && series.channels() > 1)).findFirst();
    }

    void print(boolean json) {
        List<String> commands = commands();
        if (json) {
            Map<String, Object> figures = figures();
            figures.put("commands", commands);
            Output.json(figures);
            return;
        }
        say("file " + file);
        say("kind NWB " + contents.version());
        line("session_start_time", contents.startTime());
        line("timestamps_reference_time", contents.referenceTime());
        contents.units().ifPresent(units -> {
            say("units " + units.rows() + (contents.spikes() == 0 ? "" : ", " + spikes(units)));
            columns(units);
        });
        for (Table table : contents.intervals()) {
            say(table.name() + " " + table.rows());
            columns(table);
        }
        for (Series series : contents.series()) {
            say("series " + words(series));
        }
        contents.remarks().forEach(remark -> say("note " + remark));
        line("cannot be read as a session:", problem);
        warnings.forEach(warning -> say("warning " + warning.line()));
        commands.forEach(command -> say("  " + command));
    }

    private static void line(String name, String text) {
        if (!text.isEmpty()) {
            say(name + " " + text);
        }
    }

    private String spikes(Table units) {
        String found = contents.spikes() + " spikes";
        double seconds = contents.lastSpike() - contents.firstSpike();
        return Double.isNaN(seconds)
                ? found
                : String.format(Locale.ROOT, "%s from %.3f to %.3f s, %.3g Hz each", found, contents.firstSpike(),
                        contents.lastSpike(), contents.spikes() / seconds / units.rows());
    }

    private static void columns(Table table) {
        for (Column column : table.columns()) {
            say("  " + column.name() + ": " + column.kind()
                    + (column.values().isEmpty() ? "" : " (" + column.values() + ")"));
        }
    }

    private static String words(Series series) {
        if (!series.problem().isEmpty()) {
            return series.path() + " (" + series.type() + "): cannot be used: " + series.problem();
        }
        String rate = series.step() > 0
                ? BigDecimal.valueOf(1 / series.step()).round(new MathContext(6)).stripTrailingZeros().toPlainString()
                        + " Hz"
                : "one sample";
        return String.format(Locale.ROOT, "%s (%s): %d samples x %d, %s%s, %.3f to %.3f s%s", series.path(),
                series.type(),
                series.samples(), series.channels(), series.regular() ? "" : "irregular, median ", rate, series.first(),
                series.last(), series.unit().isEmpty() ? "" : ", " + series.unit());
    }

    private Map<String, Object> figures() {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("file", file.toString());
        figures.put("kind", "nwb");
        figures.put("nwb_version", contents.version());
        figures.put("session_start_time", contents.startTime());
        figures.put("timestamps_reference_time", contents.referenceTime());
        figures.put("units", contents.units().map(Table::rows).orElse(0));
        figures.put("spikes", contents.spikes());
        double seconds = contents.lastSpike() - contents.firstSpike();
        if (!Double.isNaN(seconds)) {
            figures.put("first_spike", contents.firstSpike());
            figures.put("last_spike", contents.lastSpike());
            figures.put("mean_rate_hz", contents.spikes() / seconds / contents.units().orElseThrow().rows());
        }
        contents.units().ifPresent(units -> figures.put("unit_columns", columnFigures(units)));
        Map<String, Object> tables = new LinkedHashMap<>();
        for (Table table : contents.intervals()) {
            tables.put(table.name(), Map.of("rows", table.rows(), "columns", columnFigures(table)));
        }
        figures.put("intervals", tables);
        List<Object> all = new ArrayList<>();
        for (Series series : contents.series()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("path", series.path());
            one.put("type", series.type());
            if (series.problem().isEmpty()) {
                one.put("samples", series.samples());
                one.put("channels", series.names());
                one.put("regular", series.regular());
                one.put("step_s", series.step());
                one.put("unit", series.unit());
            } else {
                one.put("problem", series.problem());
            }
            all.add(one);
        }
        figures.put("series", all);
        figures.put("remarks", contents.remarks());
        figures.put("problem", problem);
        figures.put("warnings", warnings.stream().map(Warning::line).toList());
        return figures;
    }

    private static Map<String, Object> columnFigures(Table table) {
        Map<String, Object> columns = new LinkedHashMap<>();
        table.columns().forEach(column -> columns.put(column.name(), column.kind()));
        return columns;
    }

    private List<String> commands() {
        List<String> commands = new ArrayList<>();
        List<Series> usable = usable(contents).toList();
        String quoted = quoted(file.toString());
        if (!problem.isEmpty()) {
            return commands;
        }
        if (hasSpikes(contents)) {
            commands.add("./kappa live --session " + quoted);
            String choices = choices(usable);
            if (!choices.isEmpty()) {
                commands.add("./kappa live --session " + quoted + choices);
            }
            commands.add("./kappa fit " + quoted + choices + " --rank 2 --out NET.npz");
            commands.add("./kappa replay " + quoted + choices + " --speed 10");
            commands.add("./kappa convert " + quoted + choices + " --bin-width 0.02 --out SESSION.npz");
        }
        neurons(contents)
                .ifPresent(series -> commands.add("./kappa live --session " + quoted + " --series "
                        + quoted(series.path().substring(1))));
        return commands;
    }

    /** What a lab would most likely ask for, as far as the file has it. */
    private String choices(List<Series> usable) {
        StringBuilder options = new StringBuilder();
        contents.units().flatMap(units -> units.column("heldout")).filter(column -> column.kind().equals("bool"))
                .ifPresent(_ -> options.append(" --units 'heldout == false'"));
        Optional<Table> trials = contents.intervals().stream().filter(table -> table.name().equals("trials"))
                .findFirst();
        trials.ifPresent(table -> {
            table.columns().stream()
                    .filter(column -> column.kind().equals("number") && column.name().endsWith("_time")
                            && !TRIAL_TIMES.contains(column.name()) && !column.values().equals("NaN"))
                    .findFirst().ifPresent(column -> options.append(" --align ").append(quoted(column.name()))
                            .append(" --window -0.2:0.8"));
            table.column("split").filter(column -> column.values().matches("(.*, )?train(,.*)?"))
                    .ifPresent(_ -> options.append(" --only-trials 'split == train'"));
            table.columns().stream()
                    .filter(column -> column.name()
                            .matches("(?i).*(condition|trial_type|stimulus|context|target|cue).*")
                            && List.of("number", "text", "bool").contains(column.kind())
                            && !column.name().endsWith("_time"))
                    .findFirst().ifPresent(column -> options.append(" --inputs ").append(quoted(column.name())));
        });
        usable.stream().filter(series -> series.path().startsWith("/processing/behavior/")).findFirst()
                .ifPresent(series -> options.append(" --behavior ").append(quoted(series.path().substring(1))));
        return options.toString();
    }

    /** As a shell takes it for one word. */
    static String quoted(String word) {
        return word.matches("[A-Za-z0-9._/+:@%-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /** Names in a file may hold anything, also what controls a terminal. */
    private static void say(String line) {
        System.out.println(InvalidInputException.oneLine(line));
    }
}
