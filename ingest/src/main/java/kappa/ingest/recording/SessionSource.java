package kappa.ingest.recording;

import kappa.ingest.wire.Bin;
import kappa.ingest.wire.SessionHeader;

/**
 * A session as a stream of bins: an archived file, or a simulated rig. Whoever publishes it needs to know nothing else.
 *
 * <p>Not thread-safe: one reader at a time.
 */
public interface SessionSource extends AutoCloseable {

    /**
     * Values and inputs beyond this are no measurements. Their squares would overflow a float, and a noise variance that is
     * infinite once stays so: the filter would never look at that neuron again.
     */
    float MAX_MAGNITUDE = 1e9f;

    /** A short name fit for a session id: characters out of A-Z a-z 0-9 . _ - only. */
    String name();

    /**
     * What the header says of the recording: neurons, bin width, channels, observation, trials, phases and origin. Session
     * id and fit settings are the publisher's to add.
     */
    SessionHeader.Builder describe();

    /** Number of bins in all, or -1 if the source never ends by itself. */
    long bins();

    /**
     * Fills {@code bin}, which is cleared first, with the next bin. The rig time of bin t is (t + 1) bin widths after the
     * session's start unless the recording knows better.
     *
     * @return false at the end, with {@code bin} cleared; and where a live source's thread is interrupted while it waits for a
     *         bin, which it still is then
     */
    boolean next(Bin.Builder bin);

    /** Whether bins come at a rig's own pace: {@link #next} waits for each, and nobody else needs to. */
    default boolean live() {
        return false;
    }

    /** What someone who watches the terminal should know just now, to be added to a line; empty if nothing. */
    default String status() {
        return "";
    }

    /** Skips {@code bins} bins. */
    void skip(long bins);

    /**
     * Goes on where an earlier publisher of the same session stopped. Called once, before the first bin.
     *
     * @param bins how many are on the topic, at least 1
     * @param last the last of them
     */
    default void resume(long bins, Bin last) {
        skip(bins);
    }

    @Override
    void close();
}
