package kappa.ingest.recording.nwb;

import io.jhdf.api.Group;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Bins;
import kappa.ingest.recording.FileTimes;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.hdf5.Hdf5Data;
import kappa.ingest.recording.hdf5.Hdf5File;

/**
 * A time series of NWB: samples [time, channels] and when each was taken, by a rate or by a time stamp each. A value is
 * data * conversion (* channel_conversion) + offset. A block of rows is in memory at a time. Not thread-safe.
 */
final class NwbSeries {

    /** Time stamps of series up to this long are held in memory. */
    private static final int STAMPS_IN_MEMORY = 1 << 21;

    private static final int STAMPS_PER_BLOCK = 1 << 16;
    private static final int MAX_BLOCK_NUMBERS = 1 << 20;

    /** Steps between samples of which the median is taken. */
    private static final int STEPS_LOOKED_AT = 1000;

    /** Samples whose time stamps are not in order are left out if they are at most this share of all. */
    private static final double MAX_BAD_STAMPS = 0.01;

    /** Samples further apart than this many steps are not interpolated between. */
    private static final int MAX_GAP_STEPS = 10;

    private static final Pattern COLUMNS = Pattern.compile("columns\\s*=\\s*\\[([^]]*)]");

    private final String path;
    private final Hdf5Data data;
    private final long rows; // of data
    private final long samples; // rows with a time that can be used
    private final int[] rowOf; // of each sample; null if all rows are samples
    private final int channels;
    private final double[] scale;
    private final double offset;
    private final List<String> names;
    private final double start;
    private final double step;
    private final SortedTimes stamps; // null if the series has a rate

    private final int blockRows;
    private double[] block;
    private long blockFrom = -1;

    NwbSeries(Hdf5File file, Group group) {
        this.path = Hdf5File.path(group);
        this.data = file.data(group, "data");
        if (data == null) {
            throw file.invalid(path + " has no data set 'data', expected a time series");
        }
        long[] shape = data.shape();
        if ((shape.length != 1 && shape.length != 2) || data.width() < 1 || data.width() > 100_000) {
            throw data.invalid("shape " + Arrays.toString(shape) + ": expected [times] or [times, channels]");
        }
        if (data.kind() != Hdf5Data.Kind.NUMBER && data.kind() != Hdf5Data.Kind.BOOL) {
            throw data.invalid("holds " + data.kind() + ", expected numbers");
        }
        this.rows = data.rows();
        this.channels = (int) data.width();
        this.offset = file.number(data.node(), "offset").orElse(0);
        this.scale = new double[channels];
        Arrays.fill(scale, file.number(data.node(), "conversion").orElse(1));
        Hdf5Data perChannel = file.data(group, "channel_conversion");
        if (perChannel != null) {
            double[] factors = perChannel.numbers();
            if (factors.length != channels) {
                throw perChannel.invalid(factors.length + " elements, expected " + channels + ", one for each channel");
            }
            Arrays.setAll(scale, c -> scale[c] * factors[c]);
        }
        this.names = names(file.text(group, "comments"), channels, Hdf5File.path(group).replaceFirst(".*/", ""));

        Hdf5Data times = file.data(group, "timestamps");
        Hdf5Data starting = file.data(group, "starting_time");
        if (times != null) {
            if (times.rows() != rows || times.shape().length != 1) {
                throw times.invalid("shape " + Arrays.toString(times.shape()) + ", expected [" + rows
                        + "], one time for each row of data");
            }
            if (rows <= STAMPS_IN_MEMORY) {
                double[] all = times.numbers();
                this.rowOf = RisingTimes.all(all) ? null : rising(times, all);
                this.stamps = new SortedTimes(
                        rowOf == null ? all : IntStream.of(rowOf).mapToDouble(row -> all[row]).toArray());
            } else {
                this.rowOf = null;
                this.stamps = new SortedTimes(times, "a time stamp", 0, rows, STAMPS_PER_BLOCK, 1);
            }
            this.start = rows == 0 ? 0 : stamps.first();
            this.step = medianStep();
        } else if (starting != null) {
            double rate = file.number(starting.node(), "rate").orElse(Double.NaN);
            if (!(rate > 0 && Double.isFinite(rate))) {
                throw starting.invalid("rate is " + rate + ", expected a number of samples per second");
            }
            this.stamps = null;
            this.rowOf = null;
            this.start = starting.numbers()[0];
            this.step = 1 / rate;
            if (!Double.isFinite(start)) {
                throw starting.invalid("is " + start + ", expected a time in seconds");
            }
        } else {
            throw file.invalid(path + " has neither timestamps nor starting_time: expected one of them");
        }
        this.samples = rowOf == null ? rows : rowOf.length;
        long perChunk = data.rowsPerChunk();
        long fit = Math.max(1, MAX_BLOCK_NUMBERS / channels);
        // Whole chunks, so that each is decompressed once by a reader that goes on in time.
        this.blockRows = (int) Math.min(Math.max(1, rows), perChunk >= fit ? perChunk : fit / perChunk * perChunk);
    }

