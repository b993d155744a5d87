package kappa.fitting.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.model.Silencing;
import org.junit.jupiter.api.Test;

class SilencingTest {

    private static final int NEURONS = 30;
    private static final int BINS = 25;
    private static final int[] SILENCED = {4, 0, 17, 29, 5};
    private static final long SEED = 8;

    /** All N currents of a network with any J, in doubles, where neurons marked silent pass nothing on; z at the end. */
    private static double[] masked(double[][] j, Network net, double[] readout, boolean[] silent) {
        double[] x = new double[NEURONS];
        double[] rates = new double[NEURONS];
        SplittableRandom inputs = new SplittableRandom(SEED);
        for (int t = 0; t < BINS; t++) {
            double[] u = {inputs.nextGaussian(), inputs.nextGaussian()};
            for (int i = 0; i < NEURONS; i++) {
                double current = 0;
                for (int k = 0; k < NEURONS; k++) {
                    current += j[i][k] * rates[k];
                }
                for (int s = 0; s < 2; s++) {
                    current += (float) u[s] * net.w()[s * NEURONS + i];
                }
                x[i] = (1 - net.alpha()) * x[i] + net.alpha() * current;
            }
            for (int i = 0; i < NEURONS; i++) {
                rates[i] = silent[i] ? 0 : Math.tanh(x[i]);
            }
        }
        double[] out = new double[NEURONS + 1];
        for (int i = 0; i < NEURONS; i++) {
            out[i] = x[i];
            out[NEURONS] += readout[i] * rates[i];
        }
        return out;
    }

    private static double[] run(Network network) {
        FreeRun run = new FreeRun(network);
        SplittableRandom inputs = new SplittableRandom(SEED);
        for (int t = 0; t < BINS; t++) {
            run.step(new float[]{(float) inputs.nextGaussian(), (float) inputs.nextGaussian()});
        }
        double[] out = new double[NEURONS + 1];
        for (int i = 0; i < NEURONS; i++) {
            out[i] = run.currents()[i];
            out[NEURONS] += network.readoutScale() * network.readout()[i] * run.rates()[i];
        }
        return out;
    }

    private static boolean[] silent() {
        boolean[] silent = new boolean[NEURONS];
        for (int i : SILENCED) {
            silent[i] = true;
        }
        return silent;
    }

    private static double[][] connectivity(LowRankNetwork low, int divisor) {
        double[][] j = new double[NEURONS][NEURONS];
        for (int i = 0; i < NEURONS; i++) {
            for (int k = 0; k < NEURONS; k++) {
                for (int l = 0; l < low.rank(); l++) {
                    j[i][k] += (double) low.m()[l * NEURONS + i] * low.n()[l * NEURONS + k]
                            / divisor;
                }
            }
        }
        return j;
    }

    private static double[] readout(Network network, double divisor) {
        double[] readout = new double[NEURONS];
        for (int i = 0; i < NEURONS; i++) {
            readout[i] = network.readout()[i] / divisor;
        }
        return readout;
    }

    private static LowRankNetwork low() {
        return LowRankNetwork.initial(NEURONS, 2, 2, 0.2, new SplittableRandom(SEED));
    }

    @Test
    void shouldBeTheLowRankNetworkWhoseSilentNeuronsPassNothingOn() {
        double[] expected = masked(connectivity(low(), NEURONS), low(), readout(low(), NEURONS), silent());
        // The currents are sums of rows in float.
        assertThat(run(low().silencing(SILENCED, Silencing.MASK))).usingComparatorWithPrecision(1e-5)
                .containsExactly(expected);
        assertThat(run(low())[NEURONS]).isNotCloseTo(expected[NEURONS], within(1e-3));
    }

    @Test
    void shouldBeTheFullRankNetworkWhoseSilentNeuronsPassNothingOn() {
        FullRankNetwork full = FullRankNetwork.initial(NEURONS, 2, 0.2, new SplittableRandom(SEED));
        double[][] j = new double[NEURONS][NEURONS];
        for (int i = 0; i < NEURONS; i++) {
            for (int k = 0; k < NEURONS; k++) {
                j[i][k] = full.wrec()[i * NEURONS + k];
            }
        }
        double[] expected = masked(j, full, readout(full, 1), silent());
        for (Silencing how : Silencing.values()) {
            assertThat(run(full.silencing(SILENCED, how))).usingComparatorWithPrecision(1e-5)
                    .containsExactly(expected);
        }
    }

    @Test
    void shouldRescaleWhatIsLeftWhenUnitsAreDeleted() {
        int left = NEURONS - SILENCED.length;
        double[] expected = masked(connectivity(low(), left), low(), readout(low(), left), silent());
        assertThat(run(low().silencing(SILENCED, Silencing.DELETION))).usingComparatorWithPrecision(1e-5)
                .containsExactly(expected);
    }

    @Test
    void shouldRefuseNeuronsThatAreNotThere() {
        assertThatThrownBy(() -> low().silencing(new int[]{3, NEURONS}, Silencing.MASK))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("30, expected 0 to 29");
    }
}
