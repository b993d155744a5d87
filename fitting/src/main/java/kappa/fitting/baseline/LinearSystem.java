package kappa.fitting.baseline;

import java.util.Arrays;
import kappa.fitting.regression.Cholesky;

/**
 * A linear dynamical system with Gaussian noises: x_t = A x_{t-1} + noise(Q), s_t = mu + C x_t + noise(diag R), x_0 ~
 * (start, startCovariance) at a trial's first bin, with K numbers in x and N in s. NaN is not observed. Immutable by
 * agreement.
 */
record LinearSystem(double[][] a, double[][] q, double[][] c, double[] r, double[] mu, double[] start,
        double[][] startCovariance) {

    /** A x; A P A' + Q is written to {@code next}. */
    double[] predict(double[] x, double[][] p, double[][] next) {
        int K = x.length;
        double[] out = new double[K];
        double[][] ap = times(a, p);
        for (int i = 0; i < K; i++) {
            for (int j = 0; j < K; j++) {
                out[i] += a[i][j] * x[j];
                double sum = q[i][j];
                for (int l = 0; l < K; l++) {
                    sum += ap[i][l] * a[j][l];
                }
                next[i][j] = sum;
            }
        }
        return out;
    }

    /** The state once s is known; P becomes (P^-1 + C' R^-1 C)^-1 in place. */
    double[] update(double[] x, double[][] p, double[] s) {
        int K = x.length;
        double[][] precision = inverse(p);
        double[] score = new double[K];
        for (int i = 0; i < s.length; i++) {
            if (Double.isNaN(s[i])) {
                continue;
            }
            double error = s[i] - mu[i];
            for (int k = 0; k < K; k++) {
                error -= c[i][k] * x[k];
            }
            for (int k = 0; k < K; k++) {
                double weighted = c[i][k] / r[i];
                score[k] += weighted * error;
                for (int l = 0; l <= k; l++) {
                    precision[k][l] += weighted * c[i][l];
                }
            }
        }
        for (int k = 0; k < K; k++) {
            for (int l = 0; l < k; l++) {
                precision[l][k] = precision[k][l];
            }
        }
        double[][] posterior = inverse(precision);
        double[] out = x.clone();
        for (int k = 0; k < K; k++) {
            for (int l = 0; l < K; l++) {
                out[k] += posterior[k][l] * score[l];
            }
            System.arraycopy(posterior[k], 0, p[k], 0, K);
        }
        return out;
    }

    /** Expected sums of one trial [T,N] under this system, by the Rauch-Tung-Striebel smoother. */
    Sums smoothed(double[][] s) {
        int T = s.length;
        int K = start.length;
        double[][][] predictedP = new double[T][K][K];
        double[][][] p = new double[T][][];
        double[][] predicted = new double[T][];
        double[][] x = new double[T][];
        for (int t = 0; t < T; t++) {
            if (t == 0) {
                predicted[0] = start;
                predictedP[0] = copy(startCovariance);
            } else {
                predicted[t] = predict(x[t - 1], p[t - 1], predictedP[t]);
            }
            p[t] = copy(predictedP[t]);
            x[t] = update(predicted[t], p[t], s[t]);
        }
        Sums sums = new Sums(s[0].length, K);
        sums.observe(this, s[T - 1], x[T - 1], p[T - 1]);
        sums.add(sums.now, 1, x[T - 1], x[T - 1], p[T - 1]);
        for (int t = T - 2; t >= 0; t--) {
            double[][] gain = times(times(p[t], transposed(a)), inverse(predictedP[t + 1]));
            double[] next = x[t + 1];
            double[][] nextP = p[t + 1];
            for (int k = 0; k < K; k++) {
                for (int l = 0; l < K; l++) {
                    x[t][k] += gain[k][l] * (next[l] - predicted[t + 1][l]);
                }
            }
            double[][] change = copy(nextP);
            for (int k = 0; k < K; k++) {
                for (int l = 0; l < K; l++) {
                    change[k][l] -= predictedP[t + 1][k][l];
                }
            }
            double[][] shift = times(times(gain, change), transposed(gain));
            for (int k = 0; k < K; k++) {
                for (int l = 0; l < K; l++) {
                    p[t][k][l] += shift[k][l];
                }
            }
            sums.observe(this, s[t], x[t], p[t]);
            sums.add(sums.before, 1, x[t], x[t], p[t]);
            sums.add(sums.cross, 1, next, x[t], times(nextP, transposed(gain)));
            if (t > 0) {
                sums.add(sums.now, 1, x[t], x[t], p[t]);
            }
        }
        sums.steps = T - 1;
        sums.trials = 1;
        System.arraycopy(x[0], 0, sums.start, 0, K);
        sums.add(sums.startSquares, 1, x[0], x[0], p[0]);
        return sums;
    }

    /** What the parameters that maximise the expected likelihood follow from. */
    static final class Sums {
        private final int K;
        private final double[][] now; // sum of x_t x_t' from the second bin on
        private final double[][] before; // the same up to the last but one
        private final double[][] cross; // sum of x_t x_{t-1}'
        private final double[][] states; // of all bins with the constant 1, [K + 1,K + 1]
        private final double[][] products; // of s with x and 1, [N,K + 1]
        private final double[] squares; // of s, [N]
        private final double[] start;
        private final double[][] startSquares;
        private double bins;
        private double steps;
        private double trials;

        private Sums(int neurons, int dimensions) {
            K = dimensions;
            now = new double[K][K];
            before = new double[K][K];
            cross = new double[K][K];
            states = new double[K + 1][K + 1];
            products = new double[neurons][K + 1];
            squares = new double[neurons];
            start = new double[K];
            startSquares = new double[K][K];
        }

        private void add(double[][] to, double weight, double[] left, double[] right, double[][] covariance) {
            for (int k = 0; k < K; k++) {
                for (int l = 0; l < K; l++) {
                    to[k][l] += weight * (left[k] * right[l] + covariance[k][l]);
                }
            }
        }

        /** What was not observed is what the state expects, with its variance. */
        private void observe(LinearSystem system, double[] s, double[] x, double[][] p) {
            bins++;
            add(states, 1, x, x, p);
            for (int k = 0; k < K; k++) {
                states[k][K] += x[k];
                states[K][k] += x[k];
            }
            states[K][K]++;
            for (int i = 0; i < s.length; i++) {
                double value = s[i];
                double variance = 0;
                if (Double.isNaN(value)) {
                    value = system.mu[i];
                    for (int k = 0; k < K; k++) {
                        value += system.c[i][k] * x[k];
                    }
                    variance = system.r[i];
                }
                for (int k = 0; k < K; k++) {
                    products[i][k] += value * x[k];
                }
                products[i][K] += value;
                squares[i] += value * value + variance;
            }
        }

        /** this = (1 - weight) this + weight other. */
        void move(Sums other, double weight) {
            for (double[][][] pair : new double[][][][]{{now, other.now}, {before, other.before},
                {cross, other.cross}, {states, other.states}, {products, other.products},
                {startSquares, other.startSquares}, {{squares}, {other.squares}}, {{start}, {other.start}}}) {
                for (int i = 0; i < pair[0].length; i++) {
                    for (int j = 0; j < pair[0][i].length; j++) {
                        pair[0][i][j] += weight * (pair[1][i][j] - pair[0][i][j]);
                    }
                }
            }
            bins += weight * (other.bins - bins);
            steps += weight * (other.steps - steps);
            trials += weight * (other.trials - trials);
        }

        /** The system that makes these sums most likely. */
        LinearSystem maximise(double leastNoise, double jitter) {
            int N = squares.length;
            double[][] weights = new double[N][]; // C and mu
            double[] r = new double[N];
            double[][] c = new double[N][K];
            double[] mu = new double[N];
            Cholesky factor = new Cholesky(jittered(states, jitter * bins));
            for (int i = 0; i < N; i++) {
                weights[i] = products[i].clone();
                factor.solve(weights[i]);
                double explained = 0;
                for (int k = 0; k <= K; k++) {
                    explained += weights[i][k] * products[i][k];
                }
                r[i] = Math.max(leastNoise, (squares[i] - explained) / bins);
                System.arraycopy(weights[i], 0, c[i], 0, K);
                mu[i] = weights[i][K];
            }
            Cholesky past = new Cholesky(jittered(before, jitter * steps));
            double[][] a = new double[K][];
            double[][] q = new double[K][K];
            double[][] startCovariance = new double[K][K];
            double[] mean = new double[K];
            for (int k = 0; k < K; k++) {
                a[k] = cross[k].clone();
                past.solve(a[k]);
                mean[k] = start[k] / trials;
            }
            for (int k = 0; k < K; k++) {
                for (int l = 0; l < K; l++) {
                    double explained = 0;
                    for (int j = 0; j < K; j++) {
                        // Half of either side, so that rounding cannot make Q unsymmetric.
                        explained += 0.5 * (a[k][j] * cross[l][j] + a[l][j] * cross[k][j]);
                    }
                    q[k][l] = (now[k][l] - explained) / steps + (k == l ? jitter : 0);
                    startCovariance[k][l] = startSquares[k][l] / trials - mean[k] * mean[l]
                            + (k == l ? 1e-4 : 0);
                }
            }
            return new LinearSystem(a, q, c, r, mu, mean, startCovariance);
        }

        private static double[][] jittered(double[][] matrix, double jitter) {
            double[][] out = copy(matrix);
            for (int k = 0; k < matrix.length; k++) {
                out[k][k] += jitter;
            }
            return out;
        }
    }

    static double[][] copy(double[][] matrix) {
        return Arrays.stream(matrix).map(double[]::clone).toArray(double[][]::new);
    }

    private static double[][] times(double[][] left, double[][] right) {
        int K = left.length;
        double[][] out = new double[K][K];
        for (int i = 0; i < K; i++) {
            for (int l = 0; l < K; l++) {
                for (int j = 0; j < K; j++) {
                    out[i][j] += left[i][l] * right[l][j];
                }
            }
        }
        return out;
    }

    private static double[][] transposed(double[][] matrix) {
        int K = matrix.length;
        double[][] out = new double[K][K];
        for (int i = 0; i < K; i++) {
            for (int j = 0; j < K; j++) {
                out[j][i] = matrix[i][j];
            }
        }
        return out;
    }

    /** Of a symmetric positive definite matrix. */
    private static double[][] inverse(double[][] matrix) {
        int K = matrix.length;
        Cholesky factor = new Cholesky(copy(matrix));
        double[][] out = new double[K][K];
        for (int k = 0; k < K; k++) {
            out[k][k] = 1;
            factor.solve(out[k]);
        }
        return out;
    }
}