    /** The rows whose times rise, if all but a few do. */
    private static int[] rising(Hdf5Data times, double[] stamps) {
        int[] rows = RisingTimes.longest(stamps);
        if (stamps.length - rows.length > MAX_BAD_STAMPS * stamps.length) {
            int bad = RisingTimes.firstFall(stamps);
            throw times.invalid("element " + bad + " is " + stamps[bad] + ", expected a time in seconds, not before"
                    + " the one before it");
        }
        return rows;
    }

    private double medianStep() {
        int steps = (int) Math.min(stamps.size() - 1, STEPS_LOOKED_AT);
        double[] found = IntStream.range(0, Math.max(0, steps)).mapToDouble(i -> stamps.at(i + 1) - stamps.at(i))
                .sorted().toArray();
        return found.length == 0 ? 0 : found[found.length / 2];
    }

    private static List<String> names(String comments, int channels, String series) {
        Matcher columns = COLUMNS.matcher(comments);
        if (columns.find()) {
            List<String> given = Arrays.stream(columns.group(1).split(",", -1))
                    .map(name -> name.strip().replaceAll("^['\"]|['\"]$", "")).toList();
            if (given.size() == channels && given.stream().distinct().count() == channels
                    && given.stream().noneMatch(String::isEmpty)) {
                return given;
            }
        }
        return channels == 1 ? List.of(series) : IntStream.range(0, channels).mapToObj(c -> series + " " + c).toList();
    }

    String path() {
        return path;
    }

    Hdf5Data data() {
        return data;
    }

    /** @throws InvalidInputException if there are none */
    void requireSamples() {
        if (rows == 0) {
            throw data.invalid("no samples, expected at least one");
        }
    }

    /** Names of the channels with the series' name before them. */
    List<String> prefixedNames() {
        String name = path().replaceFirst(".*/", "");
        return names().stream().map(own -> own.startsWith(name) ? own : name + " " + own).toList();
    }

    /** Number of samples. */
    long rows() {
        return samples;
    }

    /** When it was sampled, for who judges that. */
    FileTimes.Series times() {
        int bad = (int) (rows - samples);
        long firstBad = bad == 0
                ? -1
                : IntStream.range(0, rowOf.length).filter(i -> rowOf[i] != i).findFirst().orElse(rowOf.length);
        return new FileTimes.Series(path, rows, channels, samples > 0 ? firstTime() : Double.NaN,
                samples > 0 ? lastTime() : Double.NaN, regular(), bad, firstBad);
    }

    int channels() {
        return channels;
    }

    List<String> names() {
        return names;
    }

    boolean regular() {
        return stamps == null;
    }

    /** Seconds from a sample to the next, the median if that varies; 0 if there are not two. */
    double step() {
        return step;
    }

    double firstTime() {
        return start;
    }

    double lastTime() {
        return time(samples - 1);
    }

    double time(long sample) {
        return stamps == null ? start + sample * step : stamps.at(sample);
    }

