package kappa.analysis.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import kappa.analysis.dynamics.BifurcationScan.Bifurcation;
import kappa.analysis.dynamics.BifurcationScan.Kind;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import org.junit.jupiter.api.Test;

/** Nullclines, basins, slow points, and how fixed points change with an input. */
class PhasePortraitTest {

    private static final double REACH = 2;

    private static ReducedDynamics undriven(String name, int neurons) {
        return ReducedDynamics.undriven(HandBuiltNetworks.named(name, neurons, 1).network());
    }

    @Test
    void shouldInterpolateTheFlowToWellBelowWhatAPictureShows() {
        ReducedDynamics dynamics = undriven("bimodal", 300);
        PlaneFlow flow = new PlaneFlow(dynamics, REACH);
        SplittableRandom random = new SplittableRandom(1);
        double[] here = new double[2];
        double[] exact = new double[2];
        for (int i = 0; i < 300; i++) {
            double[] kappa = random.doubles(2, -1.2 * REACH, 1.2 * REACH).toArray();
            flow.velocity(kappa[0], kappa[1], here);
            dynamics.velocity(kappa, exact);
            // h^4 / 384 times a fourth derivative of order 100, for a step of 0.06.
            assertThat(here).containsExactly(exact, within(1e-4));
        }
    }

    @Test
    void shouldTraceNullclinesOnWhichTheirComponentVanishesAndThroughEveryFixedPoint() {
        ReducedDynamics dynamics = undriven("bimodal", 300);
        PlaneFlow flow = new PlaneFlow(dynamics, REACH);
        Nullclines nullclines = Nullclines.of(flow);
        double[] f = new double[2];
        for (int k = 0; k < 2; k++) {
            List<double[]> lines = k == 0 ? nullclines.first() : nullclines.second();
            assertThat(lines).isNotEmpty();
            for (double[] line : lines) {
                for (int p = 0; p < line.length; p += 2) {
                    dynamics.velocity(new double[]{line[p], line[p + 1]}, f);
                    // The vertex is a root of the interpolating cubic.
                    assertThat(f[k]).isCloseTo(0, within(1e-4));
                }
            }
            for (FixedPoint point : FixedPoints.of(dynamics).points()) {
                double nearest = lines.stream().flatMapToDouble(line -> IntStream.range(0, line.length / 2)
                        .mapToDouble(p -> Math.hypot(line[2 * p] - point.kappa()[0],
                                line[2 * p + 1] - point.kappa()[1])))
                        .min().orElseThrow();
                // Vertices are at most a diagonal of a grid cell apart.
                assertThat(nearest).isLessThan(1.5 * (flow.axis(0)[1] - flow.axis(0)[0]));
            }
        }
    }

    @Test
    void shouldGiveEachPointToTheAttractorThatAnIndependentIntegrationReaches() {
        ReducedDynamics dynamics = undriven("bimodal", 200);
        FixedPoints points = FixedPoints.of(dynamics);
        Basins basins = Basins.of(new PlaneFlow(dynamics, REACH), points, LimitCycles.of(dynamics, points));
        List<FixedPoint> stable = points.points().stream().filter(point -> point.re()[0] < 0).toList();
        assertThat(basins.fractions()).hasSize(stable.size());
        assertThat(Arrays.stream(basins.fractions()).min().orElseThrow()).isGreaterThan(0.1);
        int side = basins.axis().length;
        int wrong = 0;
        int tested = 0;
        double[] f = new double[2];
        for (int i = 0; i < basins.attractor().length; i += 13) {
            int row = i / side;
            double[] kappa = {basins.axis()[i % side], basins.axis()[row]};
            for (int t = 0; t < 3_000; t++) {
                dynamics.velocity(kappa, f);
                kappa[0] += 0.02 * f[0];
                kappa[1] += 0.02 * f[1];
            }
            int reached = IntStream.range(0, stable.size()).filter(s -> Math.hypot(stable.get(s).kappa()[0] - kappa[0],
                    stable.get(s).kappa()[1] - kappa[1]) < 0.05).findAny().orElse(Basins.UNDECIDED);
            wrong += reached != basins.attractor()[i] ? 1 : 0;
            tested++;
        }
        // Euler's steps and the grid may differ on which side of a boundary a point lies.
        assertThat(wrong).isLessThanOrEqualTo(tested / 50);
    }

    @Test
    void shouldGiveThePlaneToTheLimitCycleThatIsItsOnlyAttractor() {
        ReducedDynamics dynamics = undriven("figure-4.1d", 200);
        FixedPoints points = FixedPoints.of(dynamics);
        Basins basins = Basins.of(new PlaneFlow(dynamics, REACH), points, LimitCycles.of(dynamics, points));
        assertThat(basins.fractions()).hasSize(1);
        // All but the unstable focus itself, in the middle of the grid.
        assertThat(Arrays.stream(basins.attractor()).filter(a -> a == Basins.UNDECIDED)).hasSizeLessThanOrEqualTo(1);
    }

