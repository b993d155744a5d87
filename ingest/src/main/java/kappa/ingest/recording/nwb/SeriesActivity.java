package kappa.ingest.recording.nwb;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.SpikeTimes;

/** The channels of a time series: counts are summed in bins, rates and currents averaged. */
final class SeriesActivity implements NwbActivity {

    /** Numbers of a series that are looked at for their range. */
    private static final long LOOKED_AT = 1L << 24;

    private final NwbSeries series;
    private final Description description;

    /**
     * @param name of the series
     * @param remarks takes what is worth a line to the user
     */
    SeriesActivity(NwbFile file, String name, RecordingOptions options, List<String> remarks) {
        if (!options.unitsText().isEmpty()) {
            throw new InvalidInputException("--units is " + options.unitsText()
                    + " cannot be combined with --series, because it selects rows of the units table");
        }
        if (options.rate().isPresent()) {
            throw new InvalidInputException("--rate is " + options.rate().getAsDouble()
                    + " cannot be combined with --series, because a series has its own");
        }
        series = file.series(name);
        series.requireSamples();
        double width = options.binWidth().orElse(step(remarks));
        if (width < series.step() * (1 - 1e-6)) {
            throw new InvalidInputException(String.format(Locale.ROOT,
                    "--bin-width is %s, expected at least %.6g s, the time between samples of %s", width, series.step(),
                    series.path()));
        }
        Observation observation = observation(options.observe(), remarks);
        description = new Description(series.names(), width, observation,
                choice(observation, options.observe().isPresent()));
    }

    private double step(List<String> remarks) {
        if (!(series.step() > 0)) {
            throw series.data().invalid("has no time between its samples, expected --bin-width");
        }
        remarks.add(
                String.format(Locale.ROOT, "bins of %.6g s, the series' own; --bin-width overrides", series.step()));
        return series.step();
    }

    private Observation observation(Optional<Observation> asked, List<String> remarks) {
        if (asked.isPresent() && asked.get() != Observation.COUNTS) {
            return asked.get();
        }
        boolean counts = asked.isPresent();
        long rows = Math.min(series.rows(), Math.max(1, LOOKED_AT / series.channels()));
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (long i = 0; i < rows; i++) {
            for (int c = 0; c < series.channels(); c++) {
                double value = series.value(i, c);
                if (counts && !Double.isNaN(value) && (value < 0 || value != Math.rint(value))) {
                    throw series.data().invalid("sample " + i + " of channel " + c + " is " + value
                            + ", expected a whole number from 0, because counts were asked for");
                }
                low = Math.min(low, Double.isNaN(value) ? low : value);
                high = Math.max(high, Double.isNaN(value) ? high : value);
            }
        }
        if (low > high) {
            throw series.data().invalid("no value in its first " + rows + " samples, every one is NaN");
        }
        if (counts) {
            return Observation.COUNTS;
        }
        remarks.add(String.format(Locale.ROOT, "%s goes from %.4g to %.4g%s", series.path(), low, high,
                rows < series.rows() ? " in its first " + rows + " samples" : ""));
        return low >= -1 && high <= 1 ? Observation.RATES : Observation.CURRENTS;
    }

    private String choice(Observation observation, boolean asked) {
        return "activity taken as " + observation.name().toLowerCase(Locale.ROOT) + (asked ? ", as asked" : "")
                + ", from time series " + series.path()
                + (asked
                        ? ""
                        : ": " + (observation == Observation.RATES ? "within" : "beyond")
                                + " [-1, 1]; --observe rates, currents or counts overrides");
    }

    @Override
    public Description description() {
        return description;
    }

    @Override
    public Optional<SpikeTimes> spikeTimes(NwbTrials trials) {
        return Optional.empty();
    }

    @Override
    public Optional<NwbSeries> series() {
        return Optional.of(series);
    }

    /** The channels of a series are observed wherever they have samples. */
    @Override
    public void requireObservedIn(NwbTrials trials) {
        // Bins without samples are NaN.
    }

    @Override
    public double[] extent() {
        return new double[]{series.firstTime(), series.lastTime() + Math.max(series.step(), width())};
    }

    @Override
    public void fill(double start, int firstBin, int bins, float[] out) {
        boolean counts = description.observation() == Observation.COUNTS;
        series.fill(counts ? NwbSeries.Binning.SUM : NwbSeries.Binning.MEAN, start, width(), firstBin, bins, out, 0,
                series.channels());
    }
}
