package kappa.ingest.session;

import java.util.List;

/**
 * The newest bin that has a kappa.
 *
 * @param kappa K numbers
 * @param covariance lower triangle by rows
 * @param sd standard deviations, K numbers
 * @param trial its trial; without meaning in a session without trials
 * @param phase 0 for none, else the phase's number from 1
 * @param epoch of the rig's clock
 * @param clock the bin's end on the other clocks; null where the rig tells its own time only
 * @param activityUnixNs when its activity was appended to kappa.activity
 */
public record NewestBin(long index, List<Float> kappa, List<Float> covariance, List<Double> sd, long rigTimeNs,
        long trial, int phase, boolean silenced, long epoch, Clock clock, long activityUnixNs) {

    /**
     * A bin's end on the clocks of rig and host.
     *
     * @param sample of the rig's acquisition
     * @param hostUnixNs Unix time of the host; 0 where it is not known
     * @param errorNs how far that may be off
     */
    public record Clock(long sample, long hostUnixNs, long errorNs) {}
}
