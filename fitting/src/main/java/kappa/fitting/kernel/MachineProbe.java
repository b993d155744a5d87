package kappa.fitting.kernel;

/**
 * Small loops that each do one thing as fast as the machine can, to be timed as a limit for the kernels. They exist in
 * a scalar and a SIMD form, as the kernels do.
 *
 * <p>Each returns a result that depends on all of its work, so that the compiler cannot remove any of it. Arrays are
 * the caller's; lengths are multiples of {@value #BLOCK}. Implementations have no state and are thread-safe as long as
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

    /**
     * Sums of elements of x at a fixed stride: reads memory and does almost no arithmetic.
     *
     * @param out receives {@value #BLOCK} numbers or fewer
     */
    void read(float[] x, float[] out);
}
