package kappa.fitting.filter;

import java.util.Arrays;
import kappa.fitting.kernel.FilterWindow;
import kappa.fitting.kernel.Gradient;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.model.KernelModel;

/**
 * The one-step loss of a window under {@link LatentFilter}, and its gradient <em>through</em> the filter: with respect to the
 * model, the process noise, and kappa and its covariance before the first bin. Forward it is the filter's own recursion with a
 * diagonal process noise; backward, with Pi = P_prior^-1 and bars for dL/d.,
 *
 * <pre>
 * second update   kappa = k1 + P e,  e = score - Pi (k1 - kp):    s_ = P kappa_    I_ = L_ = -P (P_ + kappa_ e') P
 *                 k1_ = kappa_ - Pi s_    kp_ += Pi s_            Pi_ += L_ - s_ (k1 - kp)'
 * first update    k1 = kp + L^-1 score:                           s_ = L^-1 k1_    I_ = -s_ (k1 - kp)'    Pi_ += I_
 * prediction      P_prior = F P F' + Q:                           Pp_ = -Pi Pi_ Pi     Q_ += Pp_
 *                 F_ = 2 Pp_ F P    P_ = F' Pp_ F                 kappa_ = (1-alpha) kp_ + adjoint of the drive
 * </pre>
 *
 * <p>with symmetric parts understood, and the neurons' part in {@link FilterWindow#observeAdjoint} and
 * {@link FilterWindow#recurrentAdjoint}. Allocates nothing after construction. Not thread-safe.
 */
public final class FilterGradient {

    private final FilterWindow window;
    private final int K;
    private final Bin[] bins;
    private final double[] factor;
    private final double[] work;
    private final double[] work2;
    private final double[] kappaAdjoint;
    private final double[] covarianceAdjoint;
    private final double[] firstAdjoint;
    private final double[] priorAdjoint;
    private final double[] precisionAdjoint;
    private final double[] vector;
    private final float[] stateAdjoint;
    private final float[] matrixAdjoint;

    /** What one bin's backward pass needs of its forward pass. */
    private final class Bin {
        final float[] before = new float[K];
        final double[] covarianceBefore = new double[K * K];
        final double[] transition = new double[K * K];
        final float[] prior = new float[K];
        final double[] precision = new double[K * K];
        final float[] first = new float[K];
        final double[] firstInverse = new double[K * K];
        final double[] posterior = new double[K * K];
        final double[] innovation = new double[K];
    }

    /**
     * The bins of a window.
     *
     * @param y [bins,N] from {@code yOffset} on
     * @param v [bins + 1,S] from {@code vOffset} on
     */
    public record Bins(float[] y, int yOffset, float[] v, int vOffset, int count) {}

    /**
     * The filter's state before a window's first bin.
     *
     * @param kappa K numbers from {@code kappaOffset} on
     * @param covariance [K,K] from {@code covarianceOffset} on
     */
    public record State(float[] kappa, int kappaOffset, double[] covariance, int covarianceOffset) {}

    public FilterGradient(RnnKernels kernels, int neurons, int rank, int inputs, int maxBins) {
        window = kernels.filterWindow(neurons, rank, inputs, maxBins);
        K = rank;
        bins = new Bin[maxBins];
        Arrays.setAll(bins, _ -> new Bin());
        factor = new double[K * K];
        work = new double[K * K];
        work2 = new double[K * K];
        kappaAdjoint = new double[K];
        covarianceAdjoint = new double[K * K];
        firstAdjoint = new double[K];
        priorAdjoint = new double[K];
        precisionAdjoint = new double[K * K];
        vector = new double[K];
        stateAdjoint = new float[K];
        matrixAdjoint = new float[K * K];
    }

    /** dL/d kappa before the first bin, K numbers; valid until the next call. */
    public double[] startAdjoint() {
        return kappaAdjoint;
    }

    /** dL/dP before the first bin, [K,K]; valid until the next call. */
    public double[] startCovarianceAdjoint() {
        return covarianceAdjoint;
    }

