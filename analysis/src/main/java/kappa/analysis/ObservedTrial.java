package kappa.analysis;

/**
 * One observed trial without the neurons: the inputs, the animal's behaviour and kappa. Arrays are flat with the last index
 * contiguous, and are never changed.
 *
 * @param trial its number in the session
 * @param firstBin the session's index of its first bin
 * @param bins T
 * @param inputs [T,S] u; bin t has already seen u_t
 * @param behavior [T,channels], NaN where unknown; empty if none was recorded
 * @param kappa [T,K] as the filter found it, in the axes of {@code modelVersion}
 * @param phases [T], 0 for none; else the header's phases count from 1
 * @param modelVersion of the snapshot that the filter used
 * @param perturbation the neurons that were silenced in it, or null in an intact trial
 */
public record ObservedTrial(long trial, long firstBin, int bins, float[] inputs, float[] behavior, float[] kappa,
        int[] phases, long modelVersion, Perturbation perturbation) {

    /**
     * Neurons were silenced.
     *
     * @param intervention the request's id; empty if the rig did it by itself
     * @param neurons ascending
     * @param from first bin of the trial in which they were silent
     * @param to the bin after the last
     */
    public record Perturbation(String intervention, int[] neurons, int from, int to) {}

    /** First bin of the trial's last phase; of its last fifth where phases are not known. */
    public int decisionStart() {
        int last = phases[bins - 1];
        if (last == 0) {
            return bins - Math.max(1, bins / 5);
        }
        int start = bins - 1;
        while (start > 0 && phases[start - 1] == last) {
            start--;
        }
        return start;
    }
}
