package kappa.ingest.session;

/**
 * How a recording is replayed.
 *
 * @param bins of the recording
 * @param from first bin of the part that is replayed
 * @param until the bin after its last
 * @param loop whether it begins again at {@code from}, without end
 * @param speed multiple of the rig's own time; infinite for as fast as possible
 * @param position the recording's bin that comes next
 * @param epoch of that bin
 * @param publishedUnixNs names this state among those of the session
 */
public record ReplayState(long bins, long from, long until, boolean loop, boolean paused, double speed, long position,
        long epoch, long publishedUnixNs) {}
