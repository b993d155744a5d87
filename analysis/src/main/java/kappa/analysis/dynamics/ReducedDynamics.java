package kappa.analysis.dynamics;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import kappa.fitting.model.LowRankNetwork;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;

/**
 * The K-dimensional system that a low-rank network is, under a constant input u, in units of its time constant (Valente
 * 2019, equation 4.12; with an input 4.14 and 4.15):
 *
 * <pre>
 * d kappa / dt = F(kappa, I) = -kappa + n' phi(m kappa + I) / N        I = W' u + b
 * dF/dkappa    = -1 + sigma_eff(kappa)        sigma_eff_kl = (1/N) sum_i n_ki phi'(x_i) m_li
 * </pre>
 *
 * <p>I is the current that u has caused once v = u. All of the network's state then lies in the affine plane x = m kappa + I,
 * parallel to the span of m and through I (the thesis, sections 2.2 and 4.3): a constant input moves the plane and, by way of
 * phi', changes the effective overlaps in it, but leaves the dimension at K. Of an input that has just been switched on or off
 * this says where things go, not how: v follows u with the network's own time constant. The network itself takes steps of
 * alpha = bin width / time constant; its fixed points are those of F, while its cycles and their stability differ from the
 * equation's by terms of order alpha.
 *
 * <p>Points kappa are [K], matrices [K,K] by rows. Costs O(N K^2) a point. Holds scratch memory: not thread-safe.
 */
public final class ReducedDynamics {

    /** The largest |phi''| of tanh, 4 / (3 sqrt 3), at tanh^2 = 1/3. */
    private static final double LARGEST_CURVATURE = 4 / (3 * Math.sqrt(3));

    private final int neurons;
    private final int rank;
    private final double[][] m;
    private final double[][] n; // includes the factor 1/N
    private final double[] current;
    private final double[] rates;

    /**
     * @param drive u [S], held constant
     * @throws IllegalArgumentException if a weight or an input is not finite, or the drive has not S numbers
     */
    public ReducedDynamics(LowRankNetwork network, double[] drive) {
        if (drive.length != network.inputs()) {
            throw new IllegalArgumentException(
                    "drive has " + drive.length + " numbers, expected one for each of " + network.inputs() + " inputs");
        }
        this.neurons = network.neurons();
        this.rank = network.rank();
        this.m = rows("m", network.m(), 1);
        this.n = rows("n", network.n(), LowRankNetwork.connectivityScale(neurons));
        double[][] w = rows("w", network.w(), 1);
        this.current = rows("b", network.b(), 1)[0];
        for (int s = 0; s < drive.length; s++) {
            if (!Double.isFinite(drive[s])) {
                throw new IllegalArgumentException("drive[" + s + "] = " + drive[s] + ", expected a finite number");
            }
            for (int i = 0; i < neurons; i++) {
                current[i] += drive[s] * w[s][i];
            }
        }
        this.rates = new double[neurons];
    }

    /** The network without input. */
    public static ReducedDynamics undriven(LowRankNetwork network) {
        return new ReducedDynamics(network, new double[network.inputs()]);
    }

    private double[][] rows(String name, float[] matrix, double scale) {
        double[][] rows = new double[matrix.length / neurons][neurons];
        for (int j = 0; j < matrix.length; j++) {
            if (!Float.isFinite(matrix[j])) {
                throw new IllegalArgumentException(
                        name + "[" + j / neurons + ", " + j % neurons + "] = " + matrix[j]
                                + ", expected a finite number");
            }
            rows[j / neurons][j % neurons] = scale * matrix[j];
        }
        return rows;
    }

    /** K. */
    public int rank() {
        return rank;
    }

    /** N. */
    public int neurons() {
        return neurons;
    }

    /** Writes F(kappa) to {@code velocity} [K]. */
    public void velocity(double[] kappa, double[] velocity) {
        updateRates(kappa);
        for (int k = 0; k < rank; k++) {
            velocity[k] = dot(n[k], rates) - kappa[k];
        }
    }

    /** Writes F(kappa) to {@code velocity} [K] and its Jacobian to {@code jacobian} [K,K]. */
    public void linearise(double[] kappa, double[] velocity, double[] jacobian) {
        velocity(kappa, velocity);
        effectiveOverlapsAtRates(jacobian);
        for (int k = 0; k < rank; k++) {
            jacobian[k * rank + k] -= 1;
        }
    }

