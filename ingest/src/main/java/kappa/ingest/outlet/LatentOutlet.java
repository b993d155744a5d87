package kappa.ingest.outlet;

/** Sends latent states to other programs. One thread. */
public interface LatentOutlet extends AutoCloseable {

    /**
     * A new bin has its latent state.
     *
     * @param bin counted from the session's start
     * @param kappa [K], not to be kept
     * @param hostUnixNs Unix time of this host at the end of the bin; 0 where it is unknown
     */
    void kappa(long bin, float[] kappa, long hostUnixNs);

    /** The latent state of a bin lies beyond a threshold, and that of the bin before it did not. */
    void crossing(Threshold threshold, long bin, float value, long hostUnixNs);

    @Override
    void close();
}
