package kappa.ingest.recording;

import java.util.List;
import java.util.function.Consumer;

/**
 * A session as a stream of bins: from a file, a rig or a simulated rig. A publisher needs nothing else.
 *
 * <p>Not thread-safe: one reader at a time.
 */
public interface BinSource extends AutoCloseable {

    /** A short name fit for a session id: characters out of A-Z a-z 0-9 . _ - only. */
    String name();

    /** What all bins have in common; it never changes. */
    RecordingDescription describe();

    /** Number of bins in all, or -1 if the source never ends by itself. */
    long bins();

    /**
     * Fills {@code bin}, every field of it, with the next bin. The rig time of bin t is (t + 1) bin widths after the session's
     * start unless the recording knows better.
     *
     * @param bin of the size that {@link #describe} says
     * @return false at the end, where {@code bin} means nothing; and where a live source's thread is interrupted while it waits
     *         for a bin, which it still is then
     */
    boolean next(RecordedBin bin);

    /** Whether bins come at a rig's own pace: {@link #next} waits for each, and nobody else needs to. */
    default boolean live() {
        return false;
    }

    /** A remark for the status line in the terminal; may be empty. */
    default String status() {
        return "";
    }

    /** What looks wrong with the recording, as far as it is known. A live source may say something else after each bin. */
    default List<Warning> warnings() {
        return List.of();
    }

    /**
     * Names one who is told how the rig is, in a few words such as "acquisition is stopped", whenever that changes, and on the
     * thread that calls {@link #next}, also while that waits. A source that is no rig tells nothing.
     */
    default void tell(Consumer<String> listener) {}

    void skip(long bins);

    /**
     * Goes on where an earlier publisher of the same session stopped. Called once, before the first bin.
     *
     * @param bins how many are on the topic, at least 1
     * @param last the last of them
     */
    default void resume(long bins, RecordedBin last) {
        skip(bins);
    }

    /** Lets go of what is held open, if anything. */
    @Override
    default void close() {}
}
