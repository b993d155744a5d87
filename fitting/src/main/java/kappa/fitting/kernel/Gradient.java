package kappa.fitting.kernel;

import java.util.Arrays;
import kappa.fitting.model.KernelModel;

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
        add(other, 0, 1);
    }

    /** Adds one of {@code parts} parts of another gradient's numbers. */
    void add(Gradient other, int part, int parts) {
        add(m, other.m, part, parts);
        add(n, other.n, part, parts);
        add(w, other.w, part, parts);
        add(b, other.b, part, parts);
        add(gain, other.gain, part, parts);
        add(offset, other.offset, part, parts);
        add(start, other.start, part, parts);
    }

    private static void add(float[] to, float[] from, int part, int parts) {
        int last = (int) ((long) to.length * (part + 1) / parts);
        for (int i = (int) ((long) to.length * part / parts); i < last; i++) {
            to[i] += from[i];
        }
    }
}
