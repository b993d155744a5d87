package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.List;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
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
            description = "NWB: width of a bin in seconds (default: 0.02; for a time series, its sampling interval).")
    private Double binWidth;

    @Option(names = "--align", paramLabel = "COLUMN",
            description = "NWB: column of the trials table with the time around which trials of equal length are cut, "
                    + "such as move_onset_time (default: trials last from start_time to stop_time).")
    private String align;

    @Option(names = "--window", paramLabel = "FROM:TO",
            description = "NWB: trial window around --align in seconds, such as -0.2:0.8.")
    private String window;

    @Option(names = "--inputs", paramLabel = "NAME", split = ",",
            description = "NWB: columns of the trials table and time series that become inputs, separated by commas. A "
                    + "text column becomes one channel for each value (default: none).")
    private List<String> inputs = List.of();

    @Option(names = "--behavior", paramLabel = "NAME", split = ",",
            description = "NWB: time series that become behaviour, separated by commas (default: none).")
    private List<String> behavior = List.of();

    @Option(names = "--units", paramLabel = "FILTER",
            description = "NWB: filter for the rows of the units table that become neurons, such as 'heldout == false "
                    + "and depth < 800' (default: all).")
    private String units;

    @Option(names = "--only-trials", paramLabel = "FILTER",
            description = "NWB: filter for the rows of the trials table that become trials, such as 'split == train' "
                    + "(default: all).")
    private String trials;

    @Option(names = "--series", paramLabel = "NAME",
            description = "NWB: time series whose channels become the neurons in place of the units, such as ROI "
                    + "responses. They are currents unless all values are within [-1, 1].")
    private String series;

    @Mixin
    private PlausibilityOptions plausibility;

    private RecordingOptions options() {
        return RecordingOptions.builder().observe(observation(observe)).binWidth(binWidth).align(align)
                .window(window == null ? null : window(window)).inputs(inputs).behavior(behavior).units(units)
                .trials(trials).series(series).build();
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
