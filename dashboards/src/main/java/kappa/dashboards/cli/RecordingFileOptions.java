package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.StreamOptions;
import kappa.ingest.recording.archive.RecordingFile;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How a recorded file becomes a session. */
@Section.In(Section.FILE)
final class RecordingFileOptions {
    @Option(names = "--observe", paramLabel = "rates|currents|counts",
            description = "What the activity is: rates, currents or spike counts (default: the file decides; counts "
                    + "for a simulated rig).")
    String observe;

    @Option(names = "--bin-width", paramLabel = "S",
            description = "NWB, XDF, Kilosort: width of a bin in seconds (default: 0.02; for a time series, its sampling "
                    + "interval). Arrays and text that do not say it: the width that they have.")
    private Double binWidth;

    @Option(names = "--rate", paramLabel = "HZ",
            description = "Kilosort, suite2p: samples or frames per second (default: as params.py or ops.npy in the "
                    + "folder says). NWB: how many units of spike_times make a second, such as 30000 for samples or 1000 "
                    + "for milliseconds (default: 1).")
    private Double rate;

    @Option(names = "--align", paramLabel = "COLUMN",
            description = "NWB: column of the trials table with the time around which trials of equal length are cut, "
                    + "such as move_onset_time (default: trials last from start_time to stop_time).")
    private String align;

    @Option(names = "--window", paramLabel = "FROM:TO",
            description = "NWB: trial window around --align in seconds, such as -0.2:0.8.")
    private String window;

    @Option(names = "--inputs", paramLabel = "NAME", split = ",",
            description = "NWB: columns of the trials table and time series that become inputs, separated by commas. A "
                    + "text column becomes one channel for each value. XDF: streams of numbers (default: none).")
    private List<String> inputs = List.of();

    @Option(names = "--behavior", paramLabel = "NAME", split = ",",
            description = "NWB: time series that become behaviour, separated by commas. XDF: streams of numbers "
                    + "(default: none).")
    private List<String> behavior = List.of();

    @Option(names = "--units", paramLabel = "FILTER|TABLE",
            description = "NWB, Kilosort, suite2p: filter for the rows of the table of units, clusters or regions of "
                    + "interest that become neurons, such as 'heldout == false and depth < 800', 'group == good' or "
                    + "'probability > 0.9' (default: all units, clusters that are not noise, regions that are cells). "
                    + "NWB: also names of tables of units, separated by commas, in an option of their own (default: "
                    + "/units, or all of them joined).")
    private List<String> units = List.of();

    @Option(names = "--trials", paramLabel = "TABLE",
            description = "NWB: table of intervals whose rows become trials, such as epochs (default: trials). A simulated "
                    + "rig: number of trials, 0 to go on until stopped (default: 0).")
    String trialTable;

    @Option(names = "--only-trials", paramLabel = "FILTER",
            description = "NWB: filter for the rows of the trials table that become trials, such as 'split == train' "
                    + "(default: all). XDF: 'phase == trial' leaves out the bins between trials.")
    private String trials;

    @Option(names = "--series", paramLabel = "NAME",
            description = "NWB: time series whose channels become the neurons in place of the units, such as ROI "
                    + "responses. They are currents unless all values are within [-1, 1]. suite2p: F, the fluorescence "
                    + "without correction, or spks (default: F - 0.7 Fneu).")
    private String series;

    @Mixin
    private PlausibilityOptions plausibility;

    @Option(names = "--map", paramLabel = "NAME=ARRAY", split = ",",
            description = "NPZ, MATLAB: arrays that have other names than in a session file, separated by commas, such as "
                    + "counts=spikes,bin_width=dt.")
    private Map<String, String> names = Map.of();

    @Option(names = "--stream", paramLabel = "NAME|PREDICATE",
            description = "XDF: stream that is the activity, its name or an XPath predicate such as \"type='EEG'\" "
                    + "(default: the only regular stream of numbers).")
    private String stream;

    @Option(names = "--kind", paramLabel = "currents|rates|counts|spikes",
            description = "XDF: what the numbers of the stream are, as for ./kappa rig lsl (default: by the stream's type "
                    + "and rate).")
    private String kind;

    @Option(names = "--markers", paramLabel = "NAME|PREDICATE",
            description = "XDF: stream of markers, texts or numbers. May be repeated.")
    private List<String> markers = List.of();

    @Option(names = "--trial-start", paramLabel = "REGEX",
            description = "XDF: regular expression for markers that start a trial; it must match the whole marker.")
    private String trialStart;

    @Option(names = "--trial-end", paramLabel = "REGEX",
            description = "XDF: regular expression for markers that end a trial (default: the next trial ends it).")
    private String trialEnd;

    @Option(names = "--marker-input", paramLabel = "NAME=ON[/OFF]",
            description = "XDF: input that markers switch. A match of the first pattern sets it to 1, or to the number in "
                    + "the pattern's first group. A match of the second pattern, or the end of the trial, sets it to 0. "
                    + "May be repeated.")
    private List<String> markerInputs = List.of();

    RecordingOptions options() {
        return RecordingOptions.builder().observe(observation(observe)).binWidth(binWidth).rate(rate).align(align)
                .window(window == null ? null : window(window)).inputs(inputs).behavior(behavior)
                .unitTables(unitTables()).units(unitFilter()).trialTable(trialTable)
                .trials(trials).series(series).names(names)
                .streams(new StreamOptions(Optional.ofNullable(stream), Optional.ofNullable(kind), markers,
                        Optional.ofNullable(trialStart), Optional.ofNullable(trialEnd), markerInputs))
                .build();
    }

    /** What is done about a recording that looks wrong. */
    PlausibilityOptions plausibility() {
        return plausibility;
    }

    /** What compares is a filter; all else names tables. */
    private static boolean isFilter(String text) {
        return text.matches("(?s).*[=<>!].*");
    }

    private List<String> unitTables() {
        return units.stream().filter(text -> !isFilter(text)).flatMap(text -> Stream.of(text.split(",", -1)))
                .map(String::strip).toList();
    }

    private String unitFilter() {
        List<String> filters = units.stream().filter(RecordingFileOptions::isFilter).toList();
        return filters.isEmpty() ? null : String.join(" and ", filters);
    }

    private static RecordingOptions.Window window(String text) {
        String[] ends = text.split(":", -1);
        try {
            if (ends.length == 2) {
                return new RecordingOptions.Window(Double.parseDouble(ends[0]), Double.parseDouble(ends[1]));
            }
        } catch (NumberFormatException e) {
            // Told below, like one end too few.
        }
        throw new InvalidInputException(
                "--window is " + text + ", expected seconds FROM:TO around --align, such as -0.2:0.8");
    }

    /** Opens a session file and prints how it is read, and what looks wrong with it. */
    Recording open(Path file) {
        Recording session = RecordingFile.open(file, options());
        try {
            System.err.println(session.observationChoice());
            session.remarks().forEach(remark -> Output.note("note: " + remark));
            return plausibility.checked(session);
        } catch (RuntimeException | Error e) {
            session.close();
            throw e;
        }
    }

    /** Opens a session file with the inputs that the options of the fit ask for. */
    Recording open(Path file, FitOptions fit) {
        Recording session = open(file);
        try {
            return fit.inputs(session);
        } catch (RuntimeException | Error e) {
            session.close();
            throw e;
        }
    }

    /** What of a recording is observed, as the wire names it; null if the file decides. */
    static Observation observation(String text) {
        return text == null
                ? null
                : Checks.named("--observe", text, Observation.values(), "rates, currents or counts");
    }
}
