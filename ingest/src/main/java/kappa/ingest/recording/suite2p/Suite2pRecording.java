package kappa.ingest.recording.suite2p;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingDescription;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.npz.NpyArray;
import kappa.ingest.recording.npz.NpyFile;
import kappa.ingest.recording.rows.RowFilter;

/**
 * A session out of a folder of suite2p: the fluorescence F - 0.7 Fneu of the regions of interest that are cells, one bin a frame,
 * observed as currents. It has no trials. {@code --series F} takes F as it is, {@code --series spks} the deconvolved traces.
 *
 * <p>The traces lie in mapped files and may be more than fit in memory; a number that is none is found when its bin is read.
 * Thread-safe; one thread reads at a time.
 */
public final class Suite2pRecording implements Recording {

    /** How much of the neuropil around a cell is in its trace, as suite2p itself has it. */
    private static final double NEUROPIL = 0.7;

    private static final String CORRECTED = "F - 0.7 Fneu";

    /** Numbers of a block of frames that is in memory. */
    private static final int BLOCK_NUMBERS = 1 << 20;

    private static final int MAX_ROIS = 1 << 17;

    private final Path folder;
    private final List<NpyFile> files = new ArrayList<>();
    private final NpyArray trace; // [rois, frames]
    private final NpyArray neuropil; // null if nothing is subtracted
    private final int[] rois;
    private final int frames;
    private final int blockFrames;
    private final List<String> remarks = new ArrayList<>();
    private final RecordingDescription description;
    private final String choice;
    private float[] block; // [frames, N]
    private int blockFrom = -1;

    /** Whether a folder is one of suite2p. */
    public static boolean isSuite2p(Path folder) {
        return Files.isRegularFile(folder.resolve("F.npy"))
                && Stream.of("Fneu.npy", RoiTable.FILE, "ops.npy", "stat.npy")
                        .anyMatch(name -> Files.isRegularFile(folder.resolve(name)));
    }

    /**
     * Opens a folder.
     *
     * @throws InvalidInputException if it is not such a folder, or the options do not suit it
     */
    public static Suite2pRecording open(Path folder, RecordingOptions options) {
        List<NpyFile> opened = new ArrayList<>();
        try {
            return new Suite2pRecording(folder, options, opened);
        } catch (RuntimeException | Error e) {
            opened.forEach(NpyFile::close);
            throw e;
        }
    }

    private Suite2pRecording(Path folder, RecordingOptions options, List<NpyFile> opened) {
        this.folder = folder;
        String series = options.series().orElse(CORRECTED);
        trace = switch (series) {
            case CORRECTED, "F" -> array("F", opened);
            case "spks" -> array("spks", opened);
            default -> throw new InvalidInputException(
                    "--series is " + series + ", expected F or spks with a folder of suite2p (default: " + CORRECTED
                            + ")");
        };
        neuropil = series.equals(CORRECTED) ? array("Fneu", opened) : null;
        files.addAll(opened);
        int[] shape = trace.shape();
        if (shape.length != 2 || trace.elements() == 0 || shape[0] > MAX_ROIS) {
            throw trace
                    .invalid("shape " + trace.shapeText() + ": expected [regions, frames], at least one of each and at"
                            + " most " + MAX_ROIS + " regions");
        }
        if (neuropil != null && !Arrays.equals(neuropil.shape(), shape)) {
            throw neuropil
                    .invalid("shape " + neuropil.shapeText() + ": expected " + trace.shapeText() + ", as F.npy has");
        }
        frames = shape[1];
        rois = rois(options, shape[0]);
        blockFrames = Math.clamp(BLOCK_NUMBERS / rois.length, 1, frames);
        double rate = rate(options.rate());
        Observation observation = options.observe().orElse(Observation.CURRENTS);
        if (observation == Observation.COUNTS) {
            throw new InvalidInputException(
                    "--observe is counts, expected currents or rates: fluorescence is no count");
        }
        remarks.add(String.format(Locale.ROOT, "one bin a frame, %.6g frames a second; one stretch of %.3f s", rate,
                frames / rate));
        description = new RecordingDescription(IntStream.of(rois).mapToObj(Integer::toString).toList(), 1 / rate,
                List.of(), List.of(), observation, false, List.of(),
                folder.toAbsolutePath().normalize().getFileName().toString(), Optional.empty());
        choice = "activity taken as " + observation.name().toLowerCase(Locale.ROOT)
                + (options.observe().isPresent() ? ", as asked" : "") + ": " + series + " of " + rois.length + " of "
                + shape[0] + " regions of interest of " + folder;
    }