    /**
     * Adds the gradient of {@code scale} times the one-step loss, summed over bins and observed neurons in the unit of
     * {@link FilterWindow#observeAdjoint}.
     *
     * @param processNoise Q's diagonal, K numbers
     * @param processNoiseAdjoint dL/d of it, K numbers, added to
     * @return false if a covariance was not positive definite or the state not finite, in which case nothing was added
     */
    public boolean add(KernelModel model, Bins of, State before, double[] processNoise, float scale, Gradient gradient,
            double[] processNoiseAdjoint) {
        int count = of.count();
        System.arraycopy(before.kappa(), before.kappaOffset(), bins[0].before, 0, K);
        System.arraycopy(before.covariance(), before.covarianceOffset(), bins[0].covarianceBefore, 0, K * K);
        window.begin(model, of.y(), of.yOffset(), of.v(), of.vOffset(), gradient);
        double alpha = model.network().alpha();
        for (int t = 0; t < count; t++) {
            if (!forward(t, t == count - 1, alpha, processNoise)) {
                return false;
            }
        }
        Arrays.fill(kappaAdjoint, 0);
        Arrays.fill(covarianceAdjoint, 0);
        for (int t = count - 1; t >= 0; t--) {
            backward(t, t == count - 1, alpha, scale, processNoiseAdjoint);
        }
        window.end();
        return true;
    }

    private boolean forward(int t, boolean last, double alpha, double[] processNoise) {
        Bin bin = bins[t];
        window.recurrent(t, bin.before, vector, bin.transition);
        for (int k = 0; k < K; k++) {
            bin.prior[k] = (float) ((1 - alpha) * bin.before[k] + alpha * vector[k]);
            for (int l = 0; l < K; l++) {
                bin.transition[k * K + l] = alpha * bin.transition[k * K + l] + (k == l ? 1 - alpha : 0);
            }
        }
        SmallMatrix.multiply(bin.transition, bin.covarianceBefore, work, K);
        SmallMatrix.multiplyTransposed(work, bin.transition, work2, K);
        for (int k = 0; k < K; k++) {
            work2[k * K + k] += processNoise[k];
        }
        if (!SmallMatrix.invert(work2, bin.precision, factor, K)) {
            return false;
        }
        window.observe(t, 0, bin.prior, bin.innovation, work);
        if (last) {
            // Its update reaches no loss.
            return true;
        }
        Bin next = bins[t + 1];
        for (int i = 0; i < K * K; i++) {
            work[i] += bin.precision[i];
        }
        if (!SmallMatrix.invert(work, bin.firstInverse, factor, K)) {
            return false;
        }
        SmallMatrix.apply(bin.firstInverse, bin.innovation, vector, K);
        for (int k = 0; k < K; k++) {
            bin.first[k] = (float) (bin.prior[k] + vector[k]);
        }
        window.observe(t, 1, bin.first, bin.innovation, work);
        for (int k = 0; k < K; k++) {
            for (int l = 0; l < K; l++) {
                work[k * K + l] += bin.precision[k * K + l];
                bin.innovation[k] -= bin.precision[k * K + l] * ((double) bin.first[l] - bin.prior[l]);
            }
        }
        if (!SmallMatrix.invert(work, bin.posterior, factor, K)) {
            return false;
        }
        SmallMatrix.apply(bin.posterior, bin.innovation, vector, K);
        boolean finite = true;
        for (int k = 0; k < K; k++) {
            next.before[k] = (float) (bin.first[k] + vector[k]);
            finite &= Float.isFinite(next.before[k]);
        }
        System.arraycopy(bin.posterior, 0, next.covarianceBefore, 0, K * K);
        return finite;
    }

