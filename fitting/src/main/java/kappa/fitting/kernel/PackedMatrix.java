package kappa.fitting.kernel;

/**
 * The right-hand factor of a product, in the order in which {@link MatrixKernels#multiply} reads it: panels of
 * {@value #PANEL} columns, each contiguous row by row, the last filled up with zeros. Packing costs as much as reading the
 * matrix once. Written by {@link #pack} only; several threads may read it.
 */
public final class PackedMatrix {

    /** Columns of a panel: two vectors of the widest machine, and a multiple of all others. */
    static final int PANEL = 32;

    private int rows;
    private int columns;
    private float[] panels = new float[0];

    /**
     * Takes over a matrix times a scale.
     *
     * @param b element (k, j) stands at {@code bAt + k * rowStride + j * columnStride}
     */
    public PackedMatrix pack(float[] b, int bAt, int rows, int columns, int rowStride, int columnStride, float scale) {
        this.rows = rows;
        this.columns = columns;
        int count = Math.ceilDiv(columns, PANEL);
        int length = count * rows * PANEL;
        if (panels.length < length) {
            panels = new float[length];
        }
        for (int panel = 0; panel < count; panel++) {
            int width = Math.min(PANEL, columns - panel * PANEL);
            int to = panel * rows * PANEL;
            int from = bAt + panel * PANEL * columnStride;
            for (int k = 0; k < rows; k++) {
                for (int j = 0; j < width; j++) {
                    panels[to + j] = scale * b[from + k * rowStride + j * columnStride];
                }
                for (int j = width; j < PANEL; j++) {
                    panels[to + j] = 0;
                }
                to += PANEL;
            }
        }
        return this;
    }

    /** The inner dimension of a product with this matrix. */
    public int rows() {
        return rows;
    }

    public int columns() {
        return columns;
    }

    /** Element (k, j) stands at {@code (j / PANEL * rows + k) * PANEL + j % PANEL}. */
    float[] panels() {
        return panels;
    }
}
