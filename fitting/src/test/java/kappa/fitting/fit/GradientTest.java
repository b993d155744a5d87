package kappa.fitting.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import kappa.fitting.filter.FilterGradient;
import kappa.fitting.kernel.BatchGradient;
import kappa.fitting.kernel.Gradient;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.PackedModel;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.kernel.ScalarKernels;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.recording.Observation;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Both losses of the fit, written down once more in double precision and in matrices, as in science.md, and their central
 * differences with respect to every trainable part. Scalar kernels agree to 1e-6 of a part's largest gradient: they compute in
 * double, between parameters and gradients that are floats (6e-8 each). SIMD kernels compute in float.
 */
class GradientTest {

    private static final int N = 19;
    private static final int BINS = 6;
    private static final double ALPHA = 0.2;
    private static final double SCALAR = 1e-6;
    private static final double SIMD = 1e-4;

    /** All trainable parts in double. */
    private static final class Parts {
        final int K;
        final int S;
        final Observation kind;
        final boolean linear;
        final double[] m;
        final double[] n;
        final double[] w;
        final double[] b;
        final double[] gain;
        final double[] offset;
        final double[] noise;
        final double[] start;
        final double[] startVariance;
        final double[] processNoise;
        final double[] y;
        final double[] v;

        Parts(int K, int S, Observation kind, boolean linear) {
            this.linear = linear;
            this.K = K;
            this.S = S;
            this.kind = kind;
            Random random = new Random(1712L + K);
            m = gaussian(random, K * N, 1);
            n = gaussian(random, K * N, 1);
            w = gaussian(random, S * N, 0.5);
            b = gaussian(random, N, 0.3);
            gain = new double[N];
            noise = new double[N];
            for (int i = 0; i < N; i++) {
                gain[i] = kind == Observation.COUNTS ? (float) (0.4 + random.nextDouble()) : 1;
                noise[i] = (float) (0.1 + random.nextDouble());
            }
            offset = kind == Observation.CURRENTS ? gaussian(random, N, 0.2) : new double[N];
            start = gaussian(random, K, 0.4);
            startVariance = new double[K];
            processNoise = new double[K];
            for (int k = 0; k < K; k++) {
                startVariance[k] = 0.1 + 0.05 * k;
                processNoise[k] = 0.02 + 0.01 * k;
            }
            y = gaussian(random, BINS * N, 0.6);
            for (int j = 0; j < y.length; j++) {
                if (kind == Observation.COUNTS) {
                    y[j] = random.nextInt(4);
                }
                if (random.nextInt(12) == 0) {
                    y[j] = Double.NaN;
                }
            }
            v = gaussian(random, (BINS + 1) * S, 1);
        }

        /** Numbers that a float holds exactly, so that kernels and reference see the same ones. */
        private static double[] gaussian(Random random, int length, double sd) {
            double[] a = new double[length];
            for (int i = 0; i < length; i++) {
                a[i] = (float) (sd * random.nextGaussian());
            }
            return a;
        }

        KernelModel model() {
            KernelModel tanh = KernelModel.of(
                    new LowRankNetwork(N, K, S, ALPHA, floats(m), floats(n), floats(w), floats(b)), kind,
                    floats(gain), floats(offset), floats(noise));
            return linear ? tanh.withLinearDynamics() : tanh;
        }

        /** What a neuron sends to others, and its slope. */
        double sent(double z) {
            return linear ? z : Math.tanh(z);
        }

        double slope(double z) {
            return linear ? 1 : 1 - Math.tanh(z) * Math.tanh(z);
        }

        double current(int i, RealVector kappa, int t) {
            double x = 0;
            for (int k = 0; k < K; k++) {
                x += m[k * N + i] * kappa.getEntry(k);
            }
            for (int s = 0; s < S; s++) {
                x += w[s * N + i] * v[t * S + s];
            }
            return x;
        }

        /** kappa one bin on. */
        RealVector advance(RealVector kappa, int t) {
            RealVector next = kappa.mapMultiply(1 - ALPHA);
            for (int i = 0; i < N; i++) {
                double r = sent(current(i, kappa, t) + b[i]);
                for (int k = 0; k < K; k++) {
                    next.addToEntry(k, ALPHA / N * n[k * N + i] * r);
                }
            }
            return next;
        }

