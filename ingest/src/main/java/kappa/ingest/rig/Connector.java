package kappa.ingest.rig;

/** One rig: passes its data to the assembler. */
public interface Connector extends AutoCloseable {

    /**
     * Runs on a thread of its own until the recording is over, or the thread is interrupted.
     *
     * @throws InterruptedException if the thread was interrupted
     */
    void run(BinAssembler bins, RigStatus status) throws InterruptedException;

    @Override
    void close();
}