    private NpyArray array(String name, List<NpyFile> opened) {
        Path file = folder.resolve(name + ".npy");
        if (!Files.isRegularFile(file)) {
            throw new InvalidInputException(file + ": no such file, expected it beside F.npy"
                    + (name.equals("Fneu") ? "; --series F takes F as it is" : ""));
        }
        opened.add(NpyFile.open(file, name));
        return opened.getLast().array();
    }

    private int[] rois(RecordingOptions options, int all) {
        if (!options.unitTables().isEmpty()) {
            throw new InvalidInputException("--units is " + options.unitsText()
                    + ", expected a filter of regions, such as 'probability > 0.9'");
        }
        RoiTable table = new RoiTable(folder, all);
        if (options.units().isEmpty() && !table.saysCells()) {
            remarks.add("no " + RoiTable.FILE + ": all " + all + " regions of interest are taken for cells");
            return RowFilter.rows("--units", Optional.empty(), table);
        }
        return RowFilter.rows("--units", Optional.of(options.units().orElse(RoiTable.CELLS)), table);
    }

    private double rate(OptionalDouble given) {
        if (given.isPresent()) {
            return given.getAsDouble();
        }
        OptionalDouble own = PickledRate.of(folder.resolve("ops.npy"));
        return own.orElseThrow(() -> new InvalidInputException(
                folder + ": no ops.npy whose fs is a plain number: expected --rate HZ, frames per second of a plane"));
    }

    @Override
    public String name() {
        return Recording.name(folder.toAbsolutePath().normalize(), "suite2p");
    }

    @Override
    public RecordingDescription describe() {
        return description;
    }

    @Override
    public int trials() {
        return 1;
    }

    @Override
    public int bins(int trial) {
        return frames;
    }

    @Override
    public String observationChoice() {
        return choice;
    }

    @Override
    public List<String> remarks() {
        return List.copyOf(remarks);
    }

    @Override
    public synchronized float[] activity(int trial, int firstBin, int bins) {
        Objects.checkFromIndexSize(firstBin, bins, frames);
        int n = rois.length;
        float[] out = new float[Math.multiplyExact(bins, n)];
        for (int t = firstBin; t < firstBin + bins;) {
            int from = t / blockFrames * blockFrames;
            if (from != blockFrom) {
                load(from);
            }
            int count = Math.min(from + block.length / n, firstBin + bins) - t;
            System.arraycopy(block, (t - from) * n, out, (t - firstBin) * n, count * n);
            t += count;
        }
        return out;
    }

    private void load(int from) {
        int count = Math.min(blockFrames, frames - from);
        int n = rois.length;
        float[] loaded = new float[count * n];
        double[] values = new double[count];
        double[] around = new double[count];
        for (int i = 0; i < n; i++) {
            long first = (long) rois[i] * frames + from;
            trace.doubles(first, count, values);
            if (neuropil != null) {
                neuropil.doubles(first, count, around);
            }
            for (int t = 0; t < count; t++) {
                double value = values[t] - NEUROPIL * around[t];
                if (Math.abs(value) > RecordedBin.MAX_MAGNITUDE) { // not NaN, which means unknown
                    throw trace.invalid(trace.at(first + t) + " makes " + value
                            + ": expected a finite number, at most 1e12 in magnitude, or NaN where there is none");
                }
                loaded[t * n + i] = (float) value;
            }
        }
        block = loaded;
        blockFrom = from;
    }

    @Override
    public float[] inputs(int trial, int firstBin, int bins) {
        return new float[0];
    }

    @Override
    public Optional<float[]> behavior(int trial, int firstBin, int bins) {
        return Optional.empty();
    }

    @Override
    public void close() {
        files.forEach(NpyFile::close);
    }
}
