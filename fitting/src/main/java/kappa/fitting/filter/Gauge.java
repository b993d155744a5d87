package kappa.fitting.filter;

import java.util.Arrays;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;

/**
 * The owner of kappa's scale and axes. m n' is unchanged by m -> m A^-1, n -> n A'; kappa -> A kappa. The canonical gauge
 * takes the left singular vectors of m n' times sqrt(N), so that m'm / N = I with the singular values in n (Valente 2019,
 * 1.2.1, which shares them between m and n instead), and then rotates them onto the previously published m (orthogonal
 * Procrustes), so that a trace neither flips nor rotates because a model was updated.
 *
 * @param m [K,N] canonical
 * @param n [K,N]
 * @param toCanonical A, [K,K] by rows: kappa in this gauge = A times kappa in the gauge it came from
 */
public record Gauge(float[] m, float[] n, double[] toCanonical) {

    /**
     * @param m [K,N]
     * @param n [K,N]
     * @param previousM the m last published, [K,N], or null
     */
    public static Gauge canonical(float[] m, float[] n, int neurons, int rank, float[] previousM) {
        RealMatrix factorM = choleskyOfGram(m, neurons, rank);
        RealMatrix factorN = choleskyOfGram(n, neurons, rank);
        // m = Qm Lm', n = Qn Ln' with orthonormal columns in Q, so the SVD of m n' is that of Lm' Ln.
        SingularValueDecomposition svd = new SingularValueDecomposition(factorM.transpose().multiply(factorN));
        double root = Math.sqrt(neurons);
        RealMatrix fromM = MatrixUtils.inverse(factorM.transpose()).multiply(svd.getU()).scalarMultiply(root);
        RealMatrix fromN = MatrixUtils.inverse(factorN.transpose()).multiply(svd.getV()).multiply(svd.getS())
                .scalarMultiply(1 / root);
        if (previousM != null) {
            RealMatrix cross = fromM.transpose().multiply(products(m, previousM, neurons, rank));
            SingularValueDecomposition procrustes = new SingularValueDecomposition(cross);
            RealMatrix rotation = procrustes.getU().multiply(procrustes.getVT());
            fromM = fromM.multiply(rotation);
            fromN = fromN.multiply(rotation);
        }
        float[] canonicalM = transform(m, fromM, neurons, rank);
        // m kappa = (m fromM) (fromM^-1 kappa)
        double[] a = flat(MatrixUtils.inverse(fromM));
        return new Gauge(canonicalM, transform(n, fromN, neurons, rank), a);
    }

    /**
     * The same axes with the other scale, that of Valente 2019, section 1.2.1: the singular values of J = m n'/N are shared
     * between m and n, m'm/N = n'n/N = S.
     *
     * @param m [K,N]
     * @param n [K,N]
     */
    public static Gauge shared(float[] m, float[] n, int neurons, int rank) {
        Gauge canonical = canonical(m, n, neurons, rank, null);
        double[] a = canonical.toCanonical.clone();
        for (int k = 0; k < rank; k++) {
            double square = 0;
            for (int i = 0; i < neurons; i++) {
                square += (double) canonical.n[k * neurons + i] * canonical.n[k * neurons + i];
            }
            // Here n has the length sqrt(N) S and m sqrt(N).
            double root = Math.sqrt(Math.sqrt(square / neurons));
            if (root == 0) {
                continue; // a direction that J does not have
            }
            for (int i = 0; i < neurons; i++) {
                canonical.m[k * neurons + i] *= (float) root;
                canonical.n[k * neurons + i] /= (float) root;
            }
            for (int l = 0; l < rank; l++) {
                a[k * rank + l] /= root;
            }
        }
        return new Gauge(canonical.m, canonical.n, a);
    }