    /** The first sample that is not before {@code time}; their number if there is none. */
    long lowerBound(double time) {
        if (stamps != null) {
            return stamps.lowerBound(time);
        }
        double index = Math.ceil((time - start) / step);
        return (long) Math.clamp(index, 0.0, (double) samples);
    }

    double value(long sample, int channel) {
        long row = rowOf == null ? sample : rowOf[(int) sample];
        if (block == null || row < blockFrom || row >= blockFrom + block.length / channels) {
            blockFrom = row - row % blockRows;
            block = data.numbers(blockFrom, Math.min(blockRows, rows - blockFrom));
        }
        double raw = block[(int) (row - blockFrom) * channels + channel];
        double value = raw * scale[channel] + offset;
        if (Math.abs(value) > RecordedBin.MAX_MAGNITUDE) { // not NaN, which means unknown
            throw invalid(sample, channel, value);
        }
        return value;
    }

    InvalidInputException invalid(long sample, int channel, double value) {
        return data.invalid("sample " + sample + " of channel " + channel + " is " + value
                + ", expected a finite number, at most 1e12 in magnitude");
    }

    /** What becomes of several samples in a bin, and of none. */
    enum Binning {
        /** The mean; NaN if there are none: not observed. */
        MEAN,
        /** The sum; NaN if there are none. */
        SUM,
        /** The mean, or what a line between the samples around the bin is in its middle; NaN outside and in gaps. */
        INTERPOLATED,
        /** The mean, or the last sample before the bin; 0 before the first one. */
        HELD
    }

    /**
     * Puts samples into bins: {@link Bins#of} says into which.
     *
     * @param start of bin 0, seconds
     * @param out row t begins at {@code offset + t * stride}
     */
    void fill(Binning how, double start, double width, int firstBin, int bins, float[] out, int offset, int stride) {
        double[] sums = new double[bins * channels];
        int[] known = new int[bins * channels];
        int[] seen = new int[bins];
        for (long i = lowerBound(Bins.earliest(start, width, firstBin)); i < samples; i++) {
            long bin = Bins.of(time(i), start, width) - firstBin;
            if (bin >= bins) {
                break;
            }
            if (bin < 0) {
                continue;
            }
            seen[(int) bin]++;
            for (int c = 0; c < channels; c++) {
                double value = value(i, c);
                if (!Double.isNaN(value)) {
                    sums[(int) bin * channels + c] += value;
                    known[(int) bin * channels + c]++;
                }
            }
        }
        for (int t = 0; t < bins; t++) {
            for (int c = 0; c < channels; c++) {
                int n = known[t * channels + c];
                double value = how == Binning.SUM ? sums[t * channels + c] : sums[t * channels + c] / n;
                if (n == 0) {
                    value = seen[t] > 0 ? Double.NaN : without(how, start + (firstBin + t) * width, width, c);
                }
                if (how == Binning.HELD && Double.isNaN(value)) {
                    throw data.invalid("channel " + c + " is NaN at " + (start + (firstBin + t) * width)
                            + " s, expected numbers in an input");
                }
                out[offset + t * stride + c] = (float) value;
            }
        }
    }

    /** For a bin without samples. */
    private double without(Binning how, double binStart, double width, int channel) {
        return switch (how) {
            case MEAN, SUM -> Double.NaN;
            case HELD -> {
                long after = lowerBound(binStart);
                yield after == 0 ? 0 : value(after - 1, channel);
            }
            case INTERPOLATED -> {
                double middle = binStart + width / 2;
                long after = lowerBound(middle);
                if (after == 0 || after == samples) {
                    yield Double.NaN;
                }
                double t0 = time(after - 1);
                double t1 = time(after);
                if (t1 - t0 > MAX_GAP_STEPS * step) {
                    yield Double.NaN;
                }
                double before = value(after - 1, channel);
                yield before + (value(after, channel) - before) * (middle - t0) / (t1 - t0);
            }
        };
    }
}
