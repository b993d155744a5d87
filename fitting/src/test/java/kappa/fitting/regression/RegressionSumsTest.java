package kappa.fitting.regression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RegressionSumsTest {

    private static final int N = 6;
    private static final int FREE = 2;
    private static final int ROWS = 203;

    private final double[][] a = new double[ROWS][N + FREE];
    private final double[][] d = new double[ROWS][N];

    /** A rank-two relation, inputs that drive the regressors too, and noise. */
    RegressionSumsTest() {
        SplittableRandom random = new SplittableRandom(5);
        double[][] left = gaussian(random, 2, N);
        double[][] right = gaussian(random, 2, N);
        double[][] f = gaussian(random, FREE, N);
        double[][] drive = gaussian(random, FREE, N);
        for (int t = 0; t < ROWS; t++) {
            a[t][N] = random.nextGaussian();
            a[t][N + 1] = 1;
            for (int i = 0; i < N; i++) {
                a[t][i] = random.nextGaussian() * (1 + i) + drive[0][i] * a[t][N] + drive[1][i];
            }
            for (int i = 0; i < N; i++) {
                d[t][i] = random.nextGaussian() + f[0][i] * a[t][N] + f[1][i];
                for (int j = 0; j < N; j++) {
                    d[t][i] += (left[0][i] * right[0][j] + left[1][i] * right[1][j]) * a[t][j];
                }
            }
        }
    }

    private static double[][] gaussian(SplittableRandom random, int rows, int columns) {
        double[][] out = new double[rows][columns];
        for (double[] row : out) {
            Arrays.setAll(row, i -> random.nextGaussian());
        }
        return out;
    }

    private RegressionSums sums() {
        RegressionSums sums = new RegressionSums(N, FREE);
        // In two parts, neither a multiple of four.
        sums.add(Arrays.copyOfRange(a, 0, 101), Arrays.copyOfRange(d, 0, 101), 101);
        sums.add(Arrays.copyOfRange(a, 101, ROWS), Arrays.copyOfRange(d, 101, ROWS), ROWS - 101);
        return sums;
    }

    private static double[] ones() {
        double[] ones = new double[N];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** |D - J A_1 - F A_2|^2 + lambda |J|^2. */
    private double cost(double[][] left, double[][] right, double[][] f, double lambda) {
        double cost = 0;
        for (int t = 0; t < ROWS; t++) {
            for (int i = 0; i < N; i++) {
                double error = d[t][i];
                for (int q = 0; q < FREE; q++) {
                    error -= f[i][q] * a[t][N + q];
                }
                for (int k = 0; k < left.length; k++) {
                    for (int j = 0; j < N; j++) {
                        error -= left[k][i] * right[k][j] * a[t][j];
                    }
                }
                cost += error * error;
            }
        }
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) {
                double entry = 0;
                for (int k = 0; k < left.length; k++) {
                    entry += left[k][i] * right[k][j];
                }
                cost += lambda * entry * entry;
            }
        }
        return cost;
    }

    /**
     * The mean variance sum of the regressors, once the free ones are regressed out, as the solver's ridge is in units
     * of.
     */
    private double unit() {
        double[][] rest = new double[ROWS][N];
        double[][] gram = new double[FREE][FREE];
        for (int q = 0; q < FREE; q++) {
            for (int p = 0; p < FREE; p++) {
                for (int t = 0; t < ROWS; t++) {
                    gram[q][p] += a[t][N + q] * a[t][N + p];
                }
            }
        }
        double determinant = gram[0][0] * gram[1][1] - gram[0][1] * gram[1][0];
        double sum = 0;
        for (int i = 0; i < N; i++) {
            double x = 0;
            double y = 0;
            for (int t = 0; t < ROWS; t++) {
                x += a[t][N] * a[t][i];
                y += a[t][N + 1] * a[t][i];
            }
            double first = (gram[1][1] * x - gram[0][1] * y) / determinant;
            double second = (gram[0][0] * y - gram[1][0] * x) / determinant;
            for (int t = 0; t < ROWS; t++) {
                rest[t][i] = a[t][i] - first * a[t][N] - second * a[t][N + 1];
                sum += rest[t][i] * rest[t][i];
            }
        }
        return sum / N;
    }

    /**
     * The oracle knows nothing of eigenvectors: it minimises the cost over left, right and F by coordinate descent on
     * the entries, in each of which the cost is a parabola, from random starts.
     */
    private double bruteForce(int rank, double lambda, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[][] left = gaussian(random, rank, N);
        double[][] right = gaussian(random, rank, N);
        double[][] f = gaussian(random, N, FREE);
        double before = Double.POSITIVE_INFINITY;
        double now = cost(left, right, f, lambda);
        for (int sweep = 0; sweep < 4_000 && before - now > 1e-11 * now; sweep++) {
            before = now;
            for (double[][] matrix : new double[][][]{left, right, f}) {
                for (double[] row : matrix) {
                    for (int i = 0; i < row.length; i++) {
                        double middle = cost(left, right, f, lambda);
                        row[i] += 1;
                        double up = cost(left, right, f, lambda);
                        row[i] -= 2;
                        double down = cost(left, right, f, lambda);
                        row[i] += 1 - (up - down) / (2 * (up + down - 2 * middle));
                    }
                }
            }
            now = cost(left, right, f, lambda);
        }
        return now;
    }

    @Test
    void shouldReachTheLeastCostThatDirectMinimisationFinds() {
        for (double ridge : new double[]{0, 0.3}) {
            for (int rank = 1; rank <= 2; rank++) {
                double lambda = ridge * unit();
                RegressionSums.Solution solution = sums().solve(rank, ridge, ones());
                double found = cost(solution.left(), solution.right(), solution.unconstrained(), lambda);
                double least = Math.min(bruteForce(rank, lambda, 1), bruteForce(rank, lambda, 2));
                // Descent stops where a sweep gains a part in 1e11 and ends a little above the minimum.
                assertThat(found).as("ridge %s rank %d", ridge, rank).isLessThanOrEqualTo(least * (1 + 1e-8));
                assertThat(found).isGreaterThan(least * (1 - 1e-5));
            }
        }
    }

    @Test
    void shouldBeOrdinaryLeastSquaresAtFullRank() {
        RegressionSums.Solution solution = sums().solve(N, 0, ones());
        double least = cost(solution.left(), solution.right(), solution.unconstrained(), 0);
        // At the minimum the residuals are orthogonal to every regressor.
        for (int i = 0; i < N; i++) {
            double inner = 0;
            for (int t = 0; t < ROWS; t++) {
                double error = d[t][0];
                for (int j = 0; j < N; j++) {
                    for (int k = 0; k < N; k++) {
                        error -= solution.left()[k][0] * solution.right()[k][j] * a[t][j];
                    }
                }
                for (int q = 0; q < FREE; q++) {
                    error -= solution.unconstrained()[0][q] * a[t][N + q];
                }
                inner += error * a[t][i];
            }
            assertThat(inner).isCloseTo(0, within(1e-6 * least));
        }
    }
}
