package kappa.fitting.particle;

import java.util.SplittableRandom;
import kappa.fitting.filter.SmallMatrix;

/**
 * A Gaussian of K dimensions by its precision A = R R', R lower triangular: solves, draws and densities in O(K^2), nothing
 * allocated after construction. Not thread-safe.
 */
final class PrecisionFactor {

    private final int K;
    /** [K,K], its lower triangle. */
    private final double[] R;
    private final double[] inverse;
    private final double[] scratch;
    private double logRoot;

    PrecisionFactor(int K) {
        this.K = K;
        R = new double[K * K];
        inverse = new double[K * K];
        scratch = new double[K * K];
    }

    /**
     * Takes over the inverse of a covariance, [K,K].
     *
     * @return false, with nothing usable here, if the covariance is not positive definite
     */
    boolean ofCovariance(double[] covariance) {
        return SmallMatrix.invert(covariance, inverse, scratch, K) && ofPrecision(inverse);
    }

    /**
     * Takes over a precision A, [K,K].
     *
     * @return false, with nothing usable here, if A is not positive definite
     */
    boolean ofPrecision(double[] A) {
        logRoot = 0;
        for (int i = 0; i < K; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = A[i * K + j];
                for (int l = 0; l < j; l++) {
                    sum -= R[i * K + l] * R[j * K + l];
                }
                if (i != j) {
                    R[i * K + j] = sum / R[j * K + j];
                } else if (sum > 0 && sum < Double.POSITIVE_INFINITY) {
                    R[i * K + i] = Math.sqrt(sum);
                    logRoot += Math.log(R[i * K + i]);
                } else {
                    return false;
                }
            }
        }
        return true;
    }

    /** x = A^-1 b; both may be the same array. */
    void solve(double[] b, double[] x) {
        for (int i = 0; i < K; i++) {
            double sum = b[i];
            for (int l = 0; l < i; l++) {
                sum -= R[i * K + l] * x[l];
            }
            x[i] = sum / R[i * K + i];
        }
        solveTransposed(x);
    }

    /** x = a draw of N(0, A^-1). */
    void draw(SplittableRandom random, double[] x) {
        for (int k = 0; k < K; k++) {
            x[k] = random.nextGaussian();
        }
        solveTransposed(x);
    }

    private void solveTransposed(double[] x) {
        for (int i = K - 1; i >= 0; i--) {
            double sum = x[i];
            for (int l = i + 1; l < K; l++) {
                sum -= R[l * K + i] * x[l];
            }
            x[i] = sum / R[i * K + i];
        }
    }

    /** Writes R' x to {@code out} from {@code at} on: the squared distance of two such rows is that of A. */
    void whiten(float[] x, int xAt, float[] out, int at) {
        for (int k = 0; k < K; k++) {
            double sum = 0;
            for (int l = k; l < K; l++) {
                sum += R[l * K + k] * x[xAt + l];
            }
            out[at + k] = (float) sum;
        }
    }

    /** log N(x; 0, A^-1) without the constant -K/2 log(2 pi). */
    double logDensity(double[] x) {
        double square = 0;
        for (int k = 0; k < K; k++) {
            double sum = 0;
            for (int l = k; l < K; l++) {
                sum += R[l * K + k] * x[l];
            }
            square += sum * sum;
        }
        return logRoot - 0.5 * square;
    }
}
