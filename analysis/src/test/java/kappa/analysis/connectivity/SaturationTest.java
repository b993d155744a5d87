package kappa.analysis.connectivity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import kappa.fitting.model.LowRankNetwork;
import org.junit.jupiter.api.Test;

class SaturationTest {

    @Test
    void shouldRegressWithinTheSaturatedNeuronsAndWithinTheOthers() {
        int neurons = 20;
        float[] w = new float[neurons];
        double[] x = new double[neurons];
        double[] y = new double[neurons];
        for (int i = 0; i < neurons; i++) {
            boolean saturated = i % 2 == 0;
            w[i] = saturated ? 3 : 0.1f;
            x[i] = i - 9.5;
            y[i] = (saturated ? 2 : -1) * x[i] + 4;
        }
        LowRankNetwork network = LowRankNetwork.withoutBias(neurons, 1, 1, 0.2, new float[neurons], new float[neurons],
                w);
        Saturation split = Saturation.of(network, 0, x, y);
        assertThat(split.saturated().neurons()).containsExactly(0, 2, 4, 6, 8, 10, 12, 14, 16, 18);
        assertThat(split.saturated().slope()).isCloseTo(2, within(1e-12));
        assertThat(split.linear().slope()).isCloseTo(-1, within(1e-12));
        assertThat(split.linear().correlation()).isCloseTo(-1, within(1e-12));
        assertThat(split.all().neurons()).hasSize(neurons);
        assertThat(split.all().correlation()).isBetween(0.0, 0.9);
    }

    @Test
    void shouldHaveNoSlopeWithoutEnoughNeurons() {
        LowRankNetwork network = LowRankNetwork.withoutBias(4, 1, 1, 0.2, new float[4], new float[4], new float[4]);
        Saturation split = Saturation.of(network, 0, new double[]{1, 2, 3, 4}, new double[]{1, 2, 3, 4});
        assertThat(split.saturated().neurons()).isEmpty();
        assertThat(split.saturated().slope()).isNaN();
        assertThat(split.linear().slope()).isCloseTo(1, within(1e-12));
    }
}
