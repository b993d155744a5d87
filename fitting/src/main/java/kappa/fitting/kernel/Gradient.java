package kappa.fitting.kernel;

import java.util.Arrays;

/**
 * Gradient of a summed loss with respect to the trainable parts of a {@link KernelModel}, laid out as they are.
 *
 * @param m [K,N]
 * @param n [K,N]
 * @param w [S,N]
 * @param b [N] with respect to the biases
 * @param gain [N] with respect to g (counts)
 * @param offset [N] with respect to c (currents)
 * @param start [K] with respect to kappa before the window's first bin
 */
public record Gradient(float[] m, float[] n, float[] w, float[] b, float[] gain, float[] offset, float[] start) {

    public static Gradient zero(int neurons, int rank, int inputs) {
        return new Gradient(new float[neurons * rank], new float[neurons * rank], new float[neurons * inputs],
                new float[neurons], new float[neurons], new float[neurons], new float[rank]);
    }

    public void clear() {
        Arrays.fill(m, 0);
        Arrays.fill(n, 0);
        Arrays.fill(w, 0);
        Arrays.fill(b, 0);
        Arrays.fill(gain, 0);
        Arrays.fill(offset, 0);
        Arrays.fill(start, 0);
    }

    /** Adds another gradient; the fixed order of such additions is what makes results independent of threads. */
    public void add(Gradient other) {
        add(m, other.m);
        add(n, other.n);
        add(w, other.w);
        add(b, other.b);
        add(gain, other.gain);
        add(offset, other.offset);
        add(start, other.start);
    }

    private static void add(float[] to, float[] from) {
        for (int i = 0; i < to.length; i++) {
            to[i] += from[i];
        }
    }
}
