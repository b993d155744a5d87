package kappa.fitting.fit;

import java.util.Arrays;
import java.util.List;

/**
 * The parameters of an online fit, by name; also used for gradients, moments and averages, which have the same shapes.
 * Arrays are the owner's.
 *
 * @param neurons N
 * @param m [K,N]
 * @param n [K,N]
 * @param w [S,N] input weights
 * @param observation [N] log(e^g - 1) for counts, c for currents; empty for rates
 * @param b [N] biases; empty if they are not trained
 * @param start [K] kappa at a trial's start; empty if it is not trained
 * @param logProcessNoise [K] log standard deviations; empty without the filter's loss
 * @param logStart [K] log standard deviations of kappa at a trial's start; empty without the filter's loss
 */
public record Parameters(int neurons, float[] m, float[] n, float[] w, float[] observation, float[] b, float[] start,
        float[] logProcessNoise, float[] logStart) {

    /**
     * One of them.
     *
     * @param values the array itself, shared
     */
    public record Block(String name, List<Integer> shape, float[] values) {}

    /** All, in the order in which checkpoints without names hold them. */
    public List<Block> blocks() {
        return List.of(matrix("m", m), matrix("n", n), matrix("w", w), vector("observation", observation),
                vector("b", b), vector("start", start), vector("log_process_noise", logProcessNoise),
                vector("log_start", logStart));
    }

    private Block matrix(String name, float[] values) {
        return new Block(name, List.of(values.length / neurons, neurons), values);
    }

    private static Block vector(String name, float[] values) {
        return new Block(name, List.of(values.length), values);
    }

    /** The arrays of {@link #blocks}, in their order; shared. */
    List<float[]> arrays() {
        return blocks().stream().map(Block::values).toList();
    }

    /** As many numbers, all 0. */
    public Parameters zeros() {
        Parameters zeros = copy();
        zeros.arrays().forEach(array -> Arrays.fill(array, 0));
        return zeros;
    }

    public Parameters copy() {
        return new Parameters(neurons, m.clone(), n.clone(), w.clone(), observation.clone(), b.clone(), start.clone(),
                logProcessNoise.clone(), logStart.clone());
    }

    /** Multiplies what belongs to one neuron: by the first factor m, W, b and c or g, by the second n. */
    void multiply(int neuron, double factor, double factorOfN) {
        for (float[] rows : List.of(m, w, observation, b)) {
            for (int at = neuron; at < rows.length; at += neurons) {
                rows[at] *= (float) factor;
            }
        }
        for (int at = neuron; at < n.length; at += neurons) {
            n[at] *= (float) factorOfN;
        }
    }

    /** Takes over the numbers of others with the same shapes. */
    void set(Parameters others) {
        List<float[]> from = others.arrays();
        List<float[]> to = arrays();
        for (int a = 0; a < to.size(); a++) {
            System.arraycopy(from.get(a), 0, to.get(a), 0, to.get(a).length);
        }
    }
}
