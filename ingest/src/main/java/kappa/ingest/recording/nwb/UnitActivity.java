package kappa.ingest.recording.nwb;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Bins;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.SpikeTimes;
import kappa.ingest.recording.hdf5.Hdf5Data;
import kappa.ingest.recording.rows.RowFilter;

/** Spikes of units, counted in bins. Which bins a unit was observed in follows from {@code obs_intervals}. */
final class UnitActivity implements NwbActivity {

    private static final double DEFAULT_BIN_WIDTH_S = 0.02;

    private final NwbFile file;
    private final DynamicTable units;
    private final List<String> neurons;
    private final double width;
    private final Description description;
    private final SpikeTrains spikes;
    private final List<Intervals> observed; // of each unit; null if all of them always are

    /**
     * @param spikesInMemory up to which all of a table's are held in memory
     * @param remarks takes what is worth a line to the user
     */
    UnitActivity(NwbFile file, DynamicTable units, RecordingOptions options, int spikesInMemory, List<String> remarks) {
        this.file = file;
        this.units = units;
        int[] rows = RowFilter.rows("--units", options.units(), units);
        neurons = IntStream.of(rows).mapToObj(units::idText).toList();
        requireUnique();
        width = options.binWidth().orElse(DEFAULT_BIN_WIDTH_S);
        if (options.binWidth().isEmpty()) {
            remarks.add("bins of 20 ms; --bin-width overrides");
        }
        Observation asked = options.observe().orElse(Observation.COUNTS);
        if (asked != Observation.COUNTS) {
            throw new InvalidInputException("--observe is " + asked.name().toLowerCase(Locale.ROOT)
                    + ", expected counts: spikes of units are counted; --series NAME takes a time series");
        }
        description = new Description(neurons, width, asked,
                "activity taken as counts: spikes of " + rows.length + " of "
                        + units.rows() + " units of " + units.path());
        spikes = new SpikeTrains(units, rows, spikesInMemory, options.rate().orElse(1));
        remarks.addAll(spikes.remarks());
        observed = observed(units, rows);
    }

    private void requireUnique() {
        Set<String> seen = new HashSet<>();
        for (String id : neurons) {
            if (!seen.add(id)) {
                throw units.invalid("id " + id + " is there twice, expected each once");
            }
        }
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

    @Override
    public Description description() {
        return description;
    }

    @Override
    public Optional<SpikeTimes> spikeTimes(NwbTrials trials) {
        SpikeTimes times = spikes.survey();
        trials.span().ifPresent(span -> times.setWithinTrials(spikes.within(span[0], span[1])));
        return Optional.of(times);
    }

    @Override
    public Optional<NwbSeries> series() {
        return Optional.empty();
    }

    @Override
    public void requireObservedIn(NwbTrials trials) {
        if (observed == null) {
            return;
        }
        for (Intervals intervals : new HashSet<>(observed)) {
            for (int trial = 0; trial < trials.count(); trial++) {
                double start = trials.start(trial);
                if (intervals.touch(start, start + trials.bins(trial) * width)) {
                    return;
                }
            }
        }
        throw units.invalid("no unit is observed in any trial: obs_intervals lie outside all of them");
    }

    @Override
    public double[] extent() {
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
                if (spikes.train(unit).size() > 0) {
                    // A whole bin at either end: all that is known is that something was recorded then.
                    first = Math.min(first, Math.floor(spikes.train(unit).first() / width) * width);
                    double end = (Math.floor(spikes.train(unit).last() / width) + 1) * width;
                    NwbTrials.bins(file, width, first, end,
                            "the recording, as unit " + neurons.get(unit) + " says by its last spike,");
                    last = Math.max(last, end);
                }
            }
        }
        if (first > last) {
            throw units.invalid("no spikes, no obs_intervals and no trials: nothing says when was recorded");
        }
        return new double[]{first, last};
    }

    @Override
    public void fill(double start, int firstBin, int bins, float[] out) {
        int n = neurons.size();
        for (int unit = 0; unit < n; unit++) {
            spikes.count(unit, start, width, firstBin, bins, out, unit, n);
        }
        if (observed == null) {
            return;
        }
        Map<Intervals, boolean[]> hidden = new HashMap<>();
        for (int unit = 0; unit < n; unit++) {
            boolean[] hide = hidden.computeIfAbsent(observed.get(unit), own -> unobserved(own, start, firstBin, bins));
            for (int t = 0; t < bins; t++) {
                if (hide[t]) {
                    out[t * n + unit] = Float.NaN;
                }
            }
        }
    }

    private boolean[] unobserved(Intervals own, double start, int firstBin, int bins) {
        boolean[] hide = new boolean[bins];
        double slack = Bins.slack(width);
        for (int t = 0; t < bins; t++) {
            hide[t] = !own.contain(start + (firstBin + t) * width + slack, start + (firstBin + t + 1) * width - slack);
        }
        return hide;
    }
}
