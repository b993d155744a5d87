package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.Warning;
import kappa.ingest.recording.npz.RecordingWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes any session file as an NPZ session. */
@Command(name = "convert", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Convert any readable recording to an NPZ session.",
    "",
    "The options decide what becomes bins, inputs and behaviour. Memory use does not grow with "
            + "the length of the recording."})
final class ConvertCommand implements Runnable {

    /** What NpzRecording reads of one array. */
    private static final long READABLE_BYTES = Integer.MAX_VALUE;

    @Parameters(paramLabel = "FILE", description = "Recording to convert, a file or a folder.")
    private Path file;

    @Mixin
    private RecordingFileOptions recording;

    @Option(names = "--out", required = true, paramLabel = "SESSION.npz",
            description = "Session file to write.")
    private Path out;

    @Mixin
    private ForceOption force;

    @Mixin
    private FiguresOption output;

    @Override
    public void run() {
        force.requireWritable(out, file);
        try (Recording session = recording.open(file)) {
            Map<String, Object> figures = convert(session);
            output.print(figures);
        }
    }

    private Map<String, Object> convert(Recording session) {
        Output.Progress progress = new Output.Progress("converted");
        RecordingWriter.Activity activity = RecordingWriter.write(session, out, progress::update);
        warn(session, activity);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("session", out.toString());
        figures.put("observation", session.observation().name().toLowerCase(Locale.ROOT));
        figures.put("neurons", session.neurons());
        figures.put("trials", session.hasTrials() ? session.trials() : 0);
        figures.put("bins", session.bins());
        figures.put("bin_width", session.binWidthSeconds());
        figures.put("inputs", session.describe().inputs());
        figures.put("behavior", session.describe().behaviors());
        if (output.json()) {
            figures.put("warnings", session.warnings().stream().map(Warning::line).toList());
        }
        figures.put("unobserved", activity.unobserved() / ((double) session.bins() * session.neurons()));
        return figures;
    }

    /** What whoever reads the file must know. */
    private void warn(Recording session, RecordingWriter.Activity activity) {
        boolean rates = activity.low() >= -1 && activity.high() <= 1;
        if (session.observation() != Observation.COUNTS && rates != (session.observation() == Observation.RATES)) {
            System.err.println("note: read it with --observe "
                    + session.observation().name().toLowerCase(Locale.ROOT) + ", because its activity is "
                    + (rates ? "within" : "beyond") + " [-1, 1]");
        }
        if (activity.bytes() > READABLE_BYTES) {
            System.err.println("note: NumPy reads " + out + ", kappa does not: an array of it is larger than 2 GiB");
        }
    }
}
