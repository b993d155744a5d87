package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.npz.NpzWriter;
import kappa.ingest.recording.npz.NpzWriter.ArrayStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Any session file as an NPZ session, stretch by stretch. */
@Command(name = "convert", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Convert any readable recording to an NPZ session.",
    "",
    "The options decide what becomes bins, inputs and behaviour. Memory use does not grow with "
            + "the length of the recording."})
final class ConvertCommand implements Callable<Integer> {

    /** Numbers held at a time. */
    private static final int AT_ONCE = 1 << 20;

    /** What NpzRecording reads of one array. */
    private static final long READABLE_BYTES = Integer.MAX_VALUE;

    @Parameters(paramLabel = "FILE", description = "Recording to convert (.npz or .nwb).")
    private Path file;

    @Mixin
    private RecordingFileOptions recording;

    @Option(names = "--out", required = true, paramLabel = "SESSION.npz",
            description = "Session file to write.")
    private Path out;

    @Mixin
    private FiguresOption output;

    /** What activity is like, which decides how it is written. */
    private static final class Range {
        private double low = Double.POSITIVE_INFINITY;
        private double high = Double.NEGATIVE_INFINITY;
        private long unobserved;

        private void add(float[] piece) {
            for (float value : piece) {
                if (Float.isNaN(value)) {
                    unobserved++;
                } else {
                    low = Math.min(low, value);
                    high = Math.max(high, value);
                }
            }
        }
    }

    private interface Stretch {
        float[] of(int trial, int firstBin, int bins);
    }

    @Override
    public Integer call() {
        SessionRun.requireWritable(out);
        try (Recording session = recording.open(file)) {
            Map<String, Object> figures = convert(session);
            output.print(figures);
        }
        return 0;
    }

    private Map<String, Object> convert(Recording session) {
        int passes = 2 + (session.inputs() > 0 ? 1 : 0) + (session.behaviors() > 0 ? 1 : 0);
        Output.Progress progress = new Output.Progress("converted");
        long total = passes * session.bins();
        long[] done = new long[1];
        Runnable told = () -> progress.update(done[0], total);
        Range range = new Range();
        stretches(session, session.neurons(), done, told, session::activity, range::add);

        int[] lengths = IntStream.range(0, session.trials()).map(session::bins).toArray();
        boolean equal = session.hasTrials() && Arrays.stream(lengths).allMatch(length -> length == lengths[0]);
        boolean counts = session.observation() == Observation.COUNTS;
        try (NpzWriter npz = NpzWriter.create(out)) {
            npz.put("bin_width", session.binWidthSeconds());
            if (session.hasTrials() && !equal) {
                npz.put("trial_length", lengths, lengths.length);
            }
            long[] shape = shape(session, equal, session.neurons());
            // Only floats can say that a count is not known.
            try (ArrayStream array = counts && range.unobserved == 0
                    ? npz.streamIntegers("counts", 0, (long) range.high, shape)
                    : npz.streamFloats(counts ? "counts" : "activity", shape)) {
                stretches(session, session.neurons(), done, told, session::activity, array::write);
            }
            channels(npz, "inputs", session, equal, session.inputs(), done, told, session::inputs);
            channels(npz, "behavior", session, equal, session.behaviors(), done, told,
                    (trial, firstBin, bins) -> session.behavior(trial, firstBin, bins).orElseThrow());
            if (session.targets() > 0) {
                whole(npz, "targets", session, equal, trial -> session.targets(trial).orElseThrow());
                if (session.mask(0).isPresent()) {
                    whole(npz, "mask", session, equal, trial -> session.mask(trial).orElseThrow());
                }
            }
        }
        warn(session, range, counts);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("session", out.toString());
        figures.put("observation", session.observation().name().toLowerCase(Locale.ROOT));
        figures.put("neurons", session.neurons());
        figures.put("trials", session.hasTrials() ? session.trials() : 0);
        figures.put("bins", session.bins());
        figures.put("bin_width", session.binWidthSeconds());
        figures.put("inputs", session.inputNames());
        figures.put("behavior", session.behaviorNames());
        figures.put("unobserved", range.unobserved / ((double) session.bins() * session.neurons()));
        return figures;
    }

    /** What whoever reads the file must know. */
    private void warn(Recording session, Range range, boolean counts) {
        String own = session.observation().name().toLowerCase(Locale.ROOT);
        boolean rates = range.low >= -1 && range.high <= 1;
        if (!counts && rates != (session.observation() == Observation.RATES)) {
            System.err.println("note: read it with --observe " + own + ", because its activity is "
                    + (rates ? "within" : "beyond") + " [-1, 1]");
        }
        long bytes = session.bins() * session.neurons() * (counts && range.unobserved == 0 && range.high < 256 ? 1 : 4);
        if (bytes > READABLE_BYTES) {
            System.err.println("note: NumPy reads " + out + ", kappa does not: an array of it is larger than 2 GiB");
        }
    }

    private static long[] shape(Recording session, boolean equal, int channels) {
        return equal
                ? new long[]{session.trials(), session.bins(0), channels}
                : new long[]{session.bins(), channels};
    }

    private static void channels(NpzWriter npz, String name, Recording session, boolean equal, int channels,
            long[] done, Runnable told, Stretch stretch) {
        if (channels > 0) {
            try (ArrayStream array = npz.streamFloats(name, shape(session, equal, channels))) {
                stretches(session, channels, done, told, stretch, array::write);
            }
        }
    }

    private static void whole(NpzWriter npz, String name, Recording session, boolean equal,
            IntFunction<float[]> trial) {
        try (ArrayStream array = npz.streamFloats(name, shape(session, equal, session.targets()))) {
            IntStream.range(0, session.trials()).forEach(i -> array.write(trial.apply(i)));
        }
    }

    private static void stretches(Recording session, int channels, long[] done, Runnable told, Stretch stretch,
            Consumer<float[]> use) {
        int atOnce = Math.max(1, AT_ONCE / channels);
        for (int trial = 0; trial < session.trials(); trial++) {
            int bins = session.bins(trial);
            for (int from = 0; from < bins; from += atOnce) {
                int count = Math.min(atOnce, bins - from);
                use.accept(stretch.of(trial, from, count));
                done[0] += count;
                told.run();
            }
        }
    }
}
