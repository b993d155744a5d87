package kappa.ingest.replay;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingDescription;
import kappa.ingest.recording.Warning;
import kappa.ingest.wire.Fault;
import kappa.ingest.wire.PlaybackControl;
import kappa.ingest.wire.PlaybackState;
import kappa.ingest.wire.WireChecks;

/**
 * A recording, or a part of it, as a session that can be sought in and looped. Wherever it jumps, the session goes on: its bin
 * index stays consecutive and its trial numbers grow, while each bin keeps the recording's rig time and says in its clock which
 * bin of the recording it was ({@code sample}: so many were over at its end) and how many jumps, and new beginnings of the
 * clock in the recording, came before ({@code epoch}).
 *
 * <p>In a recording with trials the part begins with a trial, and a jump goes to the beginning of one: where a trial is entered
 * in its middle, what it was before is not known. Trial numbers are the recording's until a jump back would repeat one; from
 * then on they are shifted.
 *
 * <p>Times are seconds from the recording's first bin: bins times bin width. Not thread-safe, but for {@link #fault}.
 */
public final class Playback implements BinSource {

    private static final int UNKNOWN = -1;

    private final Recording session;
    private final long bins;
    private final long from;
    private final long until;
    private final boolean loop;
    private BinSource source; // stands at position
    private long position;
    private long published; // bins of the session before position
    private int epoch;
    private int recordedEpoch; // of the bin before position in the recording; UNKNOWN after a jump
    private long trialShift;
    private long lastTrial = -1;

    /**
     * @param from first bin of the recording to replay; with trials, the trial that holds it is begun with
     * @param until the bin before which to stop, more than {@code from} and at most all
     * @param loop whether to begin again there, without end
     * @throws InvalidInputException if the part is empty or beyond the recording
     */
    public Playback(Recording session, long from, long until, boolean loop) {
        bins = session.bins();
        if (from < 0 || from >= until || until > bins) {
            throw new InvalidInputException("bins " + from + " to " + until + " of " + session.describe().origin()
                    + ": expected a part of its " + bins);
        }
        this.session = session;
        this.from = begin(from);
        this.until = until;
        this.loop = loop;
        goTo(this.from);
    }

    /** All of a recording, once. */
    public Playback(Recording session) {
        this(session, 0, session.bins(), false);
    }

    @Override
    public String name() {
        return session.name();
    }

    @Override
    public RecordingDescription describe() {
        return session.describe();
    }

    @Override
    public List<Warning> warnings() {
        return session.warnings();
    }

    /** As things stand: a jump changes it. */
    @Override
    public long bins() {
        return loop ? -1 : published + Math.max(0, until - position);
    }

    @Override
    public boolean next(RecordedBin bin) {
        if (!more() || !source.next(bin)) {
            return false;
        }
        position++;
        published++;
        if (recordedEpoch != UNKNOWN && bin.epoch != recordedEpoch) {
            epoch++;
        }
        recordedEpoch = bin.epoch;
        bin.clocked = true;
        bin.sample = position;
        bin.epoch = epoch;
        if (session.hasTrials()) {
            lastTrial = bin.trial + trialShift;
            bin.trial = lastTrial;
        }
        return true;
    }

    /** Whether a bin follows; at the end of a loop's part, after the jump to its beginning. */
    private boolean more() {
        if (position >= until && loop) {
            jump(from);
        }
        return position < until;
    }

    /** @throws IllegalArgumentException if so many bins are not left */
    @Override
    public void skip(long count) {
        for (long left = count; left > 0;) {
            if (!more()) {
                throw new IllegalArgumentException("cannot skip " + count + " bins: " + left + " are too many");
            }
            long step = Math.min(left, until - position);
            source.skip(step);
            position += step;
            published += step;
            lastTrial = session.hasTrials() ? trialShift + trial(position - 1) : -1;
            left -= step;
        }
    }

    /**
     * Goes on after the bin that was published last, also where the playback had jumped before. A jump that no bin followed is
     * forgotten.
     *
     * @throws InvalidInputException if that bin is not of this recording
     */
    @Override
    public void resume(long count, RecordedBin last) {
        if (!last.clocked) {
            skip(count);
            return;
        }
        long over = last.sample;
        if (over < 1 || over > bins) {
            throw new InvalidInputException(session.describe().origin()
                    + ": the session on the topics has stopped after bin "
                    + over
                    + " of its recording, but this one has " + bins + "; expected the recording that was replayed");
        }
        goTo(over - 1);
        RecordedBin same = describe().newBin();
        source.next(same);
        position = over;
        recordedEpoch = same.epoch;
        published = count;
        epoch = last.epoch;
        if (session.hasTrials()) {
            lastTrial = last.trial;
            trialShift = lastTrial - trial(over - 1);
        }
    }

    /**
     * Jumps, as {@link PlaybackControl#getSeekS} asks.
     *
     * @param seconds such that {@link #fault} finds nothing wrong
     */
    void seek(double seconds) {
        jump(begin(bin(seconds)));
    }

    private void jump(long to) {
        goTo(to);
        epoch++;
        if (session.hasTrials()) {
            trialShift = Math.max(trialShift, lastTrial + 1 - trial(to));
        }
    }

    private void goTo(long bin) {
        if (source != null) {
            source.close();
        }
        source = session.source();
        source.skip(bin);
        position = bin;
        recordedEpoch = UNKNOWN;
    }

    /** Why a request cannot be followed, if so. Thread-safe. */
    Optional<Fault> fault(PlaybackControl wish) {
        Optional<Fault> fault = WireChecks.control(wish);
        if (fault.isEmpty() && wish.hasSeekS() && (bin(wish.getSeekS()) < from || bin(wish.getSeekS()) >= until)) {
            return WireChecks.badControl("seek_s", wish.getSeekS(), from * session.binWidthSeconds() + " to less than "
                    + until * session.binWidthSeconds() + ", the part that is replayed");
        }
        return fault;
    }

    private long bin(double seconds) {
        return Math.round(seconds / session.binWidthSeconds());
    }

    /** The bin itself, or the first of the trial that holds it. */
    private long begin(long bin) {
        return session.hasTrials() ? IntStream.range(0, trial(bin)).mapToLong(session::bins).sum() : bin;
    }

    private int trial(long bin) {
        int trial = 0;
        for (long end = session.bins(0); end <= bin; end += session.bins(trial)) {
            trial++;
        }
        return trial;
    }

    /** Where the playback is and what it plays; the rest is the publisher's to say. */
    PlaybackState.Builder state() {
        return PlaybackState.newBuilder().setBins(bins).setFrom(from).setUntil(until).setLoop(loop)
                .setPosition(position).setEpoch(epoch);
    }

    @Override
    public void close() {
        source.close();
        session.close();
    }
}
