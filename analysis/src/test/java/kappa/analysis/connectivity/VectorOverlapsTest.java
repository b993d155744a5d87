package kappa.analysis.connectivity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import kappa.fitting.model.LowRankNetwork;
import org.junit.jupiter.api.Test;

class VectorOverlapsTest {

    private static final int NEURONS = 50;

    private static final LowRankNetwork NETWORK = LowRankNetwork.initial(NEURONS, 2, 1, 0.2, new SplittableRandom(5));

    @Test
    void shouldHoldTheOverlapsOfMAndN() {
        float[] readout = new float[NEURONS];
        readout[3] = 2;
        VectorOverlaps overlaps = VectorOverlaps.of(VectorOverlaps.vectors(NETWORK, List.of("stimulus"), readout));
        assertThat(overlaps.names()).containsExactly("m 1", "m 2", "n 1", "n 2", "stimulus", "readout");
        double[] sigma = NETWORK.overlaps();
        for (int k = 0; k < 2; k++) {
            for (int l = 0; l < 2; l++) {
                assertThat(overlaps.products()[(2 + k) * 6 + l]).isCloseTo(sigma[k * 2 + l], within(1e-12));
                assertThat(overlaps.products()[l * 6 + 2 + k]).isCloseTo(sigma[k * 2 + l], within(1e-12));
            }
        }
        assertThat(overlaps.products()[4 * 6 + 5]).isCloseTo(2.0 * NETWORK.w()[3] / NEURONS, within(1e-12));
        for (int v = 0; v < 6; v++) {
            assertThat(overlaps.cosines()[v * 6 + v]).isCloseTo(1, within(1e-12));
        }
    }

    @Test
    void shouldTellAVectorOfZerosAsOrthogonalToAll() {
        VectorOverlaps overlaps = VectorOverlaps
                .of(VectorOverlaps.vectors(NETWORK, List.of("stimulus"), new float[NEURONS]));
        for (int v = 0; v < 6; v++) {
            assertThat(overlaps.cosines()[5 * 6 + v]).isZero();
        }
    }

    @Test
    void shouldKeepJInEveryScale() {
        for (Scale scale : Scale.values()) {
            LowRankNetwork other = scale.of(NETWORK);
            for (int i = 0; i < NEURONS; i += 7) {
                for (int j = 0; j < NEURONS; j += 3) {
                    // Sums of two float32 products of order one.
                    assertThat(connection(other, i, j)).isCloseTo(connection(NETWORK, i, j), within(1e-5));
                }
            }
            double[] products = VectorOverlaps
                    .of(VectorOverlaps.vectors(other, List.of("stimulus"), new float[0])).products();
            if (scale == Scale.CANONICAL) {
                assertThat(products[0]).isCloseTo(1, within(1e-5));
                assertThat(products[1]).isCloseTo(0, within(1e-5));
            } else if (scale == Scale.SHARED) {
                // m_k'm_k = n_k'n_k
                assertThat(products[0]).isCloseTo(products[2 * 5 + 2], within(1e-5));
                assertThat(products[5 + 1]).isCloseTo(products[3 * 5 + 3], within(1e-5));
            }
        }
    }

    private static double connection(LowRankNetwork network, int i, int j) {
        double sum = 0;
        for (int k = 0; k < 2; k++) {
            sum += (double) network.m()[k * NEURONS + i] * network.n()[k * NEURONS + j];
        }
        return sum;
    }
}
