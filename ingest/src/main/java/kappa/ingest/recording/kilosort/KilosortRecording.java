package kappa.ingest.recording.kilosort;

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
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Bins;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingDescription;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.rows.RowFilter;
import kappa.ingest.recording.rows.Rows;

/**
 * A session out of a folder that Kilosort or another sorter has written for phy: spikes of clusters, counted in bins from sample
 * 0 to the last spike. It has no trials. Clusters whose group is noise are left out unless {@code --units} says what is a neuron.
 *
 * <p>The spikes lie in mapped files and may be more than fit in memory. Thread-safe; one thread reads at a time.
 */
public final class KilosortRecording implements Recording {

    private static final double DEFAULT_BIN_WIDTH_S = 0.02;

    /** Rig time is counted in nanoseconds, in a long. */
    private static final double MAX_TIME_S = 9e9;

    private static final int MAX_BINS = Integer.MAX_VALUE - 64;

    private final Path folder;
    private final ClusteredSpikes spikes;
    private final double rate;
    private final int bins;
    private final int[] neurons; // by id of the cluster; -1 for one that is none
    private final List<String> remarks = new ArrayList<>();
    private final RecordingDescription description;
    private final String choice;

    /** Whether a folder holds the spikes of a sorter. */
    public static boolean isKilosort(Path folder) {
        return Files.isRegularFile(folder.resolve(ClusteredSpikes.TIMES))
                && (Files.isRegularFile(folder.resolve(ClusteredSpikes.CLUSTERS))
                        || Files.isRegularFile(folder.resolve(ClusteredSpikes.TEMPLATES)));
    }

    /**
     * Opens a folder and looks at all of its spikes.
     *
     * @throws InvalidInputException if it is not such a folder, or the options do not suit it
     */
    public static KilosortRecording open(Path folder, RecordingOptions options) {
        ClusteredSpikes spikes = ClusteredSpikes.open(folder);
        try {
            return new KilosortRecording(folder, spikes, options);
        } catch (RuntimeException | Error e) {
            spikes.close();
            throw e;
        }
    }

    private KilosortRecording(Path folder, ClusteredSpikes spikes, RecordingOptions options) {
        this.folder = folder;
        this.spikes = spikes;
        Observation asked = options.observe().orElse(Observation.COUNTS);
        if (asked != Observation.COUNTS) {
            throw new InvalidInputException("--observe is " + asked.name().toLowerCase(Locale.ROOT)
                    + ", expected counts: spikes of clusters are counted");
        }
        if (!options.unitTables().isEmpty()) {
            throw new InvalidInputException("--units is " + options.unitsText()
                    + ", expected a filter of clusters, such as 'group == good'");
        }
        rate = rate(options.rate());
        double width = options.binWidth().orElse(DEFAULT_BIN_WIDTH_S);
        if (options.binWidth().isEmpty()) {
            remarks.add("bins of 20 ms; --bin-width overrides");
        }
        bins = bins(width);
        ClusterTable table = new ClusterTable(folder, spikes.ids());
        int[] rows = options.units().isPresent()
                ? RowFilter.rows("--units", options.units(), table)
                : withoutNoise(table);
        int[] ids = IntStream.of(rows).map(table::id).toArray();
        neurons = new int[ids[ids.length - 1] + 1];
        Arrays.fill(neurons, -1);
        IntStream.range(0, ids.length).forEach(i -> neurons[ids[i]] = i);
        for (String column : List.of(ClusterTable.GROUP, ClusterTable.LABEL)) {
            if (table.has(column)) {
                remarks.add("clusters by " + column + ": " + table.summary(column));
            }
        }
        long chosen = IntStream.of(ids).mapToLong(spikes::spikes).sum();
        remarks.add(String.format(Locale.ROOT, "%d of %d spikes are of the neurons; one stretch from 0 to %.3f s",
                chosen, spikes.size(), bins * width));
        description = new RecordingDescription(IntStream.of(ids).mapToObj(Integer::toString).toList(), width, List.of(),
                List.of(), Observation.COUNTS, false, List.of(), folder.toAbsolutePath().getFileName().toString(),
                Optional.empty());
        choice = "activity taken as counts: spikes of " + ids.length + " of " + table.rows() + " clusters of " + folder;
    }

    private double rate(OptionalDouble given) {
        OptionalDouble own = given.isPresent() ? OptionalDouble.empty() : ParameterFile.sampleRate(folder);
        if (given.isEmpty() && own.isEmpty()) {
            throw new InvalidInputException(folder
                    + ": no params.py with a line sample_rate = HZ: expected one, or --rate HZ, samples per second");
        }
        return given.orElseGet(own::getAsDouble);
    }

    private int bins(double width) {
        double end = spikes.last() / rate;
        long whole = end <= MAX_TIME_S ? Bins.of(end, 0, width) + 1 : Long.MAX_VALUE;
        if (whole > MAX_BINS) {
            throw new InvalidInputException(folder + ": its last spike is at sample " + spikes.last() + ", at " + rate
                    + " Hz after " + end + " s: expected at most 9e9 s and " + MAX_BINS + " bins of " + width + " s");
        }
        return (int) whole;
    }

    private int[] withoutNoise(ClusterTable table) {
        String[] groups = table.has(ClusterTable.GROUP) ? table.column(ClusterTable.GROUP).texts() : null;
        int[] rows = IntStream.range(0, table.rows())
                .filter(row -> groups == null || !groups[row].equals(ClusterTable.NOISE)).toArray();
        if (rows.length == 0) {
            throw table
                    .invalid("all " + table.rows() + " are noise, expected at least one that is none; --units chooses");
        }
        int noise = table.rows() - rows.length;
        String good = table.has(ClusterTable.GROUP) ? ClusterTable.GROUP : ClusterTable.LABEL;
        if (noise > 0) {
            remarks.add(noise + " clusters are noise and left out");
        }
        if (table.has(good) && isText(table.column(good))) {
            remarks.add("--units '" + good + " == good' takes the good ones only");
        }
        return rows;
    }

    private static boolean isText(Rows.Column column) {
        return column.kind().equals("text") && Arrays.asList(column.texts()).contains("good");
    }

    @Override
    public String name() {
        return Recording.name(folder.toAbsolutePath().normalize(), "phy");
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
        return bins;
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
    public synchronized float[] activity(int trial, int firstBin, int count) {
        Objects.checkFromIndexSize(firstBin, count, bins);
        float[] out = new float[Math.multiplyExact(count, neurons())];
        spikes.count(rate, binWidthSeconds(), firstBin, count, neurons, neurons(), out);
        return out;
    }

    @Override
    public float[] inputs(int trial, int firstBin, int count) {
        return new float[0];
    }

    @Override
    public Optional<float[]> behavior(int trial, int firstBin, int count) {
        return Optional.empty();
    }

    @Override
    public void close() {
        spikes.close();
    }
}
