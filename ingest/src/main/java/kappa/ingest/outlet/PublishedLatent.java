package kappa.ingest.outlet;

/**
 * κ of one bin, as it was published. Who takes it owns its arrays.
 *
 * @param kappa [K]
 * @param covariance lower triangle by rows, [K (K + 1) / 2]
 * @param inputs [S] u(t)
 * @param trialStart whether the bin is the first of its trial
 * @param rigTimeNs end of the bin on the rig's clock
 * @param hostUnixNs the same in Unix time of the publishing host; 0 where it is unknown
 * @param modelVersion of the model that filtered the bin; 0 before the first
 */
public record PublishedLatent(long bin, float[] kappa, float[] covariance, float[] inputs, long trial,
        boolean trialStart, long rigTimeNs, long hostUnixNs, long modelVersion) {}