    private void backward(int t, boolean last, double alpha, float scale, double[] processNoiseAdjoint) {
        Bin bin = bins[t];
        Arrays.fill(priorAdjoint, 0);
        Arrays.fill(precisionAdjoint, 0);
        Arrays.fill(stateAdjoint, 0);
        Arrays.fill(matrixAdjoint, 0);
        if (!last) {
            secondUpdate(t, bin);
            firstUpdate(bin);
        }
        window.observeAdjoint(t, 0, stateAdjoint, matrixAdjoint, scale, priorAdjoint);
        // P_prior's adjoint: -Pi Pi_ Pi
        SmallMatrix.multiply(bin.precision, precisionAdjoint, work, K);
        SmallMatrix.multiply(work, bin.precision, work2, K);
        for (int k = 0; k < K; k++) {
            for (int l = 0; l < K; l++) {
                precisionAdjoint[k * K + l] = -0.5 * (work2[k * K + l] + work2[l * K + k]);
            }
            processNoiseAdjoint[k] += precisionAdjoint[k * K + k];
        }
        SmallMatrix.multiply(precisionAdjoint, bin.transition, work, K);
        SmallMatrix.multiply(work, bin.covarianceBefore, work2, K);
        for (int i = 0; i < K * K; i++) {
            matrixAdjoint[i] = (float) (2 * alpha * work2[i]);
        }
        for (int k = 0; k < K; k++) {
            for (int l = 0; l < K; l++) {
                double sum = 0;
                for (int j = 0; j < K; j++) {
                    sum += bin.transition[j * K + k] * work[j * K + l];
                }
                covarianceAdjoint[k * K + l] = sum;
            }
            stateAdjoint[k] = (float) (alpha * priorAdjoint[k]);
            kappaAdjoint[k] = (1 - alpha) * priorAdjoint[k];
        }
        window.recurrentAdjoint(t, stateAdjoint, matrixAdjoint, kappaAdjoint);
    }

    /** From kappa_ and P_ of the posterior to firstAdjoint, priorAdjoint and precisionAdjoint. */
    private void secondUpdate(int t, Bin bin) {
        for (int k = 0; k < K; k++) {
            for (int l = 0; l < K; l++) {
                work[k * K + l] = covarianceAdjoint[k * K + l] + 0.5
                        * (kappaAdjoint[k] * bin.innovation[l] + kappaAdjoint[l] * bin.innovation[k]);
            }
        }
        SmallMatrix.multiply(bin.posterior, work, work2, K);
        SmallMatrix.multiply(work2, bin.posterior, work, K);
        SmallMatrix.apply(bin.posterior, kappaAdjoint, vector, K);
        SmallMatrix.apply(bin.precision, vector, priorAdjoint, K);
        for (int k = 0; k < K; k++) {
            firstAdjoint[k] = kappaAdjoint[k] - priorAdjoint[k];
            stateAdjoint[k] = (float) vector[k];
            for (int l = 0; l < K; l++) {
                double outer = 0.5 * (vector[k] * ((double) bin.first[l] - bin.prior[l])
                        + vector[l] * ((double) bin.first[k] - bin.prior[k]));
                matrixAdjoint[k * K + l] = (float) -work[k * K + l];
                precisionAdjoint[k * K + l] = -work[k * K + l] - outer;
            }
        }
        window.observeAdjoint(t, 1, stateAdjoint, matrixAdjoint, 0f, firstAdjoint);
    }

    /** From firstAdjoint to what the sweep at the prior needs. */
    private void firstUpdate(Bin bin) {
        SmallMatrix.apply(bin.firstInverse, firstAdjoint, vector, K);
        for (int k = 0; k < K; k++) {
            priorAdjoint[k] += firstAdjoint[k];
            stateAdjoint[k] = (float) vector[k];
            for (int l = 0; l < K; l++) {
                double outer = 0.5 * (vector[k] * ((double) bin.first[l] - bin.prior[l])
                        + vector[l] * ((double) bin.first[k] - bin.prior[k]));
                matrixAdjoint[k * K + l] = (float) -outer;
                precisionAdjoint[k * K + l] -= outer;
            }
        }
    }
}