        RealMatrix transition(RealVector kappa, int t) {
            RealMatrix F = MatrixUtils.createRealIdentityMatrix(K).scalarMultiply(1 - ALPHA);
            for (int i = 0; i < N; i++) {
                double prime = slope(current(i, kappa, t) + b[i]);
                for (int k = 0; k < K; k++) {
                    for (int l = 0; l < K; l++) {
                        F.addToEntry(k, l, ALPHA / N * n[k * N + i] * prime * m[l * N + i]);
                    }
                }
            }
            return F;
        }

        /** Loss of bin t (1-based row of v, row t - 1 of y). */
        double loss(RealVector kappa, int t) {
            double sum = 0;
            for (int i = 0; i < N; i++) {
                double seen = y[(t - 1) * N + i];
                if (Double.isNaN(seen)) {
                    continue;
                }
                double x = current(i, kappa, t);
                double r = Math.tanh(x + b[i]);
                sum += switch (kind) {
                    case RATES -> 0.5 * square(seen - gain[i] * r - offset[i]);
                    case CURRENTS -> 0.5 * square(seen - gain[i] * x - offset[i]);
                    case COUNTS -> gain[i] * (1 + r) - seen * Math.log(gain[i] * (1 + r));
                };
            }
            return sum;
        }

        double freeRunLoss() {
            RealVector kappa = new ArrayRealVector(start);
            double sum = 0;
            for (int t = 1; t <= BINS; t++) {
                kappa = advance(kappa, t - 1);
                sum += loss(kappa, t);
            }
            return sum;
        }

        double filterLoss() {
            RealVector kappa = new ArrayRealVector(start);
            RealMatrix P = MatrixUtils.createRealDiagonalMatrix(startVariance);
            double sum = 0;
            for (int t = 1; t <= BINS; t++) {
                RealMatrix F = transition(kappa, t - 1);
                P = F.multiply(P).multiply(F.transpose()).add(MatrixUtils.createRealDiagonalMatrix(processNoise));
                RealVector prior = advance(kappa, t - 1);
                sum += loss(prior, t);
                RealMatrix precision = MatrixUtils.inverse(P);
                kappa = prior;
                for (int pass = 0; pass < 2; pass++) {
                    RealVector score = new ArrayRealVector(K);
                    RealMatrix info = new Array2DRowRealMatrix(K, K);
                    observe(kappa, t, score, info);
                    P = MatrixUtils.inverse(precision.add(info));
                    kappa = kappa.add(P.operate(score.subtract(precision.operate(kappa.subtract(prior)))));
                }
            }
            return sum;
        }

        private void observe(RealVector kappa, int t, RealVector score, RealMatrix info) {
            for (int i = 0; i < N; i++) {
                double seen = y[(t - 1) * N + i];
                if (Double.isNaN(seen)) {
                    continue;
                }
                double x = current(i, kappa, t);
                double r = Math.tanh(x + b[i]);
                double g = gain[i];
                double slope = kind == Observation.CURRENTS ? g : g * (1 - r * r);
                double variance = kind == Observation.COUNTS ? g * (1 + r) : noise[i];
                double mean = switch (kind) {
                    case RATES -> g * r + offset[i];
                    case CURRENTS -> g * x + offset[i];
                    case COUNTS -> g * (1 + r);
                };
                for (int k = 0; k < K; k++) {
                    score.addToEntry(k, m[k * N + i] * slope * (seen - mean) / variance);
                    for (int l = 0; l < K; l++) {
                        info.addToEntry(k, l, m[k * N + i] * m[l * N + i] * slope * slope / variance);
                    }
                }
            }
        }

        private static double square(double a) {
            return a * a;
        }

        /** Five-point central differences with respect to one part. */
        double[] differences(double[] part, ToDoubleFunction<Parts> loss) {
            double[] out = new double[part.length];
            double h = 1e-4;
            for (int i = 0; i < part.length; i++) {
                double kept = part[i];
                double[] at = new double[5];
                for (int j = -2; j <= 2; j++) {
                    part[i] = kept + j * h;
                    at[j + 2] = loss.applyAsDouble(this);
                }
                part[i] = kept;
                out[i] = (at[0] - 8 * at[1] + 8 * at[3] - at[4]) / (12 * h);
            }
            return out;
        }
    }

    private static float[] floats(double[] a) {
        float[] out = new float[a.length];
        for (int i = 0; i < a.length; i++) {
            out[i] = (float) a[i];
        }
        return out;
    }