    @Test
    void shouldRefuseAPlaneOfAnotherRank() {
        ReducedDynamics line = undriven("decision", 50);
        assertThatThrownBy(() -> new PlaneFlow(line, 1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("rank 1");
        assertThatThrownBy(() -> FlowField.of(new ReducedDynamics(uncoupled(3, 2), new double[1]), 1))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("rank 3");
    }

    /** Independent populations of one rank each, F_k = -kappa_k + g tanh(kappa_k + u), the first of which is driven. */
    private static LowRankNetwork uncoupled(int rank, double gain) {
        float[] m = new float[rank * rank];
        float[] n = new float[rank * rank];
        float[] w = new float[rank];
        for (int k = 0; k < rank; k++) {
            m[k * rank + k] = 1;
            n[k * rank + k] = (float) (gain * rank);
        }
        w[0] = 1;
        return LowRankNetwork.withoutBias(rank, rank, 1, 0.2, m, n, w);
    }

    @Test
    void shouldFindTheGhostOfTwoFixedPointsThatHaveJustMet() {
        double gain = 2;
        double fold = fold(gain);
        double speed = 0.01;
        ReducedDynamics dynamics = new ReducedDynamics(uncoupled(3, gain), new double[]{-fold - speed});
        List<SlowPoint> slow = SlowPoint.search(dynamics);
        assertThat(slow).isNotEmpty();
        // With kappa_2 and kappa_3 at rest the least |F_1|: a shift of the input by 0.01 moves F by g phi' = 1 times that.
        assertThat(slow.getFirst().speed()).isCloseTo(speed, within(1e-3));
        assertThat(slow).allMatch(point -> point.re().length == 3);
    }

    /** Where -kappa + g tanh(kappa + u) loses two of its roots: g (1 - tanh^2) = 1. */
    private static double fold(double gain) {
        double r = Math.sqrt(1 - 1 / gain);
        return gain * r - LowRankNetwork.inversePhi(r);
    }

    @Test
    void shouldNameTheSaddleNodeAtWhichAnInputEndsBistabilityAndSayWhere() {
        double[] amplitudes = IntStream.rangeClosed(0, 10).mapToDouble(i -> i / 10.0).toArray();
        BifurcationScan scan = BifurcationScan.of(uncoupled(2, 2), new double[1], 0, amplitudes);
        assertThat(scan.portraits()).hasSize(11);
        assertThat(scan.portraits().getFirst().points()).hasSize(9);
        assertThat(scan.portraits().getLast().points()).hasSize(3);
        // kappa_2 has three states, and at each of them kappa_1 loses two of its own.
        assertThat(scan.bifurcations()).hasSize(3).allMatch(b -> b.kind() == Kind.SADDLE_NODE);
        for (Bifurcation bifurcation : scan.bifurcations()) {
            assertThat(bifurcation.amplitude()).isCloseTo(fold(2), within(1e-3));
            assertThat(bifurcation.before()).hasSize(2).contains(FixedPoint.Type.SADDLE);
            assertThat(bifurcation.after()).isEmpty();
        }
    }

    /**
     * Pairs of neurons that are driven with opposite signs: at any amplitude u of the drive the flow is odd, and its Jacobian at
     * the origin is -1 + sigma (1 - tanh^2 u).
     */
    private static LowRankNetwork mirrored(double[] sigma) {
        int pairs = 2;
        int neurons = 2 * pairs;
        float[] m = new float[2 * neurons];
        float[] n = new float[2 * neurons];
        float[] w = new float[neurons];
        for (int i = 0; i < neurons; i++) {
            int k = i % 2;
            m[k * neurons + i] = 1;
            n[i] = (float) (2 * sigma[k]);
            n[neurons + i] = (float) (2 * sigma[2 + k]);
            w[i] = i < pairs ? 1 : -1;
        }
        return LowRankNetwork.withoutBias(neurons, 2, 1, 0.2, m, n, w);
    }

    @Test
    void shouldNameThePitchforkInWhichADriveEndsBistability() {
        double[] amplitudes = IntStream.rangeClosed(0, 8).mapToDouble(i -> i * 0.25 + 0.01).toArray();
        BifurcationScan scan = BifurcationScan.of(mirrored(new double[]{1.3, 0, 0, 0.5}), new double[1], 0,
                amplitudes);
        // 1.3 (1 - tanh^2 u) = 1; 1.3 < 1.5, so that the origin's cubic term is stabilising: no fold.
        assertThat(scan.bifurcations()).hasSize(1);
        Bifurcation pitchfork = scan.bifurcations().getFirst();
        assertThat(pitchfork.kind()).isEqualTo(Kind.PITCHFORK);
        assertThat(pitchfork.amplitude()).isCloseTo(LowRankNetwork.inversePhi(Math.sqrt(1 - 1 / 1.3)), within(2e-3));
        assertThat(pitchfork.before()).hasSize(3);
        assertThat(pitchfork.after()).containsExactly(FixedPoint.Type.STABLE_NODE);
    }

    @Test
    void shouldNameTheHopfBifurcationInWhichADriveEndsARotation() {
        double[] amplitudes = IntStream.rangeClosed(0, 8).mapToDouble(i -> i * 0.25).toArray();
        BifurcationScan scan = BifurcationScan.of(mirrored(new double[]{1.3, -1, 1, 1.3}), new double[1], 0,
                amplitudes);
        assertThat(scan.bifurcations()).hasSize(1);
        Bifurcation hopf = scan.bifurcations().getFirst();
        assertThat(hopf.kind()).isEqualTo(Kind.HOPF);
        assertThat(hopf.amplitude()).isCloseTo(LowRankNetwork.inversePhi(Math.sqrt(1 - 1 / 1.3)), within(1e-3));
        assertThat(hopf.before()).containsExactly(FixedPoint.Type.UNSTABLE_FOCUS);
        assertThat(hopf.after()).containsExactly(FixedPoint.Type.STABLE_FOCUS);
    }

    @Test
    void shouldRefuseAScanOfAChannelThatDoesNotExistOrAmplitudesThatDoNotAscend() {
        LowRankNetwork network = uncoupled(2, 2);
        assertThatThrownBy(() -> BifurcationScan.of(network, new double[1], 1, new double[]{0, 1}))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("input 1");
        assertThatThrownBy(() -> BifurcationScan.of(network, new double[1], 0, new double[]{1, 1}))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("ascending");
    }
}
