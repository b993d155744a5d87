package kappa.fitting.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import org.junit.jupiter.api.Test;

class TruncationTest {

    private static final int NEURONS = 24;
    private static final long SEED = 3;

    private static double[] run(Network network, int bins) {
        FreeRun run = new FreeRun(network);
        SplittableRandom random = new SplittableRandom(SEED);
        double z = 0;
        for (int t = 0; t < bins; t++) {
            run.step(new float[]{(float) random.nextGaussian(), (float) random.nextGaussian()});
            z = 0;
            for (int i = 0; i < network.readout().length; i++) {
                z += network.readoutScale() * network.readout()[i] * run.rates()[i];
            }
        }
        double[] last = run.rates().clone();
        double[] out = Arrays.copyOf(last, last.length + 1);
        out[last.length] = z;
        return out;
    }

    @Test
    void shouldReproduceTheNetworkAtFullRank() {
        FullRankNetwork full = FullRankNetwork.initial(NEURONS, 2, 0.2, new SplittableRandom(SEED));
        double[] expected = run(full, 30);
        double[] actual = run(new Truncation(full).toRank(NEURONS), 30);
        // m and n are rounded to float: 1e-7 of numbers of order one, in 24 products a neuron.
        assertThat(actual).usingComparatorWithPrecision(1e-5).containsExactly(expected);
    }

    @Test
    void shouldBeExactForAConnectivityOfThatRank() {
        LowRankNetwork planted = LowRankNetwork.initial(NEURONS, 2, 2, 0.2, new SplittableRandom(SEED));
        float[] wrec = new float[NEURONS * NEURONS];
        for (int k = 0; k < 2; k++) {
            for (int i = 0; i < NEURONS; i++) {
                for (int j = 0; j < NEURONS; j++) {
                    wrec[i * NEURONS + j] += planted.m()[k * NEURONS + i]
                            * planted.n()[k * NEURONS + j]
                            * (float) LowRankNetwork.connectivityScale(NEURONS);
                }
            }
        }
        FullRankNetwork same = new FullRankNetwork(NEURONS, 2, 0.2, wrec, planted.w(), planted.b());
        Truncation truncation = new Truncation(same);
        assertThat(truncation.singularValues()[2]).isLessThan(1e-6);
        double[] expected = run(planted, 30);
        double[] actual = run(truncation.toRank(2), 30);
        for (int i = 0; i < NEURONS; i++) {
            assertThat(actual[i]).isCloseTo(expected[i], within(1e-5));
        }
    }

    @Test
    void shouldShareSingularValuesBetweenMAndN() {
        FullRankNetwork full = FullRankNetwork.initial(NEURONS, 2, 0.2, new SplittableRandom(SEED));
        Truncation truncation = new Truncation(full);
        LowRankNetwork low = truncation.toRank(3);
        for (int k = 0; k < 3; k++) {
            double m = 0;
            double n = 0;
            for (int i = 0; i < NEURONS; i++) {
                m += Math.pow(low.m()[k * NEURONS + i], 2);
                n += Math.pow(low.n()[k * NEURONS + i], 2);
            }
            assertThat(m / NEURONS).isCloseTo(truncation.singularValues()[k], within(1e-5));
            assertThat(n / NEURONS).isCloseTo(truncation.singularValues()[k], within(1e-5));
        }
    }

    @Test
    void shouldRefuseARankItDoesNotHave() {
        Truncation truncation = new Truncation(
                FullRankNetwork.initial(NEURONS, 2, 0.2, new SplittableRandom(SEED)));
        assertThatThrownBy(() -> truncation.toRank(0)).hasMessageContaining("rank 0");
        assertThatThrownBy(() -> truncation.toRank(NEURONS + 1)).hasMessageContaining("expected 1 to 24");
    }
}
