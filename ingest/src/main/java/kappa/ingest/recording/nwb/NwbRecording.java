package kappa.ingest.recording.nwb;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Bins;
import kappa.ingest.recording.FileTimes;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingDescription;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.hdf5.Hdf5File;

/**
 * A session out of an NWB 2 file: spikes of the units in bins, or the channels of a time series; trials as the file cuts them,
 * or of equal length around one of their times; inputs out of trial columns and time series; behaviour out of time series.
 * Which bins a unit was observed in follows from {@code obs_intervals} and {@code invalid_times}.
 *
 * <p>Rig time is the recording's own: seconds since its time stamps' reference, in nanoseconds.
 *
 * <p>Only what is asked for is read, when it is asked for, so that a file may be far larger than memory; therefore reading a bin
 * can fail, with one line, where the file is damaged. Thread-safe; one thread reads at a time.
 */
public final class NwbRecording implements Recording {

    private static final double NS_PER_SECOND = 1e9;

    /** Spikes up to which all are held in memory: 64 MB. */
    private static final int SPIKES_IN_MEMORY = 8_000_000;

    private final NwbFile file;
    private final List<String> remarks = new ArrayList<>();
    private final NwbActivity activity;
    private final Intervals invalid;
    private final NwbTrials trials;
    private final NwbInputs inputs;
    private final List<NwbSeries> behavior = new ArrayList<>();
    private final RecordingDescription description;

    /** Whether a file is HDF5, as NWB files are. */
    public static boolean isHdf5(Path file) {
        return Hdf5File.isHdf5(file);
    }

    /**
     * Opens a file and reads what the options need.
     *
     * @throws InvalidInputException if it is not such a file, or does not hold what the options name
     */
    public static NwbRecording open(Path path, RecordingOptions options) {
        long heap = Runtime.getRuntime().maxMemory() / 8 / Double.BYTES;
        return open(path, options, (int) Math.min(SPIKES_IN_MEMORY, heap));
    }

    /** @param spikesInMemory up to which all of a file's are held in memory */
    static NwbRecording open(Path path, RecordingOptions options, int spikesInMemory) {
        NwbFile file = NwbFile.open(path);
        try {
            // Whatever jHDF was led into by a damaged file.
            return file.hdf().read("the file", () -> new NwbRecording(file, options, spikesInMemory));
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    private NwbRecording(NwbFile file, RecordingOptions options, int spikesInMemory) {
        this.file = file;
        invalid = file.invalidTimes();
        activity = options.series().isPresent()
                ? new SeriesActivity(file, options.series().get(), options, remarks)
                : units(options, spikesInMemory);
        trials = NwbTrials.of(file, options, activity, remarks);
        activity.requireObservedIn(trials);
        inputs = new NwbInputs(file, trials, activity.width());
        options.inputs().forEach(name -> inputs.add(name, remarks));
        List<String> behaviorNames = new ArrayList<>();
        for (String name : options.behavior()) {
            NwbSeries series = file.series(name);
            series.requireSamples();
            behavior.add(series);
            behaviorNames.addAll(options.behavior().size() > 1 ? series.prefixedNames() : series.names());
        }
        requireUnique("--inputs", inputs.names());
        requireUnique("--behavior", behaviorNames);
        boolean hasTrials = trials.table() != null;
        if (options.inputs().isEmpty() && hasTrials) {
            remarks.add("no inputs; --inputs takes columns of the trials table and time series");
        }
        description = new RecordingDescription(activity.description().neurons(), activity.width(), inputs.names(),
                behaviorNames, activity.description().observation(), hasTrials, List.of(),
                file.hdf().file().getFileName().toString(),
                Optional.empty());
    }

    private NwbActivity units(RecordingOptions options, int spikesInMemory) {
        List<DynamicTable> tables = file.units(options.unitTables());
        if (tables.size() == 1) {
            return new UnitActivity(file, tables.getFirst(), options, spikesInMemory, remarks);
        }
        return JoinedUnits.of(file, tables, options, spikesInMemory, remarks);
    }

    private static void requireUnique(String option, List<String> names) {
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (!seen.add(name)) {
                throw new InvalidInputException(option + " makes two channels named " + name + ", expected each once");
            }
        }
    }

    @Override
    public String name() {
        return Recording.name(file.hdf().file(), "nwb|h5|hdf5");
    }

    @Override
    public RecordingDescription describe() {
        return description;
    }

    @Override
    public int trials() {
        return trials.count();
    }

    @Override
    public int bins(int trial) {
        return trials.bins(trial);
    }

    @Override
    public String observationChoice() {
        return activity.description().choice();
    }

    @Override
    public List<String> remarks() {
        return List.copyOf(remarks);
    }

    @Override
    public synchronized Optional<FileTimes> times() {
        return Optional.of(new FileTimes(trials.starts(), trials.stops(), activity.spikeTimes(trials),
                Stream.of(activity.series().stream(), inputs.series().stream(), behavior.stream())
                        .flatMap(each -> each).map(NwbSeries::times).toList()));
    }

    @Override
    public long rigTimeNs(int trial, int bin, long sessionBin) {
        return Math.round((trials.start(trial) + (bin + 1) * activity.width()) * NS_PER_SECOND);
    }

    @Override
    public synchronized float[] activity(int trial, int firstBin, int bins) {
        Objects.checkFromIndexSize(firstBin, bins, trials.bins(trial));
        float[] out = new float[Math.multiplyExact(bins, neurons())];
        activity.fill(trials.start(trial), firstBin, bins, out);
        hideInvalid(trials.start(trial), firstBin, bins, out);
        return out;
    }

    private void hideInvalid(double start, int firstBin, int bins, float[] out) {
        double width = activity.width();
        double slack = Bins.slack(width);
        for (int t = 0; t < bins && !invalid.isEmpty(); t++) {
            double from = start + (firstBin + t) * width + slack;
            double to = start + (firstBin + t + 1) * width - slack;
            if (invalid.touch(from, to)) {
                Arrays.fill(out, t * neurons(), (t + 1) * neurons(), Float.NaN);
            }
        }
    }

    @Override
    public synchronized float[] inputs(int trial, int firstBin, int bins) {
        Objects.checkFromIndexSize(firstBin, bins, trials.bins(trial));
        float[] out = new float[Math.multiplyExact(bins, inputs())];
        inputs.fill(trial, firstBin, bins, out);
        return out;
    }

    @Override
    public synchronized Optional<float[]> behavior(int trial, int firstBin, int bins) {
        Objects.checkFromIndexSize(firstBin, bins, trials.bins(trial));
        if (behavior.isEmpty()) {
            return Optional.empty();
        }
        float[] out = new float[Math.multiplyExact(bins, behaviors())];
        int offset = 0;
        for (NwbSeries series : behavior) {
            series.fill(NwbSeries.Binning.INTERPOLATED, trials.start(trial), activity.width(),
                    firstBin, bins, out, offset, behaviors());
            offset += series.channels();
        }
        return Optional.of(out);
    }

    @Override
    public void close() {
        file.close();
    }
}
