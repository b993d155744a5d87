package kappa.analysis.inactivation;

/**
 * One trial of a session, as far as predictions need it.
 *
 * @param bins T
 * @param inputs [T,S] the session's own inputs u_t
 * @param drive [T,S'] what the fitted network is given of them: the same array, or the session's
 *        {@link kappa.ingest.recording.InputBasis} of it
 * @param wanted [T,O] what the readout should be, or behaviour; where the weight is 0 it means nothing
 * @param weights [T,O] how much each counts, at least 0
 */
public record SeenTrial(int bins, float[] inputs, float[] drive, float[] wanted, float[] weights) {

    public SeenTrial {
        if (wanted.length != weights.length) {
            throw new IllegalArgumentException("wanted has " + wanted.length + ", weights " + weights.length);
        }
    }

    /**
     * A channel of a series [T,O] averaged over the bins that count: for the first channel, what the choice is the sign of.
     *
     * @return NaN if no bin counts
     */
    public double average(float[] series, int channel) {
        int outputs = weights.length / bins;
        double sum = 0;
        double total = 0;
        for (int at = channel; at < weights.length; at += outputs) {
            if (weights[at] > 0) {
                sum += (double) weights[at] * series[at];
                total += weights[at];
            }
        }
        return sum / total;
    }
}
