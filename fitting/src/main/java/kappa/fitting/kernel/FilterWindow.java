package kappa.fitting.kernel;

import kappa.fitting.model.KernelModel;

/**
 * The sweeps over the neurons that the latent filter makes in one window, forward and back, for the gradient through
 * the filter. Of each bin there are three forward, in this order: {@link #recurrent} at the state before the bin, then
 * {@link #observe} at the prediction and, unless the bin is the window's last, at the first update. Backward, from the
 * last bin to the first, the adjoint of each, in the opposite order. A window keeps the results of the forward sweeps
 * that its backward sweeps need, and adds to the gradient at its end.
 *
 * <p>Arrays are the caller's, in the layout of {@link RnnKernels}; nothing is allocated after construction. Not thread-safe.
 */
public abstract class FilterWindow {

    /** Sweeps of a bin. */
    static final int SWEEPS = 3;

    final int neurons;
    final int rank;
    final int inputs;
    /** [maxBins, SWEEPS, K] states of the forward sweeps. */
    final float[] states;
    KernelModel model;
    float[] y;
    int yOffset;
    float[] v;
    int vOffset;
    Gradient gradient;

    FilterWindow(int neurons, int rank, int inputs, int maxBins) {
        this.neurons = neurons;
        this.rank = rank;
        this.inputs = inputs;
        states = new float[maxBins * SWEEPS * rank];
    }

    /**
     * Begins a window.
     *
     * @param newY activity, [bins, N] from {@code newYOffset} on
     * @param newV input coordinates, [bins + 1, S] from {@code newVOffset} on; row 0 is that of the state before the first bin
     * @param newGradient what is added to, by the backward sweeps and {@link #end}
     */
    public void begin(KernelModel newModel, float[] newY, int newYOffset, float[] newV, int newVOffset,
            Gradient newGradient) {
        model = newModel;
        y = newY;
        yOffset = newYOffset;
        v = newV;
        vOffset = newVOffset;
        gradient = newGradient;
    }

    /** As {@link RnnKernels#recurrent}, at the state before a bin. */
    public final void recurrent(int bin, float[] kappa, double[] drive, double[] slope) {
        System.arraycopy(kappa, 0, states, state(bin, 0), rank);
        sweepRecurrent(bin, kappa, drive, slope);
    }

    /**
     * As {@link RnnKernels#observe}.
     *
     * @param update 0 at the prediction, 1 at the first update
     */
    public final void observe(int bin, int update, float[] kappa, double[] mScore, double[] mInfo) {
        System.arraycopy(kappa, 0, states, state(bin, 1 + update), rank);
        sweepObservation(bin, update, kappa, mScore, mInfo);
    }

    abstract void sweepRecurrent(int bin, float[] kappa, double[] drive, double[] slope);

    abstract void sweepObservation(int bin, int update, float[] kappa, double[] mScore, double[] mInfo);

    /**
     * Adjoint of {@link #recurrent}: given dL/d drive and dL/d slope, adds to the gradient with respect to m, n, W and b and
     * to that with respect to kappa.
     *
     * <pre>
     * delta_i = (1/N) phi'_i ( sum_k n_ki D_k - 2 r_i sum_kl n_ki G_kl m_li )      dL/dkappa_k += sum_i m_ki delta_i
     * dL/dm_l = (1/N) phi' sum_k G_kl n_k + delta kappa_l      dL/dn_k = (1/N) (D_k r + phi' sum_l G_kl m_l)
     * </pre>
     *
     * @param driveAdjoint D, K numbers
     * @param slopeAdjoint G, [K,K]
     * @param kappaAdjoint K numbers, added to
     */
    public abstract void recurrentAdjoint(int bin, float[] driveAdjoint, float[] slopeAdjoint, double[] kappaAdjoint);

    /**
     * Adjoint of {@link #observe}, and of {@code lossScale} times the loss at the same state: given dL/d mScore and dL/d mInfo,
     * adds to the gradient with respect to m, W, b, gain (counts) and offset (currents), and to that with respect to kappa. The
     * loss is 1/2 (y - prediction)^2 for rates and currents and the negative log likelihood for counts.
     *
     * <pre>
     * a_i = sum_k m_ki S_k      c_i = sum_kl m_ki I_kl m_li      delta_i = a_i score_i' + c_i info_i' + lossScale dloss_i/dx
     * dL/dm_k = S_k score + 2 info sum_l I_kl m_l + delta kappa_k                dL/dkappa_k += sum_i m_ki delta_i
     * </pre>
     *
     * @param update as in {@link #observe}
     * @param scoreAdjoint S, K numbers
     * @param infoAdjoint I, [K,K], symmetric
     * @param kappaAdjoint K numbers, added to
     */
    public abstract void observeAdjoint(int bin, int update, float[] scoreAdjoint, float[] infoAdjoint, float lossScale,
            double[] kappaAdjoint);

    /** The gradient is complete. */
    public abstract void end();

    /** Where the state of a sweep stands. */
    final int state(int bin, int sweep) {
        return (bin * SWEEPS + sweep) * rank;
    }

    /** Where the activity of a bin stands. */
    final int activity(int bin) {
        return yOffset + bin * neurons;
    }

    /** Where the input coordinates of a sweep stand: the first is at the bin before. */
    final int coordinates(int bin, int sweep) {
        return vOffset + (sweep == 0 ? bin : bin + 1) * inputs;
    }
}
