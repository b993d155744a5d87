package kappa.fitting.kernel;

/**
 * Products of matrices, and the element-wise steps of a recurrent network between them, for training networks whose state
 * has N dimensions. Everything is a flat array owned by the caller; nothing is allocated.
 *
 * <p>Each element of a product is one sum in the order of the inner index, so that results depend neither on how rows are
 * shared among threads nor on the width of the machine's vectors. Implementations have no state and are thread-safe as long
 * as callers do not share output arrays.
 */
public interface MatrixKernels {

    /**
     * c = a b, or c += a b.
     *
     * @param rows rows of a and c
     * @param a element (i, k) stands at {@code aAt + i * aRow + k * aColumn}, so that a transpose costs nothing
     * @param b [inner, columns]
     * @param c element (i, j) stands at {@code cAt + i * cRow + j}
     * @param add whether to add to what c holds
     */
    void multiply(int rows, float[] a, int aAt, int aRow, int aColumn, PackedMatrix b, float[] c, int cAt, int cRow,
            boolean add);

    /**
     * x = decay x + drive, then r = phi(x + b), for one state of N neurons.
     *
     * @param x [N] from {@code xAt} on, read and written
     * @param drive [N] from {@code driveAt} on
     * @param b [N]
     * @param rates [N] from {@code ratesAt} on, written
     */
    void advance(int neurons, float decay, float[] x, int xAt, float[] drive, int driveAt, float[] b, float[] rates,
            int ratesAt);

    /**
     * The adjoint of {@link #advance}: slope = phi'(x + b) back, a_t = decay a_{t+1} + slope, and {@code slopes} += slope.
     *
     * @param rates [N] r_t from {@code ratesAt} on
     * @param back [N] dL/dr_t from {@code backAt} on
     * @param later [N] a_{t+1} = dL/dx_{t+1} from {@code laterAt} on
     * @param now [N] a_t from {@code nowAt} on, written
     * @param slopes [N] dL/db so far
     */
    void adjoint(int neurons, float decay, float[] rates, int ratesAt, float[] back, int backAt, float[] later,
            int laterAt, float[] now, int nowAt, float[] slopes);
}
