package kappa.fitting.task;

/**
 * One trial of a task: what the network is given, and what its readout should be. There is one output. The arrays belong to
 * whoever asked for the trial.
 *
 * @param bins T
 * @param inputs [T,S] u_t, noise included
 * @param targets [T] what the readout should be; meaningless where nothing is asked
 * @param mask [T] weights of the targets: 1 in the decision epoch, else 0
 * @param phaseEnds the bin after the last of each phase of {@link Task#phases}, ascending; the last is T
 */
public record TaskTrial(Condition condition, int bins, float[] inputs, float[] targets, float[] mask, int[] phaseEnds) {

    /** The target, averaged over the bins in which it is asked for. */
    public double target() {
        double sum = 0;
        double weight = 0;
        for (int t = 0; t < bins; t++) {
            sum += (double) mask[t] * targets[t];
            weight += mask[t];
        }
        return sum / weight;
    }
}
