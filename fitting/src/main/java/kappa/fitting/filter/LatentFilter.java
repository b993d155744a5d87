package kappa.fitting.filter;

import java.util.Arrays;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.ingest.recording.Observation;

/**
 * The extended Kalman filter in kappa-space: kappa with covariance at every bin, O(N K^2), nothing allocated.
 *
 * <pre>
 * F = (1-alpha) I + (alpha/N) n' diag(phi') m     P = F P F' + Q     kappa = f(kappa)         {@link #predict}
 * then twice:  P = (P_prior^-1 + m' diag(info) m)^-1
 *              kappa += P (m' score - P_prior^-1 (kappa - kappa_prior))                       {@link #update}
 * </pre>
 *
 * <p>Where phi is flat, a step of the update is cut to {@value #LONGEST_STEP}.
 *
 * <p>A bin is {@code predict}, {@code setInputs}, {@code update}. Not thread-safe.
 */
public final class LatentFilter {

    private static final int UPDATES = 2;

    /**
     * How far an update may move kappa, in units of x (m has a mean square of about 1). phi is flat beyond that: of a spike
     * where the model expects none, the score knows the direction, but not how far to go.
     */
    private static final double LONGEST_STEP = 2;

    private final RnnKernels kernels;
    private final int rank;
    private final double[] kappa;
    private final double[] covariance;
    private final float[] v;
    private final float[] kappaFloat;
    private final float[] scratch;
    private final double[] drive;
    private final double[] jacobian;
    private final double[] score;
    private final double[] info;
    private final double[] prior;
    private final double[] priorInverse;
    private final double[] posterior;
    private final double[] work;
    private final double[] factor;
    private final double[] vector;
    private final double[] step;
    /** Of the newest bin, at the prediction. */
    private final double[] innovation;
    private final double[] innovationInfo;
    private boolean updated;
    private long divergences;

    public LatentFilter(RnnKernels kernels, int neurons, int rank, int inputs) {
        this.kernels = kernels;
        this.rank = rank;
        kappa = new double[rank];
        covariance = new double[rank * rank];
        v = new float[inputs];
        kappaFloat = new float[rank];
        scratch = new float[RnnKernels.SCRATCH];
        drive = new double[rank];
        jacobian = new double[rank * rank];
        score = new double[rank];
        info = new double[rank * rank];
        prior = new double[rank];
        priorInverse = new double[rank * rank];
        posterior = new double[rank * rank];
        work = new double[rank * rank];
        factor = new double[rank * rank];
        vector = new double[rank];
        step = new double[rank];
        innovation = new double[rank];
        innovationInfo = new double[rank * rank];
        reset(PublishedModel.TRIAL_START_VARIANCE);
    }

    /**
     * The state before a trial's first bin: v = 0.
     *
     * @param start kappa, K numbers
     * @param startCovariance P, [K,K]
     */
    public void reset(double[] start, double[] startCovariance) {
        System.arraycopy(start, 0, kappa, 0, rank);
        System.arraycopy(startCovariance, 0, covariance, 0, covariance.length);
        Arrays.fill(v, 0);
    }

    /** kappa = 0, v = 0, P = variance I. */
    public void reset(double variance) {
        Arrays.fill(kappa, 0);
        Arrays.fill(v, 0);
        Arrays.fill(covariance, 0);
        for (int k = 0; k < rank; k++) {
            covariance[k * rank + k] = variance;
        }
    }

    /** kappa, K numbers, and P, [K,K]: the filter's own arrays, which the next call changes. */
    public double[] kappa() {
        return kappa;
    }

    public double[] covariance() {
        return covariance;
    }

    /** F of the last {@link #predict}, [K,K], the filter's own array. */
    double[] jacobian() {
        return jacobian;
    }

    /** m' score of the last {@link #update} at the prediction, K numbers, the filter's own array. */
    double[] innovation() {
        return innovation;
    }

    /** m' diag(info) m of the last {@link #update} at the prediction, [K,K], the filter's own array. */
    double[] innovationInfo() {
        return innovationInfo;
    }

    /** Writes what the last {@link #update} left of an error of the prediction, P P_prior^-1, [K,K]. */
    void keptError(double[] out) {
        if (updated) {
            SmallMatrix.multiply(covariance, priorInverse, out, rank);
            return;
        }
        Arrays.fill(out, 0);
        for (int k = 0; k < rank; k++) {
            out[k * rank + k] = 1;
        }
    }

    /** v, S numbers, the filter's own array. */
    public float[] v() {
        return v;
    }

    /** Bins at which an update was not finite and was skipped, so that the prediction stood. */
    public long divergences() {
        return divergences;
    }

    /** Takes over a state, for instance from a checkpoint. */
    public void restore(double[] newKappa, double[] newCovariance, float[] newV) {
        System.arraycopy(newKappa, 0, kappa, 0, rank);
        System.arraycopy(newCovariance, 0, covariance, 0, rank * rank);
        System.arraycopy(newV, 0, v, 0, v.length);
    }

