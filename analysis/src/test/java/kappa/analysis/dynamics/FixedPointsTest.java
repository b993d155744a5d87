package kappa.analysis.dynamics;

import static kappa.analysis.dynamics.FixedPoint.Type.CENTRE;
import static kappa.analysis.dynamics.FixedPoint.Type.SADDLE;
import static kappa.analysis.dynamics.FixedPoint.Type.STABLE_FOCUS;
import static kappa.analysis.dynamics.FixedPoint.Type.STABLE_NODE;
import static kappa.analysis.dynamics.FixedPoint.Type.UNSTABLE_FOCUS;
import static kappa.analysis.dynamics.FixedPoint.Type.UNSTABLE_NODE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import kappa.analysis.populations.Teachers;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.simulation.HandBuiltNetworks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The search as such; the thesis's networks are in {@link ThesisNetworksTest}. */
class FixedPointsTest {

    private static FixedPoints undriven(LowRankNetwork network) {
        return FixedPoints.of(ReducedDynamics.undriven(network));
    }

    private static LowRankNetwork named(String name, int neurons, long seed) {
        return HandBuiltNetworks.named(name, neurons, seed).network();
    }

    private static long stable(FixedPoints found) {
        return count(found, STABLE_NODE) + count(found, STABLE_FOCUS);
    }

