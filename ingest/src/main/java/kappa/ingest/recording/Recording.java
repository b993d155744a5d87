package kappa.ingest.recording;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import kappa.ingest.InvalidInputException;

/**
 * A recorded session whose every bin can be looked up. What fits in memory is checked as a whole when it is opened, so that
 * reading cannot fail; where a larger file is read bit by bit, reading a damaged place throws an {@link InvalidInputException}.
 *
 * <p>Arrays are flat with the last index contiguous: [bins, neurons] means element (t, i) at {@code t * neurons + i}. They are
 * fresh and belong to the caller. Trials and bins are counted from 0; bins count within their trial. A session without trials
 * is one trial as long as itself.
 *
 * <p>Implementations are thread-safe, and what they return never changes. Nothing can be read once a session is closed.
 */
public interface Recording extends AutoCloseable {

    /** Characters of a name. */
    int MAX_NAME = 128;

    /** A short name fit for a session id: 1 to 128 characters out of A-Z a-z 0-9 . _ - only. */
    String name();

    /** What all bins have in common; always the same. */
    RecordingDescription describe();

    /** Number of trials, at least 1. */
    int trials();

    /** Whether the recording is cut into trials; otherwise {@link #trials()} is 1. */
    default boolean hasTrials() {
        return describe().trials();
    }

    /** Number of bins of a trial, at least 1. */
    int bins(int trial);

    /** Number of bins of all trials. */
    default long bins() {
        return IntStream.range(0, trials()).mapToLong(this::bins).sum();
    }

    /** N, at least 1. */
    default int neurons() {
        return describe().neurons().size();
    }

    /** S, the number of input channels; may be 0. */
    default int inputs() {
        return describe().inputs().size();
    }

    /** Number of behaviour channels; may be 0. */
    default int behaviors() {
        return describe().behaviors().size();
    }

    /** O, the number of target channels; may be 0. */
    default int targets() {
        return 0;
    }

    default double binWidthSeconds() {
        return describe().binWidthSeconds();
    }

    default Observation observation() {
        return describe().observation();
    }

    /** How {@link #observation()} was chosen, as one line to print. */
    String observationChoice();

    /** What else is worth a line to the user about how the file was read. */
    default List<String> remarks() {
        return List.of();
    }

    /** What looks wrong; empty unless {@link Plausibility#checked} has looked at the recording. */
    default List<Warning> warnings() {
        return List.of();
    }

    /** What the file says of times before they become bins; empty where it has none, as an array of bins. */
    default Optional<FileTimes> times() {
        return Optional.empty();
    }

    /** Whether something in the file confirms that bins come before neurons in its array: it might be turned round. */
    default boolean binsFirst() {
        return true;
    }

    /** Activity [bins, neurons] of a part of a trial; NaN where not observed, else finite. */
    float[] activity(int trial, int firstBin, int bins);

    default float[] activity(int trial) {
        return activity(trial, 0, bins(trial));
    }

    /** Inputs u [bins, S] of a part of a trial, finite. Bin t has already seen u_t. */
    float[] inputs(int trial, int firstBin, int bins);

    /** Inputs u [bins, S] of a trial, finite; of zero length if there are none. */
    default float[] inputs(int trial) {
        return inputs(trial, 0, bins(trial));
    }

    /** Behaviour [bins, behaviors] of a part of a trial, NaN where unknown; empty if none was recorded. */
    Optional<float[]> behavior(int trial, int firstBin, int bins);

    default Optional<float[]> behavior(int trial) {
        return behavior(trial, 0, bins(trial));
    }

    /** What the readout should have been [bins, O] in a trial, NaN where nothing was asked; empty if the session has none. */
    default Optional<float[]> targets(int trial) {
        return Optional.empty();
    }

    /**
     * Weights of the targets [bins, O] in a trial, finite; empty if the session has none. A file may hold one weight a bin: it
     * is repeated here for each target channel.
     */
    default Optional<float[]> mask(int trial) {
        return Optional.empty();
    }

    /**
     * When a bin is over, nanoseconds on the rig's clock. Unless the recording knows better, its bins follow one another from 0.
     *
     * @param sessionBin the same bin, counted from the session's start
     */
    default long rigTimeNs(int trial, int bin, long sessionBin) {
        return Math.round((sessionBin + 1) * binWidthSeconds() * 1e9);
    }

    /** Writes what else is known of a bin to it: its phase, the epoch of the rig's clock, and what was lost. */
    default void mark(int trial, int bin, RecordedBin target) {
        // Most files say nothing of that.
    }

    /**
     * The session as a stream of bins from its start. Each call gives an independent one. Closing it leaves the session as it
     * is.
     */
    default BinSource source() {
        return new RecordingSource(this);
    }

    /**
     * The name of a session out of a file: the file's own, without its extension.
     *
     * @param extension regular expression
     */
    static String name(Path file, String extension) {
        String base = file.getFileName().toString().replaceFirst("(?i)\\.(" + extension + ")$", "");
        String name = base.isEmpty() ? "session" : base.replaceAll("[^A-Za-z0-9._-]", "-");
        return name.substring(0, Math.min(MAX_NAME, name.length()));
    }

    /** Lets go of the file, if one is open. */
    @Override
    default void close() {
        // A session in memory holds nothing open.
    }
}
