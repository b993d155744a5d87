package kappa.ingest.recording.nwb;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;

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

    private static final double DEFAULT_BIN_WIDTH_S = 0.02;

    private static final double NS_PER_SECOND = 1e9;

    /** Rig time is counted in nanoseconds, in a long. */
    private static final double MAX_TIME_S = 9e9;

    private static final int MAX_BINS = Integer.MAX_VALUE - 64;

    /** Spikes up to which all are held in memory: 64 MB. */
    private static final int SPIKES_IN_MEMORY = 8_000_000;

    /** Values of a text column that become inputs. */
    private static final int MAX_VALUES = 64;

    /** Numbers of a series that are looked at for their range. */
    private static final long LOOKED_AT = 1L << 24;

    private static final int MAX_NAME = 128;

    private final NwbFile file;
    private final List<String> remarks = new ArrayList<>();
    private final double width;
    private final Observation observation;
    private final String observationChoice;

    private final SpikeTrains spikes; // null if a series is observed
    private final List<Intervals> observed; // of each unit; null if all of them always are
    private final NwbSeries activity; // null if spikes are observed
    private final Intervals invalid;
    private final List<String> neurons;

    private final boolean hasTrials;
    private final double[] start;
    private final int[] length;
    private final int[] row; // in the trials table

    private final List<Channels> inputs = new ArrayList<>();
    private final List<String> inputNames = new ArrayList<>();
    private final List<NwbSeries> behavior = new ArrayList<>();
    private final List<String> behaviorNames = new ArrayList<>();

    /** Inputs of one origin. */
    private interface Channels {
        int count();

        void fill(int trial, int firstBin, int bins, float[] out, int offset, int stride);
    }

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
        this.invalid = file.invalidTimes();
        if (options.series().isPresent()) {
            if (options.units().isPresent()) {
                throw new InvalidInputException("--units is " + options.units().get()
                        + ", expected it without --series: it chooses rows of the units table");
            }
            this.activity = file.series(options.series().get());
            if (activity.rows() == 0) {
                throw activity.data().invalid("no samples, expected at least one");
            }
            this.spikes = null;
            this.observed = null;
            this.neurons = activity.names();
            this.width = options.binWidth().orElse(seriesStep());
            requireSamplesInBins();
            this.observation = observation(options.observe());
            this.observationChoice = choice(options.observe().isPresent());
        } else {
            DynamicTable units = file.units();
            int[] rows = chosen("--units", options.units(), units);
            this.activity = null;
            this.neurons = IntStream.of(rows).mapToObj(units::idText).toList();
            requireUnique(units);
            this.width = options.binWidth().orElse(DEFAULT_BIN_WIDTH_S);
            if (options.binWidth().isEmpty()) {
                remarks.add("bins of 20 ms; --bin-width overrides");
            }
            this.observation = options.observe().orElse(Observation.COUNTS);
            if (observation != Observation.COUNTS) {
                throw new InvalidInputException("--observe is " + observation.name().toLowerCase(Locale.ROOT)
                        + ", expected counts: spikes of units are counted; --series NAME takes a time series");
            }
            this.observationChoice = "activity taken as counts: spikes of " + rows.length + " of " + units.rows()
                    + " units of " + units.path();
            this.spikes = new SpikeTrains(units, rows, spikesInMemory);
            remarks.addAll(spikes.remarks());
            this.observed = observed(units, rows);
        }
        DynamicTable trials = file.trials();
        this.hasTrials = trials != null;
        if (trials == null) {
            requireNoTrials(options);
            double[] extent = extent();
            this.start = new double[]{extent[0]};
            this.length = new int[]{bins(extent[0], extent[1], "the recording")};
            this.row = new int[]{-1};
            remarks.add(String.format(Locale.ROOT, "no table of trials: one stretch from %.3f to %.3f s", extent[0],
                    extent[1]));
        } else {
            List<Double> starts = new ArrayList<>();
            List<Integer> lengths = new ArrayList<>();
            List<Integer> kept = new ArrayList<>();
            cut(trials, options, starts, lengths, kept);
            this.start = starts.stream().mapToDouble(x -> x).toArray();
            this.length = lengths.stream().mapToInt(x -> x).toArray();
            this.row = kept.stream().mapToInt(x -> x).toArray();
        }
        requireObserved();
        options.inputs().forEach(name -> addInput(trials, name));
        for (String name : options.behavior()) {
            NwbSeries series = file.series(name);
            requireSamples(series);
            behavior.add(series);
            behaviorNames.addAll(prefixed(series, options.behavior().size() > 1));
        }
        requireUnique("--inputs", inputNames);
        requireUnique("--behavior", behaviorNames);
        if (options.inputs().isEmpty() && hasTrials) {
            remarks.add("no inputs; --inputs takes columns of the trials table and time series");
        }
    }

    // ------------------------------------------------------------------ what is observed

    private static int[] chosen(String option, Optional<String> filter, DynamicTable table) {
        if (filter.isEmpty()) {
            if (table.rows() == 0) {
                throw table.invalid("has no rows, expected at least one");
            }
            return IntStream.range(0, table.rows()).toArray();
        }
        boolean[] chosen = RowFilter.choose(option, filter.get(), table);
        int[] rows = IntStream.range(0, chosen.length).filter(i -> chosen[i]).toArray();
        if (rows.length == 0) {
            throw table.invalid("none of its " + table.rows() + " rows is such that " + filter.get()
                    + ", expected at least one (" + option + ")");
        }
        return rows;
    }

    private void requireUnique(DynamicTable units) {
        Set<String> seen = new HashSet<>();
        for (String id : neurons) {
            if (!seen.add(id)) {
                throw units.invalid("id " + id + " is there twice, expected each once");
            }
        }
    }

    private double seriesStep() {
        if (!(activity.step() > 0)) {
            throw activity.data().invalid("has no time between its samples, expected --bin-width");
        }
        remarks.add(
                String.format(Locale.ROOT, "bins of %.6g s, the series' own; --bin-width overrides", activity.step()));
        return activity.step();
    }

    private void requireSamplesInBins() {
        if (width < activity.step() * (1 - 1e-6)) {
            throw new InvalidInputException(String.format(Locale.ROOT,
                    "--bin-width is %s, expected at least %.6g s, the time between samples of %s", width,
                    activity.step(),
                    activity.path()));
        }
    }

    private Observation observation(Optional<Observation> asked) {
        if (asked.isPresent() && asked.get() != Observation.COUNTS) {
            return asked.get();
        }
        boolean counts = asked.isPresent();
        long rows = Math.min(activity.rows(), Math.max(1, LOOKED_AT / activity.channels()));
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (long i = 0; i < rows; i++) {
            for (int c = 0; c < activity.channels(); c++) {
                double value = activity.value(i, c);
                if (counts && !Double.isNaN(value) && (value < 0 || value != Math.rint(value))) {
                    throw activity.data().invalid("sample " + i + " of channel " + c + " is " + value
                            + ", expected a whole number from 0, because counts were asked for");
                }
                low = Math.min(low, Double.isNaN(value) ? low : value);
                high = Math.max(high, Double.isNaN(value) ? high : value);
            }
        }
        if (low > high) {
            throw activity.data().invalid("no value in its first " + rows + " samples, every one is NaN");
        }
        if (counts) {
            return Observation.COUNTS;
        }
        remarks.add(String.format(Locale.ROOT, "%s goes from %.4g to %.4g%s", activity.path(), low, high,
                rows < activity.rows() ? " in its first " + rows + " samples" : ""));
        return low >= -1 && high <= 1 ? Observation.RATES : Observation.CURRENTS;
    }

    private String choice(boolean asked) {
        return "activity taken as " + observation.name().toLowerCase(Locale.ROOT) + (asked ? ", as asked" : "")
                + ", from time series " + activity.path()
                + (asked
                        ? ""
                        : ": " + (observation == Observation.RATES ? "within" : "beyond")
                                + " [-1, 1]; --observe rates, currents or counts overrides");
    }

    /** Of each unit when it was observed; null if the table does not say. */
    private static List<Intervals> observed(DynamicTable units, int[] rows) {
        DynamicTable.Column column = units.find("obs_intervals");
        if (column == null) {
            return null;
        }
        Hdf5Data data = column.data();
        if (data.shape().length != 2 || data.width() != 2) {
            throw data.invalid("shape " + Arrays.toString(data.shape()) + ", expected [intervals, 2]");
        }
        long[] bounds = units.bounds(column);
        double[] all = data.numbers();
        Map<Intervals, Intervals> same = new HashMap<>(); // units of an array mostly share theirs
        List<Intervals> observed = new ArrayList<>();
        for (int unit : rows) {
            int count = (int) (bounds[unit + 1] - bounds[unit]);
            double[] from = new double[count];
            double[] to = new double[count];
            for (int i = 0; i < count; i++) {
                from[i] = all[2 * ((int) bounds[unit] + i)];
                to[i] = all[2 * ((int) bounds[unit] + i) + 1];
            }
            Intervals own = Intervals.union(from, to);
            observed.add(same.computeIfAbsent(own, x -> x));
        }
        return observed;
    }

    private void requireObserved() {
        if (observed == null) {
            return;
        }
        for (Intervals intervals : new HashSet<>(observed)) {
            for (int trial = 0; trial < start.length; trial++) {
                if (intervals.touch(start[trial], start[trial] + length[trial] * width)) {
                    return;
                }
            }
        }
        throw file.units().invalid("no unit is observed in any trial: obs_intervals lie outside all of them");
    }

    // ------------------------------------------------------------------ trials

    private static void requireNoTrials(RecordingOptions options) {
        List<String> given = new ArrayList<>();
        options.align().ifPresent(column -> given.add("--align is " + column));
        options.trials().ifPresent(filter -> given.add("--only-trials is " + filter));
        if (!given.isEmpty()) {
            throw new InvalidInputException(
                    given.getFirst() + ", expected a file with a table of trials: this one has none");
        }
    }

    /** Seconds from the first to the last thing that is known. */
    private double[] extent() {
        if (activity != null) {
            return new double[]{activity.firstTime(), activity.lastTime() + Math.max(activity.step(), width)};
        }
        double first = Double.POSITIVE_INFINITY;
        double last = Double.NEGATIVE_INFINITY;
        if (observed != null) {
            for (Intervals intervals : observed) {
                first = intervals.isEmpty() ? first : Math.min(first, intervals.first());
                last = intervals.isEmpty() ? last : Math.max(last, intervals.last());
            }
        }
        if (first > last) {
            for (int unit = 0; unit < spikes.units(); unit++) {
                if (spikes.spikes(unit) > 0) {
                    // A whole bin at either end: all that is known is that something was recorded then.
                    first = Math.min(first, Math.floor(spikes.train(unit).first() / width) * width);
                    double end = (Math.floor(spikes.train(unit).last() / width) + 1) * width;
                    bins(first, end, "the recording, as unit " + neurons.get(unit) + " says by its last spike,");
                    last = Math.max(last, end);
                }
            }
        }
        if (first > last) {
            throw file.units().invalid("no spikes, no obs_intervals and no trials: nothing says when was recorded");
        }
        return new double[]{first, last};
    }

    private int bins(double from, double to, String what) {
        if (!(Math.abs(from) <= MAX_TIME_S && Math.abs(to) <= MAX_TIME_S)) {
            throw file.hdf().invalid(what + " goes from " + from + " to " + to + " s, expected times within 9e9 s");
        }
        long bins = Bins.between(from, to, width);
        if (bins > MAX_BINS) {
            throw file.hdf().invalid(what + " goes from " + from + " to " + to + " s, " + bins + " bins of " + width
                    + " s: expected at most " + MAX_BINS);
        }
        return (int) Math.max(bins, 0);
    }

    private void cut(DynamicTable trials, RecordingOptions options, List<Double> starts, List<Integer> lengths,
            List<Integer> kept) {
        int[] rows = chosen("--only-trials", options.trials(), trials);
        double[] from = options.align().map(trials::numbers).orElseGet(() -> trials.numbers("start_time"));
        double[] to = options.align().isPresent() ? from : trials.numbers("stop_time");
        int untimed = 0;
        int tooShort = 0;
        for (int trial : rows) {
            double begin = from[trial];
            double end = to[trial];
            if (options.window().isPresent()) {
                begin = from[trial] + options.window().get().from();
                end = from[trial] + options.window().get().to();
            }
            if (Double.isNaN(begin) || Double.isNaN(end)) {
                untimed++;
                continue;
            }
            int bins = bins(begin, end, "trial " + trials.idText(trial));
            if (bins == 0) {
                tooShort++;
                continue;
            }
            starts.add(begin);
            lengths.add(bins);
            kept.add(trial);
        }
        String times = options.align().orElse("start_time and stop_time");
        if (untimed > 0) {
            remarks.add(untimed + " of " + rows.length + " trials left out: their " + times + " is NaN");
        }
        if (tooShort > 0) {
            remarks.add(
                    tooShort + " of " + rows.length + " trials left out: they last less than a bin of " + width + " s");
        }
        if (starts.isEmpty()) {
            throw trials.invalid(
                    "no trial is left of " + rows.length + ": " + untimed + " have no " + times + ", " + tooShort
                            + " last less than a bin of " + width + " s");
        }
        int overlapping = 0;
        for (int i = 1; i < starts.size(); i++) {
            if (starts.get(i) < starts.get(i - 1) + lengths.get(i - 1) * width - Bins.slack(width)) {
                overlapping++;
            }
        }
        if (overlapping > 0) {
            remarks.add(overlapping + " trials begin before the one before them is over: its last spikes are in both");
        }
    }

    // ------------------------------------------------------------------ inputs and behaviour

    private static void requireSamples(NwbSeries series) {
        if (series.rows() == 0) {
            throw series.data().invalid("no samples, expected at least one");
        }
    }

    private static void requireUnique(String option, List<String> names) {
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (!seen.add(name)) {
                throw new InvalidInputException(option + " makes two channels named " + name + ", expected each once");
            }
        }
    }

    private static List<String> prefixed(NwbSeries series, boolean several) {
        String name = series.path().replaceFirst(".*/", "");
        return several
                ? series.names().stream().map(own -> own.startsWith(name) ? own : name + " " + own).toList()
                : series.names();
    }

    private void addInput(DynamicTable trials, String name) {
        if (trials != null && trials.has(name)) {
            DynamicTable.Column column = trials.plain(name);
            if (column.data().kind() == Hdf5Data.Kind.TEXT) {
                addText(name, column.data().texts());
            } else {
                addNumbers(trials, name, column.data().numbers());
            }
            return;
        }
        if (!file.hasSeries(name)) {
            throw file.hdf().invalid("--inputs: " + Hdf5File.printable(name)
                    + " is neither a column of the trials table nor a time series: expected one of "
                    + String.join(", ", trials == null
                            ? List.of()
                            : trials.columns().stream()
                                    .filter(DynamicTable.Column::usable).map(DynamicTable.Column::name).toList())
                    + "; " + String.join(", ", file.seriesPaths()));
        }
        NwbSeries series = file.series(name);
        requireSamples(series);
        inputNames.addAll(prefixed(series, true));
        inputs.add(new Channels() {
            @Override
            public int count() {
                return series.channels();
            }

            @Override
            public void fill(int trial, int firstBin, int bins, float[] out, int offset, int stride) {
                series.fill(NwbSeries.Binning.HELD, start[trial], width, firstBin, bins, out, offset, stride);
            }
        });
        remarks.add("input " + series.path()
                + ": mean of the samples in a bin, else the last one before it, 0 before the first");
    }

    /** One channel for each value there is in the table, so that a choice of trials does not change them. */
    private void addText(String name, String[] texts) {
        List<String> values = Arrays.stream(texts).distinct().sorted().toList();
        if (values.size() > MAX_VALUES) {
            throw file.hdf().invalid("--inputs: column " + name + " has " + values.size()
                    + " different values, expected at most " + MAX_VALUES);
        }
        values.forEach(value -> inputNames.add(name + "=" + value));
        inputs.add(new Channels() {
            @Override
            public int count() {
                return values.size();
            }

            @Override
            public void fill(int trial, int firstBin, int bins, float[] out, int offset, int stride) {
                int value = values.indexOf(texts[row[trial]]);
                for (int t = 0; t < bins; t++) {
                    out[offset + t * stride + value] = 1;
                }
            }
        });
    }

    private void addNumbers(DynamicTable trials, String name, double[] numbers) {
        for (int trial : row) {
            if (!(Math.abs(numbers[trial]) <= RecordedBin.MAX_MAGNITUDE)) {
                throw trials.invalid("column " + name + " is " + numbers[trial] + " in trial " + trials.idText(trial)
                        + ", expected a number for an input; --only-trials '" + name
                        + " > -1e9' leaves such trials out");
            }
        }
        inputNames.add(name);
        inputs.add(new Channels() {
            @Override
            public int count() {
                return 1;
            }

            @Override
            public void fill(int trial, int firstBin, int bins, float[] out, int offset, int stride) {
                for (int t = 0; t < bins; t++) {
                    out[offset + t * stride] = (float) numbers[row[trial]];
                }
            }
        });
    }

    // ------------------------------------------------------------------ the session

    @Override
    public String name() {
        String base = origin().replaceFirst("(?i)\\.(nwb|h5|hdf5)$", "").replaceAll("[^A-Za-z0-9._-]", "-");
        String name = base.isEmpty() ? "session" : base;
        return name.substring(0, Math.min(MAX_NAME, name.length()));
    }

    @Override
    public String origin() {
        return file.hdf().file().getFileName().toString();
    }

    @Override
    public int trials() {
        return start.length;
    }

    @Override
    public boolean hasTrials() {
        return hasTrials;
    }

    @Override
    public int bins(int trial) {
        return length[trial];
    }

    @Override
    public int neurons() {
        return neurons.size();
    }

    @Override
    public int inputs() {
        return inputNames.size();
    }

    @Override
    public int behaviors() {
        return behaviorNames.size();
    }

    @Override
    public int targets() {
        return 0;
    }

    @Override
    public double binWidthSeconds() {
        return width;
    }

    @Override
    public Observation observation() {
        return observation;
    }

    @Override
    public String observationChoice() {
        return observationChoice;
    }

    @Override
    public List<String> remarks() {
        return List.copyOf(remarks);
    }

    @Override
    public List<String> neuronNames() {
        return neurons;
    }

    @Override
    public List<String> inputNames() {
        return List.copyOf(inputNames);
    }

    @Override
    public List<String> behaviorNames() {
        return List.copyOf(behaviorNames);
    }

    /** When a trial begins, seconds on the recording's clock. */
    public double startSeconds(int trial) {
        return start[trial];
    }

    @Override
    public long rigTimeNs(int trial, int bin, long sessionBin) {
        return Math.round((start[trial] + (bin + 1) * width) * NS_PER_SECOND);
    }

    @Override
    public synchronized float[] activity(int trial, int firstBin, int bins) {
        Objects.checkFromIndexSize(firstBin, bins, length[trial]);
        int n = neurons.size();
        float[] out = new float[Math.multiplyExact(bins, n)];
        if (activity != null) {
            NwbSeries.Binning how = observation == Observation.COUNTS ? NwbSeries.Binning.SUM : NwbSeries.Binning.MEAN;
            activity.fill(how, start[trial], width, firstBin, bins, out, 0, n);
        } else {
            for (int unit = 0; unit < n; unit++) {
                spikes.count(unit, start[trial], width, firstBin, bins, out, unit, n);
            }
        }
        hideUnobserved(trial, firstBin, bins, out);
        return out;
    }

    private void hideUnobserved(int trial, int firstBin, int bins, float[] out) {
        int n = neurons.size();
        if (observed == null && invalid.isEmpty()) {
            return;
        }
        Map<Intervals, boolean[]> hidden = new HashMap<>();
        for (int unit = 0; unit < n; unit++) {
            Intervals own = observed == null ? null : observed.get(unit);
            boolean[] hide = hidden.computeIfAbsent(own == null ? Intervals.NONE : own,
                    _ -> unobserved(own, trial, firstBin, bins));
            for (int t = 0; t < bins; t++) {
                if (hide[t]) {
                    out[t * n + unit] = Float.NaN;
                }
            }
        }
    }

    private boolean[] unobserved(Intervals own, int trial, int firstBin, int bins) {
        boolean[] hide = new boolean[bins];
        double slack = Bins.slack(width);
        for (int t = 0; t < bins; t++) {
            double from = start[trial] + (firstBin + t) * width + slack;
            double to = start[trial] + (firstBin + t + 1) * width - slack;
            hide[t] = (own != null && !own.contain(from, to)) || invalid.touch(from, to);
        }
        return hide;
    }

    @Override
    public synchronized float[] inputs(int trial, int firstBin, int bins) {
        Objects.checkFromIndexSize(firstBin, bins, length[trial]);
        float[] out = new float[Math.multiplyExact(bins, inputs())];
        int offset = 0;
        for (Channels channels : inputs) {
            channels.fill(trial, firstBin, bins, out, offset, inputs());
            offset += channels.count();
        }
        return out;
    }

    @Override
    public synchronized Optional<float[]> behavior(int trial, int firstBin, int bins) {
        Objects.checkFromIndexSize(firstBin, bins, length[trial]);
        if (behavior.isEmpty()) {
            return Optional.empty();
        }
        float[] out = new float[Math.multiplyExact(bins, behaviors())];
        int offset = 0;
        for (NwbSeries series : behavior) {
            series.fill(NwbSeries.Binning.INTERPOLATED, start[trial], width, firstBin, bins, out, offset, behaviors());
            offset += series.channels();
        }
        return Optional.of(out);
    }

    @Override
    public Optional<float[]> targets(int trial) {
        return Optional.empty();
    }

    @Override
    public Optional<float[]> mask(int trial) {
        return Optional.empty();
    }

    @Override
    public void close() {
        file.close();
    }
}
