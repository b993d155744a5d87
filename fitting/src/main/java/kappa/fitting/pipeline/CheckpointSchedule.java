package kappa.fitting.pipeline;

import kappa.ingest.wire.Checkpoint;

/** When a session's next checkpoint is due, and when it may be stored. Not thread-safe. */
final class CheckpointSchedule {

    private static final int LOCKSTEP_TRIALS = 10;
    private static final long LIVE_NS = 1_000_000_000L;
    /** What checkpoints may take of the broker, bytes a second: about half of what a thousand neurons take at 50 bins/s. */
    private static final long LIVE_BYTES_PER_S = 32_768;

    private final boolean lockstep;
    /** When the last checkpoint was stored, or the session began here; and whether the next one is on its way. */
    private long storedAtNs = System.nanoTime();
    private boolean wanted;
    private Checkpoint due;
    private Checkpoint newest;

    CheckpointSchedule(boolean lockstep) {
        this.lockstep = lockstep;
    }

    /** Goes on from a checkpoint. */
    void restore(Checkpoint checkpoint) {
        newest = checkpoint;
    }

    /** Whether the trial that ends, the session's so many-th, is to have a checkpoint made of it. */
    boolean wants(long trials) {
        if (lockstep) {
            return trials % LOCKSTEP_TRIALS == 0;
        }
        long bytes = newest == null ? 0 : newest.getSerializedSize();
        long pauseNs = Math.max(LIVE_NS, bytes * 1_000_000_000L / LIVE_BYTES_PER_S);
        if (wanted || System.nanoTime() - storedAtNs < pauseNs) {
            return false;
        }
        wanted = true;
        return true;
    }

    void made(Checkpoint checkpoint) {
        due = checkpoint;
    }

    boolean isDue() {
        return due != null;
    }

    /**
     * Takes the checkpoint that may be stored now, or null: it may say that bins are accounted for only once the broker has
     * their latents.
     *
     * @param acknowledged the broker has kappa of all bins before this one
     */
    Checkpoint takeStorable(long acknowledged) {
        if (due == null || acknowledged < due.getNextBin()) {
            return null;
        }
        Checkpoint storable = due;
        due = null;
        return storable;
    }

    void stored(Checkpoint checkpoint) {
        newest = checkpoint;
        storedAtNs = System.nanoTime();
        wanted = false;
    }

    /** The newest that is stored; null without any. */
    Checkpoint newest() {
        return newest;
    }
}
