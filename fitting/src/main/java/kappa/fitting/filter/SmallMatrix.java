package kappa.fitting.filter;

/**
 * K x K matrices as flat rows, without allocation, for the filter. K is the rank of the network, a handful; for anything off
 * the latency path use Commons Math.
 */
public final class SmallMatrix {

    private SmallMatrix() {}

    /** out = a b. */
    public static void multiply(double[] a, double[] b, double[] out, int K) {
        for (int i = 0; i < K; i++) {
            for (int j = 0; j < K; j++) {
                double sum = 0;
                for (int l = 0; l < K; l++) {
                    sum += a[i * K + l] * b[l * K + j];
                }
                out[i * K + j] = sum;
            }
        }
    }

    /** out = a b'. */
    public static void multiplyTransposed(double[] a, double[] b, double[] out, int K) {
        for (int i = 0; i < K; i++) {
            for (int j = 0; j < K; j++) {
                double sum = 0;
                for (int l = 0; l < K; l++) {
                    sum += a[i * K + l] * b[j * K + l];
                }
                out[i * K + j] = sum;
            }
        }
    }

    /** out = a' b. */
    public static void transposedMultiply(double[] a, double[] b, double[] out, int K) {
        for (int i = 0; i < K; i++) {
            for (int j = 0; j < K; j++) {
                double sum = 0;
                for (int l = 0; l < K; l++) {
                    sum += a[l * K + i] * b[l * K + j];
                }
                out[i * K + j] = sum;
            }
        }
    }

    /** out_i = sum_j a_ij x_j. */
    public static void apply(double[] a, double[] x, double[] out, int K) {
        for (int i = 0; i < K; i++) {
            double sum = 0;
            for (int j = 0; j < K; j++) {
                sum += a[i * K + j] * x[j];
            }
            out[i] = sum;
        }
    }

    /**
     * out = a^-1 for a symmetric positive definite a, by its Cholesky factor.
     *
     * @param factor scratch, K x K
     * @return false, with {@code out} undefined, if a is not positive definite
     */
    public static boolean invert(double[] a, double[] out, double[] factor, int K) {
        for (int i = 0; i < K; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = a[i * K + j];
                for (int l = 0; l < j; l++) {
                    sum -= factor[i * K + l] * factor[j * K + l];
                }
                if (i == j) {
                    if (!(sum > 0)) {
                        return false;
                    }
                    factor[i * K + i] = Math.sqrt(sum);
                } else {
                    factor[i * K + j] = sum / factor[j * K + j];
                }
            }
        }
        for (int column = 0; column < K; column++) {
            for (int i = 0; i < K; i++) {
                double sum = i == column ? 1 : 0;
                for (int l = 0; l < i; l++) {
                    sum -= factor[i * K + l] * out[l * K + column];
                }
                out[i * K + column] = sum / factor[i * K + i];
            }
            for (int i = K - 1; i >= 0; i--) {
                double sum = out[i * K + column];
                for (int l = i + 1; l < K; l++) {
                    sum -= factor[l * K + i] * out[l * K + column];
                }
                out[i * K + column] = sum / factor[i * K + i];
            }
        }
        return true;
    }
}
