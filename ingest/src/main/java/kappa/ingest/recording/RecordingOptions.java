package kappa.ingest.recording;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import kappa.ingest.InvalidInputException;

/**
 * How a recorded file becomes a session, as the command line says. Immutable.
 *
 * @param observe what activity is taken as; empty to let the file decide
 * @param binWidth seconds, in (0, 60]
 * @param rate samples or frames per second of a recording that does not say so itself; of spike times, how many of their units
 *        make a second
 * @param align column of the trials table with the time that trials are cut around
 * @param window seconds around it
 * @param inputs trial columns and time series that become inputs
 * @param behavior time series that become behaviour
 * @param unitTables tables of units whose rows are the neurons; empty to let the file decide
 * @param units which rows of the units table are neurons, such as {@code heldout == false}
 * @param trialTable table of intervals whose rows are the trials; empty for the one named trials
 * @param trials which rows of the trials table are trials
 * @param series time series whose channels are the neurons, in place of the units
 * @param names of arrays in the file, by the names that they have in an NPZ session
 * @param streams which streams of a file are what, and what markers mean
 */
public record RecordingOptions(Optional<Observation> observe, OptionalDouble binWidth, OptionalDouble rate,
        Optional<String> align, Optional<Window> window, List<String> inputs, List<String> behavior,
        List<String> unitTables, Optional<String> units, Optional<String> trialTable, Optional<String> trials,
        Optional<String> series, Map<String, String> names, StreamOptions streams) {

    /** Nothing but what the file says. */
    public static final RecordingOptions NONE = builder().build();

    private static final double MAX_RATE_HZ = 1e6;

    /**
     * A time window around an event.
     *
     * @param from seconds, negative before it
     * @param to seconds, after {@code from}
     */
    public record Window(double from, double to) {
        public Window {
            if (!(from < to && to - from <= 1e6 && Math.abs(from) <= 1e6)) {
                throw new InvalidInputException("--window is " + from + ":" + to
                        + ", expected seconds FROM:TO around --align, such as -0.2:0.8");
            }
        }
    }

    public RecordingOptions {
        inputs = List.copyOf(inputs);
        behavior = List.copyOf(behavior);
        unitTables = List.copyOf(unitTables);
        names = Map.copyOf(names);
        if (binWidth.isPresent() && !(binWidth.getAsDouble() >= 1e-6 && binWidth.getAsDouble() <= 60)) {
            throw new InvalidInputException(
                    "--bin-width is " + binWidth.getAsDouble() + ", expected seconds in [1e-6, 60], such as 0.02");
        }
        if (rate.isPresent() && !(rate.getAsDouble() > 0 && rate.getAsDouble() <= MAX_RATE_HZ)) {
            throw new InvalidInputException("--rate is " + rate.getAsDouble()
                    + ", expected samples or frames per second in (0, 1e6], such as 30000 or 7.5");
        }
        if (align.isPresent() != window.isPresent()) {
            throw new InvalidInputException(align.isPresent()
                    ? "--align " + align.get() + " needs --window FROM:TO, such as --window -0.2:0.8"
                    : "--window needs --align COLUMN, a column of the trials table with times");
        }
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Nothing but what is observed; null to let the file decide that too. */
    public static RecordingOptions observed(Observation observe) {
        return builder().observe(observe).build();
    }

    /** The same with another width of bins. */
    public RecordingOptions withBinWidth(double seconds) {
        return new RecordingOptions(observe, OptionalDouble.of(seconds), rate, align, window, inputs, behavior,
                unitTables,
                units, trialTable, trials, series, names, streams);
    }

    /** Names of those options that are given and make sense for some files only. */
    public List<String> special() {
        Map<String, Boolean> all = new LinkedHashMap<>();
        all.put("--bin-width", binWidth.isPresent());
        all.put("--rate", rate.isPresent());
        all.put("--align", align.isPresent());
        all.put("--inputs", !inputs.isEmpty());
        all.put("--behavior", !behavior.isEmpty());
        all.put("--units", units.isPresent() || !unitTables.isEmpty());
        all.put("--trials", trialTable.isPresent());
        all.put("--only-trials", trials.isPresent());
        all.put("--series", series.isPresent());
        all.put("--map", !names.isEmpty());
        all.put("--stream", streams.stream().isPresent());
        all.put("--kind", streams.kind().isPresent());
        all.put("--markers", !streams.markers().isEmpty());
        all.put("--trial-start", streams.trialStart().isPresent());
        all.put("--trial-end", streams.trialEnd().isPresent());
        all.put("--marker-input", !streams.markerInputs().isEmpty());
        List<String> given = new ArrayList<>();
        all.forEach((name, is) -> {
            if (is) {
                given.add(name);
            }
        });
        return given;
    }

    /** The units that {@code --units} asks for, as a line that names them; for messages. */
    public String unitsText() {
        List<String> parts = new ArrayList<>(unitTables);
        units.ifPresent(parts::add);
        return String.join(", ", parts);
    }

    /** Options one by one; null is not given. Not thread-safe. */
    public static final class Builder {
        private Observation observe;
        private OptionalDouble binWidth = OptionalDouble.empty();
        private OptionalDouble rate = OptionalDouble.empty();
        private String align;
        private Window window;
        private List<String> inputs = List.of();
        private List<String> behavior = List.of();
        private List<String> unitTables = List.of();
        private String units;
        private String trialTable;
        private String trials;
        private String series;
        private Map<String, String> names = Map.of();
        private StreamOptions streams = StreamOptions.NONE;

        private Builder() {}

        public Builder observe(Observation given) {
            observe = given;
            return this;
        }

        /** @param seconds NaN is refused, null is not given */
        public Builder binWidth(Double seconds) {
            binWidth = seconds == null ? OptionalDouble.empty() : OptionalDouble.of(seconds);
            return this;
        }

        /** @param perSecond samples or frames, null is not given */
        public Builder rate(Double perSecond) {
            rate = perSecond == null ? OptionalDouble.empty() : OptionalDouble.of(perSecond);
            return this;
        }

        public Builder align(String column) {
            align = column;
            return this;
        }

        public Builder window(Window seconds) {
            window = seconds;
            return this;
        }

        public Builder inputs(List<String> given) {
            inputs = given;
            return this;
        }

        public Builder behavior(List<String> given) {
            behavior = given;
            return this;
        }

        public Builder unitTables(List<String> tables) {
            unitTables = tables;
            return this;
        }

        public Builder units(String filter) {
            units = filter;
            return this;
        }

        public Builder trialTable(String table) {
            trialTable = table;
            return this;
        }

        public Builder trials(String filter) {
            trials = filter;
            return this;
        }

        public Builder series(String name) {
            series = name;
            return this;
        }

        public Builder names(Map<String, String> map) {
            names = map;
            return this;
        }

        public Builder streams(StreamOptions given) {
            streams = given;
            return this;
        }

        /** @throws InvalidInputException if a value is out of its range, or two do not go together */
        public RecordingOptions build() {
            return new RecordingOptions(Optional.ofNullable(observe), binWidth, rate, Optional.ofNullable(align),
                    Optional.ofNullable(window), inputs, behavior, unitTables, Optional.ofNullable(units),
                    Optional.ofNullable(trialTable), Optional.ofNullable(trials), Optional.ofNullable(series), names,
                    streams);
        }
    }
}
