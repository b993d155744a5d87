package kappa.fitting.kernel;

import kappa.fitting.model.KernelModel;

/**
 * Whole steps of the K-dimensional network (see {@link kappa.fitting.model.LowRankNetwork} for the equations). Everything
 * is a flat array owned by the caller; nothing is allocated. Where a method speaks of rows, row t of v stands at
 * {@code vOffset + t * S} and so on, and row 0 is the state just before the first bin. NaN activity means not observed.
 * Scratch memory is {@link #SCRATCH} floats.
 *
 * <p>Implementations have no state and are thread-safe as long as callers do not share output arrays.
 */
public interface RnnKernels {

    /**
     * Floats of scratch memory that a sweep at one state needs, for any size of the network: five rows of a block of
     * 512 neurons, and twelve sums in the lanes of the widest vectors.
     */
    int SCRATCH = 5 * 512 + 12 * 64;

    /**
     * Free run: kappa_t = (1-alpha) kappa_{t-1} + (alpha/N) n' phi(m kappa_{t-1} + W' v_{t-1} + b).
     *
     * @param kappa row 0 is read, rows 1 to {@code bins} are written, [bins + 1, K]
     * @param v [bins + 1, S]
     */
    void rollout(KernelModel model, float[] v, int vOffset, int bins, float[] kappa, int kappaOffset, float[] scratch);

    /** Room for {@code capacity} windows of up to {@code maxBins} bins, whose neurons threads may share. */
    WindowGroup windows(int neurons, int rank, int inputs, int capacity, int maxBins, boolean neuronsShared);

    /**
     * r_i = phi(x_i + b_i) at one state.
     *
     * @param rates [N], written
     */
    void rates(KernelModel model, float[] kappa, float[] v, int vOffset, float[] rates, float[] scratch);

    /**
     * What the filter's prediction needs at one state: drive_k = (1/N) sum_i n_ki r_i and
     * slope_kl = (1/N) sum_i n_ki phi'_i m_li.
     *
     * @param drive K numbers
     * @param slope [K,K] by rows
     */
    void recurrent(KernelModel model, float[] kappa, float[] v, int vOffset, double[] drive, double[] slope,
            float[] scratch);

    /**
     * What the filter's update needs at one state: mScore_k = sum_i m_ki score_i and mInfo_kl = sum_i m_ki info_i m_li over
     * observed neurons, where score = dlog p/dx and info is its expected negative slope.
     */
    void observe(KernelModel model, float[] y, int yOffset, float[] kappa, float[] v, int vOffset, double[] mScore,
            double[] mInfo, float[] scratch);

    /** {@link #observe} and {@link #loss} at the same state, in one sweep. */
    double observeAndScore(KernelModel model, float[] y, int yOffset, float[] kappa, float[] v, int vOffset,
            double[] mScore, double[] mInfo, float[] scratch);

    /** Room for the gradient through the filter over windows of up to {@code maxBins} bins. */
    FilterWindow filterWindow(int neurons, int rank, int inputs, int maxBins);

    /**
     * Loss of one bin summed over observed neurons: squared error for rates and currents, negative log likelihood in nats
     * for counts.
     */
    double loss(KernelModel model, float[] y, int yOffset, float[] kappa, int kappaOffset, float[] v, int vOffset,
            float[] scratch);

    /** Adds each observed neuron's squared error to {@code squares} [N] and 1 to {@code observed} [N]. */
    void squaredErrors(KernelModel model, float[] y, int yOffset, float[] kappa, int kappaOffset, float[] v,
            int vOffset, double[] squares, double[] observed, float[] scratch);

    /**
     * One bin of {@link kappa.fitting.filter.GainTracker}, for each observed neuron:
     *
     * <pre>
     * change += (f - 1) rate - y log f        then  seen = d (seen + y)    predicted = d (predicted + rate)
     *                                               f = (seen + prior) / (predicted + prior)
     * </pre>
     *
     * @param y counts from {@code yOffset} on
     * @param rate [N] what is predicted of the bin without tracking
     * @param prior positive
     * @param seen [N]
     * @param predicted [N]
     * @param factors f, [N], positive
     * @return change: by how much the factors change the negative log likelihood of this bin, which they do not know yet
     */
    double followGains(float[] y, int yOffset, float[] rate, float decay, float prior, float[] seen,
            float[] predicted, float[] factors, float[] scratch);
}
