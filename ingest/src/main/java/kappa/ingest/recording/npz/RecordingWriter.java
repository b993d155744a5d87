package kappa.ingest.recording.npz;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingDescription;

/**
 * Writes a recording as an NPZ session, which {@link NpzRecording} describes. The recording is read in blocks, so that a long
 * one takes no more memory than a short one. Not thread-safe.
 */
public final class RecordingWriter {

    private static final int BLOCK_NUMBERS = 1 << 20;

    /** Told after each block. Every bin is read several times, and each reading counts for a share of it. */
    public interface Progress {
        void update(long done, long total);
    }

    /**
     * What the activity is like.
     *
     * @param low smallest number, infinite if none was observed
     * @param high largest number, minus infinity if none was observed
     * @param unobserved how many numbers are not known
     * @param bytes of the activity in the file, before it is compressed
     */
    public record Activity(double low, double high, long unobserved, long bytes) {}

    /** Reads bins of a trial, [bins, channels]. */
    private interface Reader {
        float[] read(int trial, int firstBin, int bins);
    }

    private final Recording recording;
    private final boolean equal; // whether all trials have as many bins
    private final Progress progress;
    private final int passes;
    private final long total;
    private long done;
    private double low = Double.POSITIVE_INFINITY;
    private double high = Double.NEGATIVE_INFINITY;
    private long unobserved;

    private RecordingWriter(Recording recording, Progress progress) {
        this.recording = recording;
        this.progress = progress;
        int passes = 2 + (recording.inputs() > 0 ? 1 : 0) + (recording.behaviors() > 0 ? 1 : 0);
        this.passes = passes;
        total = recording.bins();
        int first = recording.bins(0);
        equal = recording.hasTrials()
                && IntStream.range(0, recording.trials()).allMatch(trial -> recording.bins(trial) == first);
    }

    /**
     * Writes all of a recording.
     *
     * @param file is created or replaced
     * @throws kappa.ingest.InvalidInputException if the recording cannot be read, or the file not be written
     */
    public static Activity write(Recording recording, Path file, Progress progress) {
        return new RecordingWriter(recording, progress).write(file);
    }

