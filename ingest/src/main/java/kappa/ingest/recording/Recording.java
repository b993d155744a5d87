package kappa.ingest.recording;

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

    /** A short name fit for a session id: 1 to 128 characters out of A-Z a-z 0-9 . _ - only. */
    String name();

    /** Where it comes from, in words for the user: the file's name. */
    String origin();

    /** Number of trials, at least 1. */
    int trials();

    /** Whether the recording is cut into trials; otherwise {@link #trials()} is 1. */
    boolean hasTrials();

    /** Number of bins of a trial, at least 1. */
    int bins(int trial);

    /** Number of bins of all trials. */
    default long bins() {
        return IntStream.range(0, trials()).mapToLong(this::bins).sum();
    }

    /** N, at least 1. */
    int neurons();

    /** S, the number of input channels; may be 0. */
    int inputs();

    /** Number of behaviour channels; may be 0. */
    int behaviors();

    /** O, the number of target channels; may be 0. */
    int targets();

    /** Width of a bin in seconds. */
    double binWidthSeconds();

    /** What one number of activity is: rates, currents or counts. */
    Observation observation();

    /** How {@link #observation()} was chosen, as one line to print. */
    String observationChoice();

    /** What else is worth a line to the user about how the file was read. */
    default List<String> remarks() {
        return List.of();
    }

    /** N unique ids. */
    default List<String> neuronNames() {
        return numbered("", neurons());
    }

    /** S names. */
    default List<String> inputNames() {
        return numbered("input ", inputs());
    }

    /** One name for each behaviour channel. */
    default List<String> behaviorNames() {
        return numbered("behavior ", behaviors());
    }

    /** What the inputs were made with, if they are not the recording's own alone. */
    default Optional<InputBasis> inputBasis() {
        return Optional.empty();
    }

    private static List<String> numbered(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
    }

    /** Activity [bins, neurons] of a part of a trial; NaN where not observed, else finite. */
    float[] activity(int trial, int firstBin, int bins);

    /** Activity [bins, neurons] of a trial; NaN where not observed, else finite. */
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

    /** Behaviour [bins, behaviors] of a trial, NaN where unknown; empty if none was recorded. */
    default Optional<float[]> behavior(int trial) {
        return behavior(trial, 0, bins(trial));
    }

    /** What the readout should have been [bins, O] in a trial, NaN where nothing was asked; empty if the session has none. */
    Optional<float[]> targets(int trial);

    /**
     * Weights of the targets [bins, O] in a trial, finite; empty if the session has none. A file may hold one weight a bin: it
     * is repeated here for each target channel.
     */
    Optional<float[]> mask(int trial);

    /**
     * When a bin is over, nanoseconds on the rig's clock. Unless the recording knows better, its bins follow one another from 0.
     *
     * @param sessionBin the same bin, counted from the session's start
     */
    default long rigTimeNs(int trial, int bin, long sessionBin) {
        return Math.round((sessionBin + 1) * binWidthSeconds() * 1e9);
    }

    /** What all bins have in common. */
    default RecordingDescription describe() {
        return new RecordingDescription(neuronNames(), binWidthSeconds(), inputNames(), behaviorNames(), observation(),
                hasTrials(), List.of(), origin(), inputBasis());
    }

    /**
     * The session as a stream of bins from its start. Each call gives an independent one. Closing it leaves the session as it
     * is.
     */
    default BinSource source() {
        return new RecordingSource(this);
    }

    /** Lets go of the file, if one is open. */
    @Override
    default void close() {
        // A session in memory holds nothing open.
    }
}
