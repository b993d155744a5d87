package kappa.analysis.populations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.commons.math3.distribution.MixtureMultivariateNormalDistribution;
import org.apache.commons.math3.distribution.fitting.MultivariateNormalMixtureExpectationMaximization;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GaussianMixtureTest {

    private static final long SEED = 4;

    private static GaussianMixture.Options options(GaussianMixture.Means means) {
        return new GaussianMixture.Options(means, 8);
    }

    /** Points and where they come from. */
    private record Planted(double[][] data, int[] component) {}

    /** Gaussians at the corners of a square of four standard deviations. */
    private static Planted corners(int points, int dimensions) {
        SplittableRandom random = new SplittableRandom(SEED);
        double[][] data = new double[dimensions][points];
        int[] component = new int[points];
        for (int i = 0; i < points; i++) {
            component[i] = i % 4;
            for (int c = 0; c < dimensions; c++) {
                data[c][i] = random.nextGaussian();
            }
            data[0][i] += 4 * (component[i] % 2);
            data[1][i] += 4 * (component[i] / 2) + 0.5 * data[0][i];
        }
        return new Planted(data, component);
    }

    /** Two populations of mean zero in four dimensions, whose columns are correlated with opposite signs. */
    private static Planted crossing(int points) {
        SplittableRandom random = new SplittableRandom(SEED);
        double[][] data = new double[4][points];
        int[] component = new int[points];
        for (int i = 0; i < points; i++) {
            component[i] = i < points / 3 ? 0 : 1;
            double sign = component[i] == 0 ? 1 : -1;
            for (int pair = 0; pair < 2; pair++) {
                double shared = random.nextGaussian();
                data[2 * pair][i] = shared + 0.05 * random.nextGaussian();
                data[2 * pair + 1][i] = sign * shared + 0.05 * random.nextGaussian();
            }
        }
        return new Planted(data, component);
    }

    @Test
    void shouldRecoverPlantedPopulationsThatDifferInMean() {
        Planted planted = corners(1_500, 5);
        GaussianMixture found = GaussianMixture.fit(planted.data, 4,
                options(GaussianMixture.Means.FREE), new SplittableRandom(SEED));
        // At four standard deviations one point in 22 lies beyond one of two borders: the best possible index is about
        // 0.9.
        assertThat(AdjustedRandIndex.of(found.assign(planted.data), planted.component)).isGreaterThan(0.87);
        for (int p = 0; p < 4; p++) {
            assertThat(found.components[p].weight).isCloseTo(0.25, within(0.03));
            // Variance of column 1 is that of its own noise and a quarter of column 0's; 375 points: four standard
            // errors.
            assertThat(found.components[p].covariance[0][0]).isCloseTo(1, within(0.3));
            assertThat(found.components[p].covariance[1][1]).isCloseTo(1.25, within(0.37));
            assertThat(found.components[p].covariance[0][1]).isCloseTo(0.5, within(0.3));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRecoverPlantedPopulationsThatDifferInCovarianceOnly(GaussianMixture.Means means) {
        Planted planted = crossing(900);
        GaussianMixture found = GaussianMixture.fit(planted.data, 2, options(means),
                new SplittableRandom(SEED));
        assertThat(AdjustedRandIndex.of(found.assign(planted.data), planted.component)).isGreaterThan(0.95);
        assertThat(found.components[0].weight).isCloseTo(2.0 / 3, within(0.01));
        assertThat(found.components[0].mean[0] + found.shift[0]).isCloseTo(0,
                within(means == GaussianMixture.Means.ZERO ? 0 : 0.2));
    }

    @Test
    void shouldNeverLoseLikelihood() {
        double[][] data = corners(400, 4).data;
        // A column that depends on others keeps the floor of the covariances at work.
        data[3] = Arrays.stream(data[0]).map(x -> 2 * x).toArray();
        for (GaussianMixture.Means means : GaussianMixture.Means.values()) {
            for (int number = 1; number <= 7; number++) {
                List<Double> history = GaussianMixture
                        .fit(data, number, options(means), new SplittableRandom(SEED)).history;
                for (int step = 1; step < history.size(); step++) {
                    // Relative to sums of 400 logarithms of order ten: rounding.
                    assertThat(history.get(step)).isGreaterThanOrEqualTo(history.get(step - 1) - 1e-8);
                }
            }
        }
    }

    @Test
    void shouldReachTheLikelihoodOfAnotherLibrary() {
        Planted planted = corners(600, 3);
        double[][] rows = new double[600][3];
        for (int i = 0; i < rows.length; i++) {
            for (int c = 0; c < 3; c++) {
                rows[i][c] = planted.data[c][i];
            }
        }
        MultivariateNormalMixtureExpectationMaximization other = new MultivariateNormalMixtureExpectationMaximization(
                rows);
        other.fit(MultivariateNormalMixtureExpectationMaximization.estimate(rows, 2), 2_000, 1e-9);
        MixtureMultivariateNormalDistribution distribution = other.getFittedModel();
        double expected = 0;
        for (double[] row : rows) {
            expected += Math.log(distribution.density(row));
        }
        GaussianMixture found = GaussianMixture.fit(planted.data, 2,
                options(GaussianMixture.Means.FREE), new SplittableRandom(SEED));
        // Iteration ends at a gain of 1e-5 a point, 0.006 in all; the other library knows one start only, and may do
        // worse.
        assertThat(found.logLikelihood()).isGreaterThan(expected - 0.2);
    }

    @Test
    void shouldBeAGaussianWithOneComponent() {
        double[][] data = corners(300, 2).data;
        GaussianMixture found = GaussianMixture.fit(data, 1,
                options(GaussianMixture.Means.FREE), new SplittableRandom(SEED));
        double mean = Arrays.stream(data[0]).average().orElseThrow();
        double variance = Arrays.stream(data[0]).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
        assertThat(found.components[0].mean[0] + found.shift[0]).isCloseTo(mean, within(1e-12));
        assertThat(found.components[0].covariance[0][0]).isCloseTo(variance, within(1e-12));
        assertThat(found.parameters()).isEqualTo(2 + 3);
        assertThat(found.evidence(300)).isCloseTo(found.logLikelihood() - 2.5 * Math.log(300), within(1e-9));
        assertThat(found.assign(data)).containsOnly(0);
    }

    @Test
    void shouldSurviveFewerDistinctPointsThanComponents() {
        double[][] data = new double[2][20];
        Arrays.fill(data[0], 10, 20, 1);
        GaussianMixture found = GaussianMixture.fit(data, 5,
                options(GaussianMixture.Means.FREE), new SplittableRandom(SEED));
        assertThat(found.logLikelihood()).isFinite();
        int[] component = found.assign(data);
        assertThat(component[0]).isEqualTo(component[9]).isNotEqualTo(component[19]);
    }

    @Test
    void shouldGiveEqualResultsForEqualSeeds() {
        double[][] data = corners(500, 4).data;
        GaussianMixture.Options options = options(GaussianMixture.Means.FREE);
        GaussianMixture one = GaussianMixture.fit(data, 4, options, new SplittableRandom(SEED));
        GaussianMixture two = GaussianMixture.fit(data, 4, options, new SplittableRandom(SEED));
        assertThat(two.history).isEqualTo(one.history);
        assertThat(two.components[3].mean).containsExactly(one.components[3].mean);
    }

    @Test
    void shouldRefuseWhatIsNoNumber() {
        double[][] data = corners(20, 2).data;
        data[1][7] = Double.NaN;
        assertThatThrownBy(() -> GaussianMixture.fit(data, 2,
                options(GaussianMixture.Means.FREE), new SplittableRandom(SEED)))
                .hasMessage("data[1][7] = NaN, expected a finite number");
    }

    @Test
    void shouldCorrectAgreementOfPartitionsForChance() {
        assertThat(AdjustedRandIndex.of(new int[]{0, 0, 1, 1}, new int[]{1, 1, 0, 0})).isEqualTo(1);
        assertThat(AdjustedRandIndex.of(new int[]{0, 0, 0}, new int[]{0, 0, 0})).isEqualTo(1);
        // The worked example of Hubert & Arabie's formula: 2 x 2 table (2, 1; 1, 2): S = 2, A = B = 6, T = 15.
        assertThat(AdjustedRandIndex.of(new int[]{0, 0, 0, 1, 1, 1}, new int[]{0, 0, 1, 0, 1, 1}))
                .isCloseTo((2 - 36.0 / 15) / (6 - 36.0 / 15), within(1e-12));
        SplittableRandom random = new SplittableRandom(SEED);
        int[] one = random.ints(5_000, 0, 3).toArray();
        int[] other = random.ints(5_000, 0, 4).toArray();
        assertThat(AdjustedRandIndex.of(one, other)).isCloseTo(0, within(0.01));
    }
}