    private Activity write(Path file) {
        blocks(recording.neurons(), recording::activity, this::look);
        // Only floats can say that a count is not known.
        boolean integers = recording.observation() == Observation.COUNTS && unobserved == 0;
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.put("bin_width", recording.binWidthSeconds());
            if (recording.hasTrials() && !equal) {
                int[] lengths = IntStream.range(0, recording.trials()).map(recording::bins).toArray();
                npz.put("trial_length", lengths, lengths.length);
            }
            long[] shape = shape(recording.neurons());
            String name = recording.observation() == Observation.COUNTS ? "counts" : "activity";
            npz.stream(name, integers ? smallest((long) high) : NpyHeader.Type.FLOAT32,
                    array -> blocks(recording.neurons(), recording::activity, array), shape);
            names(npz);
            rigTimes(npz);
            channels(npz, "inputs", recording.inputs(), recording::inputs);
            channels(npz, "behavior", recording.behaviors(),
                    (trial, firstBin, bins) -> recording.behavior(trial, firstBin, bins).orElseThrow());
            if (recording.targets() > 0) {
                trials(npz, "targets", trial -> recording.targets(trial).orElseThrow());
                if (recording.mask(0).isPresent()) {
                    trials(npz, "mask", trial -> recording.mask(trial).orElseThrow());
                }
            }
        }
        long numbers = recording.bins() * recording.neurons();
        return new Activity(low, high, unobserved, numbers * (integers && high < 256 ? 1 : Float.BYTES));
    }

    /** The smallest dtype of whole numbers from 0 up to this one. */
    static NpyHeader.Type smallest(long max) {
        if (max < 1 << Short.SIZE) {
            return max < 1 << Byte.SIZE ? NpyHeader.Type.UINT8 : NpyHeader.Type.UINT16;
        }
        return max <= Integer.MAX_VALUE ? NpyHeader.Type.INT32 : NpyHeader.Type.INT64;
    }

    private void look(float[] activity) {
        for (float value : activity) {
            if (Float.isNaN(value)) {
                unobserved++;
            } else {
                low = Math.min(low, value);
                high = Math.max(high, value);
            }
        }
    }

    private long[] shape(int channels) {
        return equal
                ? new long[]{recording.trials(), recording.bins(0), channels}
                : new long[]{recording.bins(), channels};
    }

    private void channels(NpzWriter npz, String name, int channels, Reader reader) {
        if (channels > 0) {
            npz.stream(name, NpyHeader.Type.FLOAT32, array -> blocks(channels, reader, array), shape(channels));
        }
    }

    /** Only where they are more than numbers, which a reader gives what has no names. */
    private void names(NpzWriter npz) {
        RecordingDescription description = recording.describe();
        names(npz, "neuron_names", description.neurons(), "");
        names(npz, "input_names", description.inputs(), "input ");
        names(npz, "behavior_names", description.behaviors(), "behavior ");
    }

    private static void names(NpzWriter npz, String array, List<String> names, String prefix) {
        if (IntStream.range(0, names.size()).anyMatch(i -> !names.get(i).equals(prefix + i))) {
            npz.put(array, names, names.size());
        }
    }

    /** Only where bins do not follow one another from 0, as a reader would take them to do. */
    private void rigTimes(NpzWriter npz) {
        long[] differing = new long[1];
        times((own, counted) -> differing[0] += own == counted ? 0 : 1);
        if (differing[0] == 0) {
            return;
        }
        long[] shape = equal ? new long[]{recording.trials(), recording.bins(0)} : new long[]{recording.bins()};
        npz.putBytes("rig_time_ns", "<i8", Long.BYTES, out -> {
            ByteBuffer bytes = ByteBuffer.allocate(BLOCK_NUMBERS).order(ByteOrder.LITTLE_ENDIAN);
            List<IOException> failed = new ArrayList<>();
            times((own, counted) -> {
                bytes.putLong(own);
                if (!bytes.hasRemaining()) {
                    write(bytes, out, failed);
                }
            });
            write(bytes, out, failed);
            if (!failed.isEmpty()) {
                throw failed.getFirst();
            }
        }, shape);
    }

    private static void write(ByteBuffer bytes, OutputStream out, List<IOException> failed) {
        try {
            out.write(bytes.array(), bytes.arrayOffset(), bytes.position());
        } catch (IOException e) {
            failed.add(e);
        }
        bytes.clear();
    }

    private interface BinTime {
        /** @param counted when the bin would be over if bins followed one another from 0 */
        void accept(long own, long counted);
    }

    private void times(BinTime use) {
        long sessionBin = 0;
        for (int trial = 0; trial < recording.trials(); trial++) {
            for (int bin = 0; bin < recording.bins(trial); bin++) {
                use.accept(recording.rigTimeNs(trial, bin, sessionBin),
                        Math.round((sessionBin + 1) * recording.binWidthSeconds() * 1e9));
                sessionBin++;
            }
        }
    }

    private void trials(NpzWriter npz, String name, IntFunction<float[]> reader) {
        npz.stream(name, NpyHeader.Type.FLOAT32,
                array -> IntStream.range(0, recording.trials()).mapToObj(reader).forEach(array),
                shape(recording.targets()));
    }

    private void blocks(int channels, Reader reader, Consumer<float[]> use) {
        int most = Math.max(1, BLOCK_NUMBERS / channels);
        for (int trial = 0; trial < recording.trials(); trial++) {
            int bins = recording.bins(trial);
            for (int from = 0; from < bins; from += most) {
                int count = Math.min(most, bins - from);
                use.accept(reader.read(trial, from, count));
                done += count;
                progress.update(done / passes, total);
            }
        }
    }
}
