package kappa.ingest.recording;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import kappa.ingest.InvalidInputException;

/**
 * How a recorded file becomes a session, as the command line says.
 *
 * @param observe what activity is taken as; empty to let the file decide
 * @param binWidth seconds, in (0, 60]
 * @param align column of the trials table with the time that trials are cut around
 * @param window seconds around it
 * @param inputs trial columns and time series that become inputs
 * @param behavior time series that become behaviour
 * @param units which rows of the units table are neurons, such as {@code heldout == false}
 * @param trials which rows of the trials table are trials
 * @param series time series whose channels are the neurons, in place of the units
 */
public record RecordingOptions(Optional<Observation> observe, OptionalDouble binWidth, Optional<String> align,
        Optional<Window> window, List<String> inputs, List<String> behavior, Optional<String> units,
        Optional<String> trials, Optional<String> series) {

    /** Nothing but what the file says. */
    public static final RecordingOptions NONE = observed(null);

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
        if (binWidth.isPresent() && !(binWidth.getAsDouble() >= 1e-6 && binWidth.getAsDouble() <= 60)) {
            throw new InvalidInputException(
                    "--bin-width is " + binWidth.getAsDouble() + ", expected seconds in [1e-6, 60], such as 0.02");
        }
        if (align.isPresent() != window.isPresent()) {
            throw new InvalidInputException(align.isPresent()
                    ? "--align " + align.get() + " needs --window FROM:TO, such as --window -0.2:0.8"
                    : "--window needs --align COLUMN, a column of the trials table with times");
        }
    }

    /** Nothing but what is observed; null to let the file decide that too. */
    public static RecordingOptions observed(Observation observe) {
        return new RecordingOptions(Optional.ofNullable(observe), OptionalDouble.empty(), Optional.empty(),
                Optional.empty(), List.of(), List.of(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** Names of those options that are given and make sense for some files only. */
    public List<String> special() {
        List<String> given = new ArrayList<>();
        binWidth.ifPresent(_ -> given.add("--bin-width"));
        align.ifPresent(_ -> given.add("--align"));
        if (!inputs.isEmpty()) {
            given.add("--inputs");
        }
        if (!behavior.isEmpty()) {
            given.add("--behavior");
        }
        units.ifPresent(_ -> given.add("--units"));
        trials.ifPresent(_ -> given.add("--only-trials"));
        series.ifPresent(_ -> given.add("--series"));
        return given;
    }
}