    /** sigma_eff(kappa), [K,K]: the overlaps weighted with each neuron's slope. */
    public double[] effectiveOverlaps(double[] kappa) {
        updateRates(kappa);
        double[] sigma = new double[rank * rank];
        effectiveOverlapsAtRates(sigma);
        return sigma;
    }

    /** The Jacobian of F, -1 + sigma_eff(kappa), [K,K]. */
    public double[] jacobian(double[] kappa) {
        double[] jacobian = new double[rank * rank];
        linearise(kappa, new double[rank], jacobian);
        return jacobian;
    }

    /** Real and imaginary parts of the eigenvalues of a matrix [K,K], those with the largest real part first. */
    public static double[][] eigenvalues(double[] matrix) {
        EigenDecomposition decomposition = new EigenDecomposition(matrix(matrix, 0, (int) Math.sqrt(matrix.length)));
        double[][] pairs = IntStream.range(0, decomposition.getRealEigenvalues().length)
                .mapToObj(k -> new double[]{decomposition.getRealEigenvalue(k), decomposition.getImagEigenvalue(k)})
                .sorted(Comparator.comparing((double[] e) -> e[0]).thenComparing(e -> e[1]).reversed())
                .toArray(double[][]::new);
        return new double[][]{Arrays.stream(pairs).mapToDouble(e -> e[0]).toArray(),
            Arrays.stream(pairs).mapToDouble(e -> e[1]).toArray()};
    }

    /** The matrix [K,K] whose rows begin at an index of an array. */
    static Array2DRowRealMatrix matrix(double[] flat, int from, int rank) {
        double[][] rows = new double[rank][];
        Arrays.setAll(rows, k -> Arrays.copyOfRange(flat, from + k * rank, from + (k + 1) * rank));
        return new Array2DRowRealMatrix(rows, false);
    }

    /**
     * [K] bounds of every fixed point: |phi| < 1, so that kappa = n' phi / N implies |kappa_k| <= sum_i |n_ki| / N. No
     * trajectory from inside this box leaves it.
     */
    public double[] bounds() {
        double[] bounds = new double[rank];
        for (int k = 0; k < rank; k++) {
            for (double weight : n[k]) {
                bounds[k] += Math.abs(weight);
            }
        }
        return bounds;
    }

    /** Bounds of all second derivatives of F wherever: T_klp = max|phi''| (1/N) sum_i |n_ki m_li m_pi|, [K,K,K]. */
    double[] curvatureBounds() {
        double[] bounds = new double[rank * rank * rank];
        for (int k = 0; k < rank; k++) {
            for (int l = 0; l < rank; l++) {
                for (int p = 0; p < rank; p++) {
                    double sum = 0;
                    for (int i = 0; i < neurons; i++) {
                        sum += Math.abs(n[k][i] * m[l][i] * m[p][i]);
                    }
                    bounds[(k * rank + l) * rank + p] = LARGEST_CURVATURE * sum;
                }
            }
        }
        return bounds;
    }

    /** [K] root mean square over neurons of m_k: the currents change by so much per unit of kappa_k. */
    double[] steepness() {
        double[] steepness = new double[rank];
        for (int k = 0; k < rank; k++) {
            steepness[k] = Math.sqrt(dot(m[k], m[k]) / neurons);
        }
        return steepness;
    }

    private void updateRates(double[] kappa) {
        System.arraycopy(current, 0, rates, 0, neurons);
        for (int k = 0; k < rank; k++) {
            double factor = kappa[k];
            double[] row = m[k];
            for (int i = 0; i < neurons; i++) {
                rates[i] += factor * row[i];
            }
        }
        for (int i = 0; i < neurons; i++) {
            rates[i] = LowRankNetwork.phi(rates[i]);
        }
    }

    private void effectiveOverlapsAtRates(double[] sigma) {
        Arrays.fill(sigma, 0);
        for (int k = 0; k < rank; k++) {
            for (int l = 0; l < rank; l++) {
                double[] left = n[k];
                double[] right = m[l];
                double sum = 0;
                for (int i = 0; i < neurons; i++) {
                    sum += left[i] * right[i] * LowRankNetwork.phiPrimeOfRate(rates[i]);
                }
                sigma[k * rank + l] = sum;
            }
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
