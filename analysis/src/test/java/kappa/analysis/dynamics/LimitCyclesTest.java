package kappa.analysis.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import org.junit.jupiter.api.Test;

class LimitCyclesTest {

    private static LimitCycles cycles(ReducedDynamics dynamics) {
        return LimitCycles.of(dynamics, FixedPoints.of(dynamics));
    }

    /** Where the flow carries a point, by Runge-Kutta steps of 0.01: an independent integration. */
    private static double[] carried(ReducedDynamics dynamics, double[] start, double time) {
        int steps = (int) Math.ceil(time / 0.01);
        double h = time / steps;
        int rank = start.length;
        double[] kappa = start.clone();
        double[][] slopes = new double[4][rank];
        for (int step = 0; step < steps; step++) {
            for (int stage = 0; stage < 4; stage++) {
                double[] at = kappa.clone();
                for (int k = 0; k < rank && stage > 0; k++) {
                    at[k] += (stage == 3 ? h : h / 2) * slopes[stage - 1][k];
                }
                dynamics.velocity(at, slopes[stage]);
            }
            for (int k = 0; k < rank; k++) {
                kappa[k] += h / 6 * (slopes[0][k] + 2 * slopes[1][k] + 2 * slopes[2][k] + slopes[3][k]);
            }
        }
        return kappa;
    }

    /**
     * A ring of 2 G neurons of which half have the bias 2 and half -2, so that the gain is small at the origin and greatest at
     * some distance from it: a stable focus, an unstable orbit, a stable one. The flow has the symmetry of the G-gon.
     */
    private static LowRankNetwork ring(int directions, double strength, double turn, int rank) {
        int neurons = 2 * directions;
        float[] m = new float[rank * neurons];
        float[] n = new float[rank * neurons];
        float[] b = new float[neurons];
        for (int i = 0; i < neurons; i++) {
            double angle = 2 * Math.PI * (i % directions) / directions;
            m[i] = (float) (2 * Math.cos(angle));
            m[neurons + i] = (float) (2 * Math.sin(angle));
            n[i] = (float) (strength * Math.cos(angle + turn));
            n[neurons + i] = (float) (strength * Math.sin(angle + turn));
            b[i] = i < directions ? 2 : -2;
        }
        return new LowRankNetwork(neurons, rank, 0, 0.2, m, n, new float[0], b);
    }

    /** What is left of a perturbation after one turn. */
    private static double multiplier(LimitCycle cycle) {
        return Math.hypot(cycle.multipliersRe()[0], cycle.multipliersIm()[0]);
    }

    @Test
    void shouldFindTheStableAndTheUnstableOrbitAroundAStableFocus() {
        ReducedDynamics dynamics = ReducedDynamics.undriven(ring(24, 6, 0.7, 2));
        FixedPoints points = FixedPoints.of(dynamics);
        assertThat(points.points()).hasSize(1);
        LimitCycles found = LimitCycles.of(dynamics, points);
        assertThat(found.settled()).isTrue();
        assertThat(found.cycles()).hasSize(2);
        assertThat(found.cycles().stream().filter(LimitCycle::stable)).hasSize(1);
        for (LimitCycle cycle : found.cycles()) {
            assertThat(cycle.stable()).isEqualTo(multiplier(cycle) < 1);
            double[] start = Arrays.copyOf(cycle.orbit(), 2);
            // The method's error is of order 1e-8 a turn, and grows by the multiplier on the unstable orbit.
            assertThat(carried(dynamics, start, cycle.period())).containsExactly(start,
                    within(1e-7 * Math.max(1, multiplier(cycle))));
        }
    }

    @Test
    void shouldGiveTheOrbitAtEqualStepsOfTime() {
        ReducedDynamics dynamics = ReducedDynamics
                .undriven(HandBuiltNetworks.named("figure-4.1d", 300, 1).network());
        LimitCycle cycle = cycles(dynamics).cycles().getFirst();
        assertThat(cycle.orbit()).hasSize(2 * LimitCycles.SAMPLES);
        for (int s = 0; s < LimitCycles.SAMPLES - 1; s += 9) {
            double[] here = Arrays.copyOfRange(cycle.orbit(), 2 * s, 2 * s + 2);
            double[] next = Arrays.copyOfRange(cycle.orbit(), 2 * s + 2, 2 * s + 4);
            assertThat(carried(dynamics, here, cycle.period() / LimitCycles.SAMPLES)).containsExactly(next,
                    within(1e-7));
        }
    }

    @Test
    void shouldMeasureTheMultiplierByWhatIsLeftOfAPerturbationAfterOneTurn() {
        ReducedDynamics dynamics = ReducedDynamics.undriven(ring(24, 6, 0.7, 2));
        LimitCycle stable = cycles(dynamics).cycles().stream().filter(LimitCycle::stable).findAny()
                .orElseThrow();
        double[] start = Arrays.copyOf(stable.orbit(), 2);
        double[] f = new double[2];
        dynamics.velocity(start, f);
        double speed = Math.hypot(f[0], f[1]);
        double h = 1e-3;
        double[] moved = carried(dynamics, new double[]{start[0] - h * f[1] / speed, start[1] + h * f[0] / speed},
                stable.period());
        double left = ((moved[1] - start[1]) * f[0] - (moved[0] - start[0]) * f[1]) / speed / h;
        // The second order of a perturbation of a thousandth of the orbit.
        assertThat(left).isCloseTo(multiplier(stable), within(0.02));
    }

    @Test
    void shouldFindTheOrbitOfARankThreeNetworkThatHoldsARankTwoOne() {
        LowRankNetwork plane = HandBuiltNetworks.rankTwo(200, 3, 2.5, -1, 1, 2);
        float[] m = Arrays.copyOf(plane.m(), 600);
        float[] n = Arrays.copyOf(plane.n(), 600);
        for (int i = 0; i < 200; i++) {
            m[400 + i] = 1;
            n[400 + i] = 0.3f * plane.n()[i];
        }
        for (int i = 0; i < 400; i++) {
            m[i] -= i < 200 ? 0.3f : 0;
        }
        ReducedDynamics three = ReducedDynamics
                .undriven(LowRankNetwork.withoutBias(200, 3, 0, 0.2, m, n, new float[0]));
        // kappa_3 follows 0.3 kappa_1, and m_3 gives back what was taken from m_1: on that plane the flow is the other's.
        LimitCycle flat = cycles(ReducedDynamics.undriven(plane)).cycles().getFirst();
        List<LimitCycle> found = cycles(three).cycles();
        assertThat(found).hasSize(1);
        assertThat(found.getFirst().period()).isCloseTo(flat.period(), within(1e-5));
        assertThat(found.getFirst().stable()).isTrue();
        // Off the plane kappa_3 - 0.3 kappa_1 decays with the time constant: the second multiplier is exp(-T).
        assertThat(found.getFirst().multipliersRe()).hasSize(2);
    }

    @Test
    void shouldFindNoneWhereThereIsNone() {
        LimitCycles found = cycles(ReducedDynamics.undriven(HandBuiltNetworks.named("bimodal", 300, 1).network()));
        assertThat(found.settled()).isTrue();
        assertThat(found.cycles()).isEmpty();
        assertThat(cycles(ReducedDynamics.undriven(HandBuiltNetworks.named("decision", 50, 1).network())).cycles())
                .isEmpty();
    }
}