    /**
     * The gauge in which two covariances of kappa are diagonal, and each column of m has the mean square 1. It is the one that an
     * online fit has learnt in, but for order and sign.
     *
     * @param m [K,N]
     * @param n [K,N]
     * @param first [K,K] symmetric and positive definite
     * @param second [K,K] symmetric and positive definite
     */
    public static Gauge diagonal(float[] m, float[] n, int neurons, int rank, double[] first, double[] second) {
        // With first = L L' and L^-1 second L'^-1 = U D U', U' L^-1 makes the first I and the second D.
        RealMatrix whitening = MatrixUtils.inverse(new CholeskyDecomposition(symmetric(first, rank), 1e-6, 0).getL());
        RealMatrix whitened = whitening.multiply(symmetric(second, rank)).multiply(whitening.transpose());
        RealMatrix a = new EigenDecomposition(symmetric(flat(whitened), rank)).getVT().multiply(whitening);
        float[] unscaled = transform(m, MatrixUtils.inverse(a), neurons, rank);
        for (int k = 0; k < rank; k++) {
            double square = 0;
            for (int i = 0; i < neurons; i++) {
                square += (double) unscaled[k * neurons + i] * unscaled[k * neurons + i];
            }
            a.setRowVector(k, a.getRowVector(k).mapMultiply(Math.sqrt(square / neurons)));
        }
        return new Gauge(transform(m, MatrixUtils.inverse(a), neurons, rank),
                transform(n, a.transpose(), neurons, rank), flat(a));
    }

    /** (C + C') / 2: rounding makes covariances a little asymmetric. */
    private static RealMatrix symmetric(double[] covariance, int rank) {
        double[][] out = new double[rank][rank];
        for (int k = 0; k < rank; k++) {
            for (int l = 0; l < rank; l++) {
                out[k][l] = (covariance[k * rank + l] + covariance[l * rank + k]) / 2;
            }
        }
        return new Array2DRowRealMatrix(out, false);
    }

    /** A C A', [K,K]: a covariance of kappa in this gauge. */
    public double[] covariance(double[] original) {
        int K = (int) Math.round(Math.sqrt(toCanonical.length));
        double[] work = new double[K * K];
        double[] out = new double[K * K];
        SmallMatrix.multiply(toCanonical, original, work, K);
        SmallMatrix.multiplyTransposed(work, toCanonical, out, K);
        return out;
    }

    /** Standard deviations in this gauge of a kappa with these in the one it came from, uncorrelated, [K]. */
    public double[] standardDeviations(double[] original) {
        int K = original.length;
        double[] squares = new double[K * K];
        for (int k = 0; k < K; k++) {
            squares[k * K + k] = original[k] * original[k];
        }
        double[] canonical = covariance(squares);
        double[] out = new double[K];
        for (int k = 0; k < K; k++) {
            out[k] = Math.sqrt(canonical[k * K + k]);
        }
        return out;
    }

    /** (a_k . b_l)_kl. */
    private static RealMatrix products(float[] a, float[] b, int neurons, int rank) {
        double[][] out = new double[rank][rank];
        for (int k = 0; k < rank; k++) {
            for (int l = 0; l < rank; l++) {
                double sum = 0;
                for (int i = 0; i < neurons; i++) {
                    sum += (double) a[k * neurons + i] * b[l * neurons + i];
                }
                out[k][l] = sum;
            }
        }
        return new Array2DRowRealMatrix(out, false);
    }

    /** L with a'a = L L'. A trace of the diagonal is added so that linearly dependent columns still have a factor. */
    private static RealMatrix choleskyOfGram(float[] a, int neurons, int rank) {
        RealMatrix gram = products(a, a, neurons, rank);
        double ridge = 1e-10 * gram.getTrace() / rank + Double.MIN_NORMAL;
        for (int k = 0; k < rank; k++) {
            gram.addToEntry(k, k, ridge);
        }
        return new CholeskyDecomposition(gram, 1e-6, 0).getL();
    }

    /** Rows of out are the columns of a B. */
    private static float[] transform(float[] a, RealMatrix b, int neurons, int rank) {
        float[] out = new float[rank * neurons];
        double[] column = new double[rank];
        for (int i = 0; i < neurons; i++) {
            Arrays.fill(column, 0);
            for (int l = 0; l < rank; l++) {
                for (int k = 0; k < rank; k++) {
                    column[k] += a[l * neurons + i] * b.getEntry(l, k);
                }
            }
            for (int k = 0; k < rank; k++) {
                out[k * neurons + i] = (float) column[k];
            }
        }
        return out;
    }

    private static double[] flat(RealMatrix a) {
        int K = a.getRowDimension();
        double[] out = new double[K * K];
        for (int i = 0; i < K; i++) {
            System.arraycopy(a.getRow(i), 0, out, i * K, K);
        }
        return out;
    }
}
