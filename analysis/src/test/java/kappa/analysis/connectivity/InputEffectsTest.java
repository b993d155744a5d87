package kappa.analysis.connectivity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import kappa.analysis.populations.NeuronSet;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import org.junit.jupiter.api.Test;

class InputEffectsTest {

    private static final LowRankNetwork POSTER = HandBuiltNetworks.named("poster-dms", 1).network();
    private static final int HALF = POSTER.neurons() / 2;
    private static final List<NeuronSet> POPULATIONS = List.of(
            new NeuronSet("1", IntStream.range(0, HALF).toArray()),
            new NeuronSet("2", IntStream.range(HALF, 2 * HALF).toArray()));

    @Test
    void shouldSplitTheEffectiveOverlapsByPopulation() {
        double[] underA = {1, 0};
        InputEffects effects = InputEffects.of(POSTER, underA, POPULATIONS);
        double[] whole = Linearisation.of(POSTER, underA, new double[2]).effectiveOverlaps();
        for (int at = 0; at < 4; at++) {
            assertThat(effects.populations().get(0).effectiveOverlaps()[at]
                    + effects.populations().get(1).effectiveOverlaps()[at]).isCloseTo(whole[at], within(1e-9));
        }
        // A saturates population 2, so that the +1 of population 1 is what is left of sigma_21.
        assertThat(effects.populations().get(1).meanSlope()).isLessThan(0.01);
        assertThat(effects.populations().get(0).meanSlope()).isGreaterThan(0.8);
        assertThat(effects.populations().get(0).effectiveOverlaps()[2]).isGreaterThan(0.1);
        assertThat(effects.populations().get(1).effectiveOverlaps()[2]).isCloseTo(0, within(0.01));
    }

    @Test
    void shouldGateAnInputByTheNeuronsThatAnotherSaturates() {
        int neurons = 40;
        float[] m = new float[neurons];
        float[] n = new float[neurons];
        float[] w = new float[2 * neurons];
        for (int i = 0; i < neurons; i++) {
            n[i] = 1;
            w[i] = i < neurons / 2 ? 2 : 0;
            w[neurons + i] = i < neurons / 2 ? 20 : 0;
        }
        LowRankNetwork network = LowRankNetwork.withoutBias(neurons, 1, 2, 0.2, m, n, w);
        assertThat(InputEffects.of(network, new double[2], List.of()).gating()).containsExactly(1, 10);
        assertThat(InputEffects.of(network, new double[]{0, 1}, List.of()).gating()[0]).isCloseTo(0, within(1e-9));
    }
}