    private static long count(FixedPoints found, FixedPoint.Type type) {
        return found.points().stream().filter(p -> p.type() == type).count();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldAgreeWithFiniteDifferencesOnTheJacobian(int rank) {
        LowRankNetwork network = random(rank, 300, 5, true);
        ReducedDynamics dynamics = new ReducedDynamics(network, new double[]{0.7});
        SplittableRandom random = new SplittableRandom(2);
        double h = 1e-5;
        for (int trial = 0; trial < 20; trial++) {
            double[] kappa = random.doubles(rank, -2, 2).toArray();
            double[] jacobian = dynamics.jacobian(kappa);
            for (int l = 0; l < rank; l++) {
                double[] right = new double[rank];
                double[] left = new double[rank];
                double[] moved = kappa.clone();
                moved[l] = kappa[l] + h;
                dynamics.velocity(moved, right);
                moved[l] = kappa[l] - h;
                dynamics.velocity(moved, left);
                for (int k = 0; k < rank; k++) {
                    // Truncation h^2 times third derivatives of order 10, rounding 1e-16 / h.
                    assertThat((right[k] - left[k]) / (2 * h)).isCloseTo(jacobian[k * rank + l], within(1e-8));
                }
            }
        }
    }

    @Test
    void shouldMissNoFixedPointThatADenseScanFindsInRankOneNetworks() {
        for (long seed = 1; seed <= 40; seed++) {
            ReducedDynamics dynamics = new ReducedDynamics(random(1, 40, seed, seed % 2 == 0), new double[]{0.3});
            FixedPoints found = FixedPoints.of(dynamics);
            assertThat(found.complete()).isTrue();
            double bound = dynamics.bounds()[0] * 1.01;
            int points = 40_001;
            List<Double> scanned = new ArrayList<>();
            double[] f = new double[1];
            double before = 0;
            for (int i = 0; i < points; i++) {
                double kappa = bound * (2.0 * i / (points - 1) - 1) + 1e-7;
                dynamics.velocity(new double[]{kappa}, f);
                if (i > 0 && before > 0 != f[0] > 0) {
                    scanned.add(kappa);
                }
                before = f[0];
            }
            assertThat(found.points()).as("seed %d", seed).hasSameSizeAs(scanned);
            for (int i = 0; i < scanned.size(); i++) {
                // One step of the scan.
                assertThat(found.points().get(i).kappa()[0]).isCloseTo(scanned.get(i), within(2.1 * bound / points));
            }
        }
    }

    @Test
    void shouldMissNoFixedPointThatManyNewtonStartsFindInRankTwoNetworks() {
        for (long seed = 1; seed <= 50; seed++) {
            ReducedDynamics dynamics = new ReducedDynamics(random(2, 60, seed, seed % 2 == 0), new double[]{0.3});
            FixedPoints found = FixedPoints.of(dynamics);
            assertThat(found.complete()).as("seed %d", seed).isTrue();
            List<double[]> reference = newtonFromGrid(dynamics, 30);
            assertThat(found.points()).as("seed %d", seed).hasSizeGreaterThanOrEqualTo(reference.size());
            for (double[] root : reference) {
                assertThat(found.points()).as("seed %d", seed)
                        .anyMatch(p -> Math.hypot(p.kappa()[0] - root[0], p.kappa()[1] - root[1]) < 1e-6);
            }
            // Degree of F on a large circle, where F = -kappa: nodes and foci outnumber saddles by one.
            assertThat(found.points().size() - 2 * count(found, SADDLE)).as("seed %d", seed).isEqualTo(1);
        }
    }

    /** Plain undamped Newton from each point of a grid: an independent, incomplete search. */
    private static List<double[]> newtonFromGrid(ReducedDynamics dynamics, int side) {
        double[] bound = dynamics.bounds();
        List<double[]> roots = new ArrayList<>();
        double[] f = new double[2];
        double[] j = new double[4];
        for (int cell = 0; cell < side * side; cell++) {
            int row = cell / side;
            double[] kappa = {bound[0] * (2.0 * (cell % side) / (side - 1) - 1),
                bound[1] * (2.0 * row / (side - 1) - 1)};
            for (int iteration = 0; iteration < 30 && Math.hypot(kappa[0], kappa[1]) < 100; iteration++) {
                dynamics.linearise(kappa, f, j);
                double det = j[0] * j[3] - j[1] * j[2];
                kappa[0] -= (j[3] * f[0] - j[1] * f[1]) / det;
                kappa[1] -= (j[0] * f[1] - j[2] * f[0]) / det;
            }
            dynamics.velocity(kappa, f);
            boolean known = roots.stream().anyMatch(r -> Math.hypot(r[0] - kappa[0], r[1] - kappa[1]) < 1e-6);
            if (Math.hypot(f[0], f[1]) < 1e-12 && !known) {
                roots.add(kappa);
            }
        }
        return roots;
    }

    @Test
    void shouldFindTheFixedPointsOfARankThreeNetworkThatIsThreeRankOneNetworks() {
        // Three separate populations with overlap 2: each kappa is 0 or +-k, so 27 fixed points, 8 of them stable.
        int size = 200;
        float[] m = new float[3 * 3 * size];
        SplittableRandom random = new SplittableRandom(4);
        for (int k = 0; k < 3; k++) {
            for (int i = 0; i < size; i++) {
                m[k * 3 * size + k * size + i] = (float) (random.nextGaussian() * Math.sqrt(3));
            }
        }
        float[] n = m.clone();
        for (int i = 0; i < n.length; i++) {
            n[i] *= 2;
        }
        FixedPoints found = undriven(LowRankNetwork.withoutBias(3 * size, 3, 0, 0.2, m, n, new float[0]));
        assertThat(found.complete()).isFalse();
        assertThat(found.points()).hasSize(27);
        assertThat(stable(found)).isEqualTo(8);
    }

    @Test
    void shouldNameEachTypeByItsEigenvalues() {
        double[] origin = new double[2];
        assertThat(FixedPoint.of(origin, new double[]{-1, 0, 0, -2}).type()).isEqualTo(STABLE_NODE);
        assertThat(FixedPoint.of(origin, new double[]{-1, 2, -2, -1}).type()).isEqualTo(STABLE_FOCUS);
        assertThat(FixedPoint.of(origin, new double[]{1, 0, 0, -2}).type()).isEqualTo(SADDLE);
        assertThat(FixedPoint.of(origin, new double[]{1, 0, 0, 2}).type()).isEqualTo(UNSTABLE_NODE);
        assertThat(FixedPoint.of(origin, new double[]{1, 2, -2, 1}).type()).isEqualTo(UNSTABLE_FOCUS);
        FixedPoint centre = FixedPoint.of(origin, new double[]{0, 2, -2, 0});
        assertThat(centre.type()).isEqualTo(CENTRE);
        assertThat(centre.im()).containsExactly(new double[]{2, -2}, within(1e-12));
    }

    @Test
    void shouldEndWithinItsLimitOfWorkAndSayThatTheSearchIsNotComplete() {
        ReducedDynamics dynamics = ReducedDynamics.undriven(named("bimodal", 500, 1));
        FixedPoints found = FixedPoints.of(dynamics, 50_000);
        assertThat(found.complete()).isFalse();
    }

    @Test
    void shouldFindOneDegeneratePointAtAPitchfork() {
        // Overlap exactly 1: F = -kappa + tanh(kappa) has a triple root.
        float[] ones = {1, 1};
        FixedPoints found = undriven(LowRankNetwork.withoutBias(2, 1, 0, 0.2, ones, ones, new float[0]));
        assertThat(found.points()).hasSize(1);
        assertThat(found.points().getFirst().kappa()[0]).isCloseTo(0, within(1e-3));
    }

    @Test
    void shouldHandleANetworkWithoutConnectivity() {
        FixedPoints found = undriven(
                LowRankNetwork.withoutBias(3, 2, 0, 0.2, new float[6], new float[6], new float[0]));
        assertThat(found.points()).hasSize(1);
        assertThat(found.points().getFirst().type()).isEqualTo(STABLE_NODE);
    }

    @Test
    void shouldRefuseWeightsThatAreNotFinite() {
        float[] m = {1, Float.NaN};
        assertThatThrownBy(
                () -> undriven(LowRankNetwork.withoutBias(2, 1, 0, 0.2, m, new float[]{1, 1}, new float[0])))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("m[0, 1] = NaN");
    }

    @Test
    void shouldFindTheFixedPointsOfTheAuthorsContextDependentNetwork() {
        LowRankNetwork network = Teachers.lowRank("cdm.npz");
        for (double[] drive : new double[][]{{0, 0, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}) {
            ReducedDynamics dynamics = new ReducedDynamics(network, drive);
            FixedPoints found = FixedPoints.of(dynamics);
            assertThat(found.complete()).isTrue();
            double[] f = new double[1];
            int crossings = 0;
            double before = 0;
            double bound = dynamics.bounds()[0] * 1.01;
            for (int i = 0; i <= 20_000; i++) {
                dynamics.velocity(new double[]{bound * (i / 10_000.0 - 1) + 1e-7}, f);
                crossings += i > 0 && before > 0 != f[0] > 0 ? 1 : 0;
                before = f[0];
            }
            assertThat(found.points()).hasSize(crossings);
            for (FixedPoint point : found.points()) {
                dynamics.velocity(point.kappa(), f);
                assertThat(f[0]).isCloseTo(0, within(1e-10));
            }
        }
    }

    /** A network strong enough for several fixed points: overlaps 2.5, few neurons, one input channel. */
    private static LowRankNetwork random(int rank, int neurons, long seed, boolean biased) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] m = new float[rank * neurons];
        float[] n = new float[rank * neurons];
        float[] w = new float[neurons];
        float[] b = new float[neurons];
        for (int i = 0; i < m.length; i++) {
            m[i] = (float) (1.5 * random.nextGaussian());
            n[i] = (float) (m[i] + 2 * random.nextGaussian());
        }
        for (int i = 0; i < neurons; i++) {
            w[i] = (float) random.nextGaussian();
            b[i] = biased ? (float) random.nextGaussian() : 0;
        }
        return new LowRankNetwork(neurons, rank, 1, 0.2, m, n, w, b);
    }
}
