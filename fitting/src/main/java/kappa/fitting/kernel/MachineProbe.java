package kappa.fitting.kernel;

/**
 * Small loops that each do one thing as fast as the machine can do it, to be timed: what a kernel is measured
 * against. They come in the two forms in which the kernels come, so that the limits are those of the code that runs.
 *
 * <p>Each leaves a result that depends on all of its work, so that nothing can be left out as unused. Arrays are the
 * caller's; lengths are multiples of {@value #BLOCK}. Implementations have no state and are thread-safe as long as
 * callers do not share output arrays.
 */
public interface MachineProbe {

    /** What the lengths of arrays must be a multiple of. */
    int BLOCK = 512;

    /** How many floats one instruction works on. */
    int lanes();

    /**
     * Fused multiply-adds a = a c + d on registers, in enough independent chains that none waits for another.
     *
     * @param out receives {@value #BLOCK} numbers or fewer
     * @return how many were done, each two floating-point operations
     */
    long multiplyAdd(int rounds, float[] out);

    /** out = phi(x), as the kernels of the network compute it. */
    void phi(float[] x, float[] out);

    /** out = x / (sqrt(x) + 1): the square root and the division that Adam needs for each parameter. */
    void quotientOfRoot(float[] x, float[] out);

    /** out = tanh(x) by the platform's own library: a reference that does not change with this code. */
    void libraryTanh(float[] x, float[] out);

    /** Nanoseconds an element that {@link #libraryTanh} took on the machine of the published comparisons. */
    double libraryTanhReferenceNs();

    /**
     * Sums of every so-manieth element of x: reads memory and does next to nothing with it.
     *
     * @param out receives {@value #BLOCK} numbers or fewer
     */
    void read(float[] x, float[] out);
}
