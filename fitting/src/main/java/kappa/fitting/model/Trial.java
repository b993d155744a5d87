package kappa.fitting.model;

/**
 * One trial, or in a session without trials one segment, as the fitter keeps it.
 *
 * @param index counts trials from 0
 * @param firstBin the session's index of its first bin
 * @param bins T
 * @param warmUp leading bins that only find the state: 0 for a trial, which starts at kappa = 0
 * @param y [T,N] activity, NaN where not observed
 * @param v [T + 1,S] input coordinates; row 0 belongs to the state just before the first bin
 * @param offset where its records begin on kappa.activity
 */
public record Trial(long index, long firstBin, int bins, int warmUp, float[] y, float[] v, long offset) {

    private static final float[] NONE = {};

    /** What its arrays take. */
    public long bytes() {
        return Float.BYTES * ((long) y.length + v.length);
    }

    /** What the arrays of one of this size take. */
    public static long bytes(int bins, int neurons, int inputs) {
        return Float.BYTES * ((long) bins * neurons + (bins + 1L) * inputs);
    }

    /** What is left of one that nothing is to be learned from: that it was there. */
    public Trial withoutActivity() {
        return new Trial(index, firstBin, bins, warmUp, NONE, NONE, offset);
    }
}
