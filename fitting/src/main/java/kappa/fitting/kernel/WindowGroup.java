package kappa.fitting.kernel;

import java.util.Arrays;

/**
 * Windows of activity whose gradients are taken together, with the memory that takes: while some neurons are at hand, they serve
 * all windows. Made by {@link RnnKernels#windows}, filled again for every step. Not thread-safe.
 *
 * <p>A window is {@code bins} rows of activity with the {@code bins} + 1 rows of filtered inputs that belong to them; row 0 is
 * the state before the first bin. Windows of a group may differ in length.
 *
 * <pre>
 * delta_t = dL/dx_t + phi'(x_t) (alpha/N) n g_{t+1}      g_t = (1-alpha) g_{t+1} + m' delta_t
 * dL/dm_k = sum delta_t kappa_k,t    dL/dW_s = sum delta_t v_s,t    dL/dn_k = (alpha/N) sum r_t g_k,t+1
 * dL/db = sum delta_t                dL/dkappa_0 = g_0
 * </pre>
 *
 * <p>For currents, which are observed before the bias is added, dL/db is the recurrent part of delta only. The loss is
 * 1/2 (y - prediction)^2 for rates and currents and the negative log likelihood for counts.
 */
public abstract class WindowGroup {

    final int neurons;
    final int rank;
    final int inputs;
    final int capacity;
    final int maxBins;
    /** K + S + 1: kappa, v and 1, which m, W and b are multiplied with. */
    final int coefficients;
    final float[][] y;
    final int[] yOffset;
    final int[] bins;
    final float[] scale;
    /** [maxBins + 1, capacity, K + S + 1]: kappa, v, 1. */
    final float[] state;
    /** [capacity, K] g_t of the bin that was swept last, dL/dkappa_0 in the end. */
    final float[] adjoint;
    private int count;
    private int longest;

    WindowGroup(int neurons, int rank, int inputs, int capacity, int maxBins) {
        this.neurons = neurons;
        this.rank = rank;
        this.inputs = inputs;
        this.capacity = capacity;
        this.maxBins = maxBins;
        coefficients = rank + inputs + 1;
        y = new float[capacity][];
        yOffset = new int[capacity];
        bins = new int[capacity];
        scale = new float[capacity];
        state = new float[(maxBins + 1) * capacity * coefficients];
        adjoint = new float[capacity * rank];
    }

    /** Forgets the windows. */
    public final void clear() {
        count = 0;
        longest = 0;
    }

    /**
     * Adds a window.
     *
     * @param y [bins, N] activity from {@code yOffset} on, NaN where not observed; row 0 belongs to the first bin; read when the
     *        gradient is taken
     * @param v [bins + 1, S] filtered inputs from {@code vOffset} on; copied
     * @param start kappa before the first bin, K numbers from {@code startOffset} on; copied
     * @param scale what the window's summed loss is multiplied with
     * @return its index
     */
    public final int add(float[] y, int yOffset, float[] v, int vOffset, int bins, float[] start, int startOffset,
            float scale) {
        if (count == capacity || bins > maxBins) {
            throw new IllegalArgumentException("window " + count + " of " + bins + " bins, but there is room for "
                    + capacity + " of " + maxBins);
        }
        int w = count++;
        longest = Math.max(longest, bins);
        this.y[w] = y;
        this.yOffset[w] = yOffset;
        this.bins[w] = bins;
        this.scale[w] = scale;
        System.arraycopy(start, startOffset, state, at(w, 0), rank);
        for (int t = 0; t <= maxBins; t++) {
            int row = at(w, t) + rank;
            if (t <= bins) {
                System.arraycopy(v, vOffset + t * inputs, state, row, inputs);
            } else {
                Arrays.fill(state, row, row + inputs, 0f);
            }
            state[row + inputs] = 1f;
        }
        return w;
    }

    /**
     * Adds the gradient of the windows' scaled losses with respect to all but the start states to {@code gradient}, by the
     * adjoint of the free run.
     *
     * @param team threads that share the neurons, if they are to be shared; the result depends on their number by no bit
     */
    public abstract void addGradient(PackedModel model, Gradient gradient, Team team);

    /** kappa_k after t bins of window w; the start before the gradient was taken. */
    public final float kappa(int w, int t, int k) {
        return state[at(w, t) + k];
    }

    /** dL/dkappa_k before the first bin of window w, once the gradient was taken. */
    public final float startAdjoint(int w, int k) {
        return adjoint[w * rank + k];
    }

    final int at(int w, int t) {
        return (t * capacity + w) * coefficients;
    }

    final int count() {
        return count;
    }

    final int longest() {
        return longest;
    }
}
