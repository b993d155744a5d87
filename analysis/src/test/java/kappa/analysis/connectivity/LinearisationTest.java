package kappa.analysis.connectivity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import kappa.analysis.dynamics.ReducedDynamics;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import org.junit.jupiter.api.Test;

class LinearisationTest {

    private static final long SEED = 3;

    @Test
    void shouldBeTheOverlapsAtTheOriginWithoutInput() {
        LowRankNetwork network = LowRankNetwork.initial(200, 3, 2, 0.2, new SplittableRandom(SEED));
        Linearisation origin = Linearisation.of(network, new double[2], new double[3]);
        assertThat(origin.effectiveOverlaps()).usingComparatorWithPrecision(1e-12).containsExactly(network.overlaps());
        assertThat(Linearisation.slopes(network, new double[2], new double[3])).containsOnly(1);
        assertThat(origin.saturation()).isZero();
    }

    @Test
    void shouldAgreeWithFiniteDifferences() {
        LowRankNetwork network = LowRankNetwork.initial(100, 3, 2, 0.2, new SplittableRandom(SEED));
        double[] drive = {0.7, -1.1};
        double[] kappa = {0.3, -0.5, 1.2};
        Linearisation there = Linearisation.of(network, drive, kappa);
        ReducedDynamics dynamics = new ReducedDynamics(network, drive);
        double step = 1e-5;
        for (int l = 0; l < 3; l++) {
            double[] above = kappa.clone();
            double[] below = kappa.clone();
            above[l] += step;
            below[l] -= step;
            double[] up = new double[3];
            double[] down = new double[3];
            dynamics.velocity(above, up);
            dynamics.velocity(below, down);
            for (int k = 0; k < 3; k++) {
                // Central differences err by step^2 times a third derivative of order one, and rounding over step.
                assertThat(there.jacobian()[k * 3 + l]).isCloseTo((up[k] - down[k]) / (2 * step), within(1e-8));
            }
        }
        double trace = there.jacobian()[0] + there.jacobian()[4] + there.jacobian()[8];
        assertThat(there.re()[0] + there.re()[1] + there.re()[2]).isCloseTo(trace, within(1e-10));
    }

    @Test
    void shouldTurnBistabilityIntoRotationUnderTheDriveOfSection431() {
        LowRankNetwork network = HandBuiltNetworks.named("two-population", 2_000, SEED).network();
        Linearisation free = Linearisation.of(network, new double[3], new double[2]);
        Linearisation driven = Linearisation.of(network, new double[]{0, 0, 1}, new double[2]);
        assertThat(free.im()).containsOnly(0);
        assertThat(driven.im()[0]).isNotZero();
        assertThat(driven.re()[0]).isPositive();
        // science.md, section 6, at N = 2,000: chance changes the second digit.
        assertThat(free.jacobian()).usingComparatorWithPrecision(0.15).containsExactly(2, 1, 0, 1.5);
        assertThat(driven.jacobian()).usingComparatorWithPrecision(0.15).containsExactly(0.55, 0.53, -0.46, 0.38);
        int half = network.neurons() / 2;
        double[] slopes = Linearisation.slopes(network, new double[]{0, 0, 1}, new double[2]);
        // Currents of 10 x and of 0.1 x: E phi'(10 x) is about 0.08, E phi'(0.1 x) about 0.99.
        assertThat(Arrays.stream(slopes, 0, half).average().orElseThrow()).isLessThan(0.12);
        assertThat(Arrays.stream(slopes, half, 2 * half).average().orElseThrow()).isGreaterThan(0.98);
        assertThat(driven.saturation()).isCloseTo(0.46, within(0.03));
    }

    @Test
    void shouldRefuseAPointOfAnotherDimension() {
        LowRankNetwork network = LowRankNetwork.initial(10, 2, 0, 0.2, new SplittableRandom(SEED));
        assertThatThrownBy(() -> Linearisation.of(network, new double[0], new double[1]))
                .hasMessage("kappa has 1 numbers, expected 2");
    }
}
