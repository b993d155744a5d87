package kappa.analysis.connectivity;

import java.util.stream.IntStream;
import kappa.fitting.model.LowRankNetwork;
import org.apache.commons.math3.stat.regression.SimpleRegression;

/**
 * Neurons split by whether an input saturates them, with the regression of one vector on another in each part (Valente 2019,
 * figures 4.6, 5.5 and 5.6): the effective overlaps under the input are those of the neurons that stay linear.
 *
 * @param saturated phi'(I_i) < 0.5, with I = W_s + b at u_s = 1
 * @param linear the others
 * @param all every neuron
 */
public record Saturation(Part saturated, Part linear, Part all) {

    /** Slopes below this count as saturated: the thesis's. */
    public static final double HALF = 0.5;

    /**
     * Some neurons.
     *
     * @param neurons ascending
     * @param slope of y on x; NaN with fewer than three neurons
     * @param correlation of x and y; NaN likewise
     */
    public record Part(int[] neurons, double slope, double correlation) {

        private static Part of(int[] neurons, double[] x, double[] y) {
            SimpleRegression regression = new SimpleRegression();
            for (int i : neurons) {
                regression.addData(x[i], y[i]);
            }
            boolean enough = neurons.length > 2;
            return new Part(neurons, enough ? regression.getSlope() : Double.NaN,
                    enough ? regression.getR() : Double.NaN);
        }
    }

    /**
     * Splits the neurons of a network.
     *
     * @param channel s
     * @param x [N], such as m_1
     * @param y [N], such as n_2
     */
    public static Saturation of(LowRankNetwork network, int channel, double[] x, double[] y) {
        double[] drive = new double[network.inputs()];
        drive[channel] = 1;
        double[] slopes = Linearisation.slopes(network, drive, new double[network.rank()]);
        return new Saturation(
                Part.of(IntStream.range(0, network.neurons()).filter(i -> slopes[i] < HALF).toArray(), x, y),
                Part.of(IntStream.range(0, network.neurons()).filter(i -> slopes[i] >= HALF).toArray(), x, y),
                Part.of(IntStream.range(0, network.neurons()).toArray(), x, y));
    }
}
