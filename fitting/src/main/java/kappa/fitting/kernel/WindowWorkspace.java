package kappa.fitting.kernel;

/**
 * Scratch memory for the gradient of one window, reused for every window of a thread. Not thread-safe.
 */
public final class WindowWorkspace {
    /** [bins + 1, K]: row 0 is the start state, written by the caller; the others by the forward pass. */
    public final float[] kappa;
    /** [bins + 1, N] phi of the current. */
    final float[] rates;
    /** [bins + 1, N] delta = dL/dx. */
    final float[] delta;
    /** [bins + 2, K] g_t = dL/dkappa_t; the last row stays zero. */
    final float[] adjoint;
    /** [max(K, 1)] sums over neurons. */
    final float[] sums;

    public WindowWorkspace(int neurons, int rank, int maxBins) {
        kappa = new float[(maxBins + 1) * rank];
        rates = new float[(maxBins + 1) * neurons];
        delta = new float[(maxBins + 1) * neurons];
        adjoint = new float[(maxBins + 2) * rank];
        sums = new float[rank];
    }
}
