package kappa.dashboards.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
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

    private static final RecordingOptions.Window AROUND = new RecordingOptions.Window(-0.2, 0.8);
    private static final String TRIALS = "trials";
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
        contents.units().ifPresent(_ -> units());
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

    /** Tables that make a session by themselves, with their spikes, and then the others. */
    private void units() {
        List<Table> tables = contents.unitTables();
        String spikes = contents.spikes() == 0 ? "" : ", " + spikes();
        for (int i = 0; i < tables.size(); i++) {
            Table table = tables.get(i);
            say((tables.size() == 1 ? "units" : table.path()) + " " + table.rows()
                    + (contents.joined() == 1 && i == 0 ? spikes : ""));
            columns(table);
        }
        if (contents.joined() > 1) {
            say("units " + contents.sessionUnits() + " of " + contents.joined() + " tables, joined" + spikes);
        }
    }

    private String spikes() {
        String found = contents.spikes() + " spikes";
        double seconds = contents.lastSpike() - contents.firstSpike();
        return Double.isNaN(seconds)
                ? found
                : String.format(Locale.ROOT, "%s from %.3f to %.3f s, %.3g Hz each", found, contents.firstSpike(),
                        contents.lastSpike(), contents.spikes() / seconds / contents.sessionUnits());
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
        figures.put("units", contents.sessionUnits());
        figures.put("spikes", contents.spikes());
        double seconds = contents.lastSpike() - contents.firstSpike();
        if (!Double.isNaN(seconds)) {
            figures.put("first_spike", contents.firstSpike());
            figures.put("last_spike", contents.lastSpike());
            figures.put("mean_rate_hz", contents.spikes() / seconds / contents.sessionUnits());
        }
        contents.units().ifPresent(units -> figures.put("unit_columns", columnFigures(units)));
        Map<String, Object> unitTables = new LinkedHashMap<>();
        for (Table table : contents.unitTables()) {
            unitTables.put(table.path(), Map.of("rows", table.rows(), "columns", columnFigures(table)));
        }
        figures.put("unit_tables", unitTables);
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

    /** Options of a command: as they are typed, and as they are understood. */
    private record Choices(String words, RecordingOptions options) {}

    /** Command lines that can be run as they are. */
    private List<String> commands() {
        List<String> commands = new ArrayList<>();
        List<Series> usable = usable(contents).toList();
        String quoted = quoted(file.toString());
        if (hasSpikes(contents)) {
            Choices choices = choices(usable);
            boolean opens = problem.isEmpty();
            if (opens) {
                commands.add("./kappa live --session " + quoted);
            }
            boolean chosen = !choices.words.isEmpty() && opens(choices.options);
            if (chosen) {
                commands.add("./kappa live --session " + quoted + choices.words);
            }
            if (opens || chosen) {
                String words = chosen ? choices.words : "";
                commands.add("./kappa fit " + quoted + words + " --rank 2 --out NET.npz");
                commands.add("./kappa replay " + quoted + words + " --speed 10");
                commands.add("./kappa convert " + quoted + words + " --bin-width 0.02 --out SESSION.npz");
            }
        }
        neurons(contents).map(series -> series.path().substring(1))
                .filter(path -> opens(RecordingOptions.builder().series(path).build()))
                .ifPresent(path -> commands.add("./kappa live --session " + quoted + " --series " + quoted(path)));
        return commands;
    }

    private boolean opens(RecordingOptions options) {
        try (Recording session = RecordingFile.open(file, options)) {
            return session.trials() > 0;
        } catch (InvalidInputException e) {
            return false;
        }
    }

    /** The table of trials, or the longest other one of intervals, such as stimulus presentations. */
    private Optional<Table> trials() {
        List<Table> tables = contents.intervals().stream()
                .filter(table -> table.rows() > 0 && !table.name().equals("invalid_times")).toList();
        return tables.stream().filter(table -> table.name().equals(TRIALS)).findFirst()
                .or(() -> tables.stream().max(Comparator.comparingInt(Table::rows)));
    }

    /** What a lab would most likely ask for, as far as the file has it. */
    private Choices choices(List<Series> usable) {
        StringBuilder words = new StringBuilder();
        RecordingOptions.Builder options = RecordingOptions.builder();
        // Wherever a file keeps it: what is called an input was given, and not done.
        Optional<Series> inputSeries = usable.stream()
                .filter(series -> series.path().matches("(?i).*/(inputs?|stimul[a-z]*|cues?)")).findFirst();
        contents.units().flatMap(units -> units.column("heldout")).filter(column -> column.kind().equals("bool"))
                .ifPresent(_ -> options.units(option(words, "--units", "heldout == false")));
        trials().ifPresent(table -> {
            if (!table.name().equals(TRIALS)) {
                options.trialTable(option(words, "--trials", table.name()));
            }
            table.columns().stream()
                    .filter(column -> column.kind().equals("number") && column.name().endsWith("_time")
                            && !TRIAL_TIMES.contains(column.name()) && !column.values().equals("NaN"))
                    .findFirst().ifPresent(column -> {
                        options.align(option(words, "--align", column.name())).window(AROUND);
                        option(words, "--window", AROUND.from() + ":" + AROUND.to());
                    });
            table.column("split").filter(column -> column.values().matches("(.*, )?train(,.*)?"))
                    .ifPresent(_ -> options.trials(option(words, "--only-trials", "split == train")));
            inputSeries.ifPresentOrElse(
                    series -> options.inputs(List.of(option(words, "--inputs", series.path().substring(1)))),
                    () -> table.columns().stream().filter(column -> column.name()
                            .matches("(?i).*(condition|trial_type|stimulus|context|target|cue).*")
                            && List.of("number", "text", "bool").contains(column.kind())
                            && !column.name().endsWith("_time"))
                            .findFirst()
                            .ifPresent(column -> options.inputs(List.of(option(words, "--inputs", column.name())))));
        });
        usable.stream().filter(series -> series.path().startsWith("/processing/behavior/"))
                .filter(series -> !inputSeries.filter(series::equals).isPresent()).findFirst()
                .ifPresent(series -> options
                        .behavior(List.of(option(words, "--behavior", series.path().substring(1)))));
        return new Choices(words.toString(), options.build());
    }

    /** @return the value */
    private static String option(StringBuilder words, String name, String value) {
        words.append(' ').append(name).append(' ').append(quoted(value));
        return value;
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