    /**
     * Moves kappa and P one bin on; v must still be the previous bin's.
     *
     * @param processNoise Q, [K,K]
     */
    public void predict(KernelModel model, double[] processNoise) {
        LowRankNetwork net = model.network();
        double alpha = net.alpha();
        kappa(kappaFloat, 0);
        kernels.recurrent(model, kappaFloat, v, 0, drive, jacobian, scratch);
        for (int k = 0; k < rank; k++) {
            kappa[k] = (1 - alpha) * kappa[k] + alpha * drive[k];
            for (int l = 0; l < rank; l++) {
                jacobian[k * rank + l] = alpha * jacobian[k * rank + l] + (k == l ? 1 - alpha : 0);
            }
        }
        SmallMatrix.multiply(jacobian, covariance, work, rank);
        SmallMatrix.multiplyTransposed(work, jacobian, covariance, rank);
        for (int i = 0; i < covariance.length; i++) {
            covariance[i] += processNoise[i];
        }
    }

    /** Moves v one bin on: to row {@code offset} of precomputed input coordinates. */
    public void setInputs(float[] rows, int offset) {
        System.arraycopy(rows, offset, v, 0, v.length);
    }

    /** r = phi(x + b) at the present state, [N], written to {@code rates}. */
    void rates(KernelModel model, float[] rates) {
        kappa(kappaFloat, 0);
        kernels.rates(model, kappaFloat, v, 0, rates, scratch);
    }

    /** Rates g r + c or currents g x + c at the present state, [N], written to {@code out}. */
    void predicted(KernelModel model, float[] out) {
        boolean currents = model.kind() == Observation.CURRENTS;
        if (currents) {
            currents(model.network(), out);
        } else {
            rates(model, out);
        }
        float[] gain = model.gain();
        float[] offset = model.offset();
        for (int i = 0; i < out.length; i++) {
            out[i] = gain[i] * out[i] + offset[i];
        }
    }

    /** x = m kappa + W'v. */
    private void currents(LowRankNetwork net, float[] x) {
        Arrays.fill(x, 0);
        for (int k = 0; k < rank; k++) {
            add((float) kappa[k], net.m(), k * x.length, x);
        }
        for (int s = 0; s < v.length; s++) {
            add(v[s], net.w(), s * x.length, x);
        }
    }

    private static void add(float factor, float[] rows, int at, float[] to) {
        for (int i = 0; i < to.length; i++) {
            to[i] += factor * rows[at + i];
        }
    }

    /**
     * Takes the bin's activity into account; y_i = NaN is not observed.
     *
     * @return the loss of the bin at the state before, in the unit of {@link RnnKernels#loss}; after {@code predict} this is
     *         the one-step prediction's
     */
    public double update(KernelModel model, float[] y, int yOffset) {
        kappa(kappaFloat, 0);
        double loss = kernels.observeAndScore(model, y, yOffset, kappaFloat, v, 0, score, info, scratch);
        System.arraycopy(score, 0, innovation, 0, rank);
        System.arraycopy(info, 0, innovationInfo, 0, rank * rank);
        updated = false;
        if (!SmallMatrix.invert(covariance, priorInverse, factor, rank)) {
            divergences++;
            return loss;
        }
        System.arraycopy(kappa, 0, prior, 0, rank);
        for (int pass = 0; pass < UPDATES; pass++) {
            if (pass > 0) {
                kappa(kappaFloat, 0);
                kernels.observe(model, y, yOffset, kappaFloat, v, 0, score, info, scratch);
            }
            for (int i = 0; i < work.length; i++) {
                work[i] = priorInverse[i] + info[i];
            }
            boolean usable = SmallMatrix.invert(work, posterior, factor, rank);
            for (int k = 0; k < rank; k++) {
                vector[k] = kappa[k] - prior[k];
            }
            SmallMatrix.apply(priorInverse, vector, step, rank);
            for (int k = 0; k < rank; k++) {
                vector[k] = score[k] - step[k];
            }
            SmallMatrix.apply(posterior, vector, step, rank);
            for (int k = 0; k < rank; k++) {
                usable &= Double.isFinite(step[k]);
            }
            if (!usable) {
                divergences++;
                System.arraycopy(prior, 0, kappa, 0, rank);
                return loss;
            }
            double within = model.kind() == Observation.CURRENTS ? 1 : withinLimit(step);
            for (int k = 0; k < rank; k++) {
                kappa[k] += within * step[k];
            }
        }
        System.arraycopy(posterior, 0, covariance, 0, covariance.length);
        updated = true;
        return loss;
    }

    /** What a step is to be multiplied with. */
    private double withinLimit(double[] of) {
        double square = 0;
        for (int k = 0; k < rank; k++) {
            square += of[k] * of[k];
        }
        return square > LONGEST_STEP * LONGEST_STEP ? LONGEST_STEP / Math.sqrt(square) : 1;
    }

    /** Writes kappa to {@code out} from {@code at} on, in single precision. */
    public void kappa(float[] out, int at) {
        for (int k = 0; k < rank; k++) {
            out[at + k] = (float) kappa[k];
        }
    }
}
