package kappa.analysis;

/**
 * What was seen in one bin, apart from the neurons.
 *
 * @param bin the session's index of the bin
 * @param trial number of its trial in the session
 * @param trialStart whether it is the trial's first bin
 * @param phase 0 for none; else the header's phases count from 1
 * @param inputs [S] u
 * @param behavior [channels], NaN where unknown; empty if none was recorded
 * @param kappa [K] as the filter found it, in the axes of {@code modelVersion}
 * @param modelVersion of the snapshot that the filter used
 * @param silenced the recorded neurons that the rig held silent, ascending; mostly none
 * @param intervention the id of the request that the rig silenced them for; empty if it did so by itself
 */
public record ObservedBin(long bin, long trial, boolean trialStart, int phase, float[] inputs, float[] behavior,
        float[] kappa, long modelVersion, int[] silenced, String intervention) {}