    static Stream<Arguments> cases() {
        Stream<Arguments> tanh = Stream.of(Observation.values()).flatMap(kind -> Stream.of(1, 2, 3)
                .flatMap(K -> Stream.of(true, false).map(simd -> Arguments.of(kind, K, K % 3, simd, false))));
        return Stream.concat(tanh,
                Stream.of(Observation.values()).map(kind -> Arguments.of(kind, 2, 2, false, true)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theFreeRunGradientShouldAgreeWithDoublePrecisionDifferences(Observation kind, int K, int S, boolean simd,
            boolean linear) {
        Parts parts = new Parts(K, S, kind, linear);
        KernelModel model = parts.model();
        BatchGradient batch = new BatchGradient(kernels(simd), N, K, S, 1, BINS, Team.ALONE);
        batch.add(floats(parts.y), 0, floats(parts.v), 0, BINS, floats(parts.start), 0, 1f);
        Gradient gradient = batch.take(new PackedModel(N, K, S).pack(model));
        for (int k = 0; k < K; k++) {
            gradient.start()[k] = batch.startAdjoint(0, k);
        }
        check(parts, gradient, Parts::freeRunLoss, simd);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theGradientThroughTheFilterShouldAgreeWithDoublePrecisionDifferences(Observation kind, int K, int S,
            boolean simd, boolean linear) {
        Parts parts = new Parts(K, S, kind, linear);
        Gradient gradient = Gradient.zero(N, K, S);
        FilterGradient filter = new FilterGradient(kernels(simd), N, K, S, BINS);
        double[] noise = new double[K];
        assertThat(filter.add(parts.model(), new FilterGradient.Bins(floats(parts.y), 0, floats(parts.v), 0, BINS),
                new FilterGradient.State(floats(parts.start), 0, diagonal(parts.startVariance), 0), parts.processNoise,
                1f,
                gradient, noise)).isTrue();
        for (int k = 0; k < K; k++) {
            gradient.start()[k] = (float) filter.startAdjoint()[k];
        }
        check(parts, gradient, Parts::filterLoss, simd);
        // Innovations over a variance of a few hundredths magnify that kappa is rounded to a float before each sweep.
        double tolerance = simd ? SIMD : 5 * SCALAR;
        close(noise, parts.differences(parts.processNoise, Parts::filterLoss), tolerance, "process noise");
        double[] variance = new double[K];
        for (int k = 0; k < K; k++) {
            variance[k] = filter.startCovarianceAdjoint()[k * K + k];
        }
        close(variance, parts.differences(parts.startVariance, Parts::filterLoss), tolerance, "start variance");
    }

    private static RnnKernels kernels(boolean simd) {
        return simd ? KernelProvider.kernels() : new ScalarKernels();
    }

    private static double[] diagonal(double[] entries) {
        int K = entries.length;
        double[] out = new double[K * K];
        for (int k = 0; k < K; k++) {
            out[k * K + k] = entries[k];
        }
        return out;
    }

    private static void check(Parts parts, Gradient gradient, ToDoubleFunction<Parts> loss, boolean simd) {
        double tolerance = simd ? SIMD : SCALAR;
        close(doubles(gradient.m()), parts.differences(parts.m, loss), tolerance, "m");
        close(doubles(gradient.n()), parts.differences(parts.n, loss), tolerance, "n");
        close(doubles(gradient.w()), parts.differences(parts.w, loss), tolerance, "w");
        close(doubles(gradient.b()), parts.differences(parts.b, loss), tolerance, "b");
        close(doubles(gradient.start()), parts.differences(parts.start, loss), tolerance, "start");
        if (parts.kind == Observation.COUNTS) {
            close(doubles(gradient.gain()), parts.differences(parts.gain, loss), tolerance, "gain");
        } else if (parts.kind == Observation.CURRENTS) {
            close(doubles(gradient.offset()), parts.differences(parts.offset, loss), tolerance, "offset");
        }
    }

    private static double[] doubles(float[] a) {
        double[] out = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            out[i] = a[i];
        }
        return out;
    }

    private static void close(double[] actual, double[] expected, double relative, String part) {
        double largest = 0;
        for (double value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).as("%s[%d]", part, i).isCloseTo(expected[i], within(relative * largest));
        }
    }
}
