package kappa.fitting.kernel;

import static kappa.fitting.kernel.PackedModel.PANEL;
import static kappa.fitting.kernel.VectorKernels.LANES;
import static kappa.fitting.kernel.VectorKernels.WIDTH;

import jdk.incubator.vector.FloatVector;

/**
 * The small matrix products of a window's sweep over SIMD lanes, on panels of neurons: rows of the model times coefficients,
 * rows times rates or delta summed over neurons, and kept rows times coefficients summed over bins. Each comes for as many
 * rows or windows at once as registers hold, with 32 of them; with 16 the compiler keeps some in memory.
 *
 * <p>The order of a sum over rows depends on their number only.
 */
final class VectorPasses {

    /** Windows that are swept at once. */
    static final int TILE = 4;
    /** Two vectors, which divide a panel. */
    static final int STRIP = 2 * WIDTH;

    private VectorPasses() {}

    /**
     * out_w = sum_j row_j c_w,j of {@value #TILE} windows, over panels.
     *
     * @param p the model's panels, row 0 of the first one from {@code from} on, the next panel {@code rowStep} later
     * @param c coefficients of window 0 from {@code at} on, of the next one {@code stride} later
     * @param out a panel's numbers of window 0 from {@code cell} on, of the next window a panel's length later, of the next
     *        panel {@code step} later
     */
    static void combine(float[] p, int from, int rowStep, int panels, int count, float[] c, int at, int stride,
            float[] out, int cell, int step) {
        int j = 0;
        for (; j + 4 <= count; j += 4) {
            combine4(p, from + j * PANEL, rowStep, panels, c, at + j, stride, out, cell, step, j > 0);
        }
        for (; j + 2 <= count; j += 2) {
            combine2(p, from + j * PANEL, rowStep, panels, c, at + j, stride, out, cell, step, j > 0);
        }
        if (j < count) {
            combine1(p, from + j * PANEL, rowStep, panels, c, at + j, stride, out, cell, step, j > 0);
        }
    }

    /** As {@link #combine}, for one window. */
    static void combineOne(float[] p, int from, int rowStep, int panels, int count, float[] c, int at, float[] out,
            int cell, int step) {
        int j = 0;
        for (; j + 4 <= count; j += 4) {
            combineOne4(p, from + j * PANEL, rowStep, panels, c, at + j, out, cell, step, j > 0);
        }
        for (; j + 2 <= count; j += 2) {
            combineOne2(p, from + j * PANEL, rowStep, panels, c, at + j, out, cell, step, j > 0);
        }
        if (j < count) {
            combineOne1(p, from + j * PANEL, rowStep, panels, c, at + j, out, cell, step, j > 0);
        }
    }

    private static void combine4(float[] p, int from, int rowStep, int panels, float[] c, int at, int stride,
            float[] out, int cell, int step, boolean more) {
        FloatVector c00 = FloatVector.broadcast(LANES, c[at]);
        FloatVector c01 = FloatVector.broadcast(LANES, c[at + 1]);
        FloatVector c02 = FloatVector.broadcast(LANES, c[at + 2]);
        FloatVector c03 = FloatVector.broadcast(LANES, c[at + 3]);
        FloatVector c10 = FloatVector.broadcast(LANES, c[at + stride]);
        FloatVector c11 = FloatVector.broadcast(LANES, c[at + stride + 1]);
        FloatVector c12 = FloatVector.broadcast(LANES, c[at + stride + 2]);
        FloatVector c13 = FloatVector.broadcast(LANES, c[at + stride + 3]);
        FloatVector c20 = FloatVector.broadcast(LANES, c[at + 2 * stride]);
        FloatVector c21 = FloatVector.broadcast(LANES, c[at + 2 * stride + 1]);
        FloatVector c22 = FloatVector.broadcast(LANES, c[at + 2 * stride + 2]);
        FloatVector c23 = FloatVector.broadcast(LANES, c[at + 2 * stride + 3]);
        FloatVector c30 = FloatVector.broadcast(LANES, c[at + 3 * stride]);
        FloatVector c31 = FloatVector.broadcast(LANES, c[at + 3 * stride + 1]);
        FloatVector c32 = FloatVector.broadcast(LANES, c[at + 3 * stride + 2]);
        FloatVector c33 = FloatVector.broadcast(LANES, c[at + 3 * stride + 3]);
        for (int j = 0; j < panels; j++) {
            for (int i = 0; i < PANEL; i += WIDTH) {
                int row = from + j * rowStep + i;
                int to = cell + j * step + i;
                FloatVector p0 = FloatVector.fromArray(LANES, p, row);
                FloatVector p1 = FloatVector.fromArray(LANES, p, row + PANEL);
                FloatVector p2 = FloatVector.fromArray(LANES, p, row + 2 * PANEL);
                FloatVector p3 = FloatVector.fromArray(LANES, p, row + 3 * PANEL);
                FloatVector x0 = more ? FloatVector.fromArray(LANES, out, to) : FloatVector.zero(LANES);
                p3.fma(c03, p2.fma(c02, p1.fma(c01, p0.fma(c00, x0)))).intoArray(out, to);
                FloatVector x1 = more ? FloatVector.fromArray(LANES, out, to + PANEL) : FloatVector.zero(LANES);
                p3.fma(c13, p2.fma(c12, p1.fma(c11, p0.fma(c10, x1)))).intoArray(out, to + PANEL);
                FloatVector x2 = more ? FloatVector.fromArray(LANES, out, to + 2 * PANEL) : FloatVector.zero(LANES);
                p3.fma(c23, p2.fma(c22, p1.fma(c21, p0.fma(c20, x2)))).intoArray(out, to + 2 * PANEL);
                FloatVector x3 = more ? FloatVector.fromArray(LANES, out, to + 3 * PANEL) : FloatVector.zero(LANES);
                p3.fma(c33, p2.fma(c32, p1.fma(c31, p0.fma(c30, x3)))).intoArray(out, to + 3 * PANEL);
            }
        }
    }

    private static void combine2(float[] p, int from, int rowStep, int panels, float[] c, int at, int stride,
            float[] out, int cell, int step, boolean more) {
        FloatVector c00 = FloatVector.broadcast(LANES, c[at]);
        FloatVector c01 = FloatVector.broadcast(LANES, c[at + 1]);
        FloatVector c10 = FloatVector.broadcast(LANES, c[at + stride]);
        FloatVector c11 = FloatVector.broadcast(LANES, c[at + stride + 1]);
        FloatVector c20 = FloatVector.broadcast(LANES, c[at + 2 * stride]);
        FloatVector c21 = FloatVector.broadcast(LANES, c[at + 2 * stride + 1]);
        FloatVector c30 = FloatVector.broadcast(LANES, c[at + 3 * stride]);
        FloatVector c31 = FloatVector.broadcast(LANES, c[at + 3 * stride + 1]);
        for (int j = 0; j < panels; j++) {
            for (int i = 0; i < PANEL; i += WIDTH) {
                int row = from + j * rowStep + i;
                int to = cell + j * step + i;
                FloatVector p0 = FloatVector.fromArray(LANES, p, row);
                FloatVector p1 = FloatVector.fromArray(LANES, p, row + PANEL);
                FloatVector x0 = more ? FloatVector.fromArray(LANES, out, to) : FloatVector.zero(LANES);
                p1.fma(c01, p0.fma(c00, x0)).intoArray(out, to);
                FloatVector x1 = more ? FloatVector.fromArray(LANES, out, to + PANEL) : FloatVector.zero(LANES);
                p1.fma(c11, p0.fma(c10, x1)).intoArray(out, to + PANEL);
                FloatVector x2 = more ? FloatVector.fromArray(LANES, out, to + 2 * PANEL) : FloatVector.zero(LANES);
                p1.fma(c21, p0.fma(c20, x2)).intoArray(out, to + 2 * PANEL);
                FloatVector x3 = more ? FloatVector.fromArray(LANES, out, to + 3 * PANEL) : FloatVector.zero(LANES);
                p1.fma(c31, p0.fma(c30, x3)).intoArray(out, to + 3 * PANEL);
            }
        }
    }

    private static void combine1(float[] p, int from, int rowStep, int panels, float[] c, int at, int stride,
            float[] out, int cell, int step, boolean more) {
        FloatVector c00 = FloatVector.broadcast(LANES, c[at]);
        FloatVector c10 = FloatVector.broadcast(LANES, c[at + stride]);
        FloatVector c20 = FloatVector.broadcast(LANES, c[at + 2 * stride]);
        FloatVector c30 = FloatVector.broadcast(LANES, c[at + 3 * stride]);
        for (int j = 0; j < panels; j++) {
            for (int i = 0; i < PANEL; i += WIDTH) {
                int row = from + j * rowStep + i;
                int to = cell + j * step + i;
                FloatVector p0 = FloatVector.fromArray(LANES, p, row);
                FloatVector x0 = more ? FloatVector.fromArray(LANES, out, to) : FloatVector.zero(LANES);
                p0.fma(c00, x0).intoArray(out, to);
                FloatVector x1 = more ? FloatVector.fromArray(LANES, out, to + PANEL) : FloatVector.zero(LANES);
                p0.fma(c10, x1).intoArray(out, to + PANEL);
                FloatVector x2 = more ? FloatVector.fromArray(LANES, out, to + 2 * PANEL) : FloatVector.zero(LANES);
                p0.fma(c20, x2).intoArray(out, to + 2 * PANEL);
                FloatVector x3 = more ? FloatVector.fromArray(LANES, out, to + 3 * PANEL) : FloatVector.zero(LANES);
                p0.fma(c30, x3).intoArray(out, to + 3 * PANEL);
            }
        }
    }

    private static void combineOne4(float[] p, int from, int rowStep, int panels, float[] c, int at, float[] out,
            int cell, int step, boolean more) {
        FloatVector c0 = FloatVector.broadcast(LANES, c[at]);
        FloatVector c1 = FloatVector.broadcast(LANES, c[at + 1]);
        FloatVector c2 = FloatVector.broadcast(LANES, c[at + 2]);
        FloatVector c3 = FloatVector.broadcast(LANES, c[at + 3]);
        for (int j = 0; j < panels; j++) {
            for (int i = 0; i < PANEL; i += WIDTH) {
                int row = from + j * rowStep + i;
                int to = cell + j * step + i;
                FloatVector x = more ? FloatVector.fromArray(LANES, out, to) : FloatVector.zero(LANES);
                x = FloatVector.fromArray(LANES, p, row).fma(c0, x);
                x = FloatVector.fromArray(LANES, p, row + PANEL).fma(c1, x);
                x = FloatVector.fromArray(LANES, p, row + 2 * PANEL).fma(c2, x);
                x = FloatVector.fromArray(LANES, p, row + 3 * PANEL).fma(c3, x);
                x.intoArray(out, to);
            }
        }
    }

    private static void combineOne2(float[] p, int from, int rowStep, int panels, float[] c, int at, float[] out,
            int cell, int step, boolean more) {
        FloatVector c0 = FloatVector.broadcast(LANES, c[at]);
        FloatVector c1 = FloatVector.broadcast(LANES, c[at + 1]);
        for (int j = 0; j < panels; j++) {
            for (int i = 0; i < PANEL; i += WIDTH) {
                int row = from + j * rowStep + i;
                int to = cell + j * step + i;
                FloatVector x = more ? FloatVector.fromArray(LANES, out, to) : FloatVector.zero(LANES);
                x = FloatVector.fromArray(LANES, p, row).fma(c0, x);
                x = FloatVector.fromArray(LANES, p, row + PANEL).fma(c1, x);
                x.intoArray(out, to);
            }
        }
    }

    private static void combineOne1(float[] p, int from, int rowStep, int panels, float[] c, int at, float[] out,
            int cell, int step, boolean more) {
        FloatVector c0 = FloatVector.broadcast(LANES, c[at]);
        for (int j = 0; j < panels; j++) {
            for (int i = 0; i < PANEL; i += WIDTH) {
                int row = from + j * rowStep + i;
                int to = cell + j * step + i;
                FloatVector x = more ? FloatVector.fromArray(LANES, out, to) : FloatVector.zero(LANES);
                x = FloatVector.fromArray(LANES, p, row).fma(c0, x);
                x.intoArray(out, to);
            }
        }
    }

    /**
     * lanes_w,k += sum over neurons of row_k x_w of {@value #TILE} windows, lane by lane.
     *
     * @param p row 0 of the first panel from {@code from} on, the next panel {@code rowStep} later
     * @param x a panel's numbers of window 0 from {@code at} on, of the next panel {@code step} later
     * @param lanes [windows, stride, WIDTH] from {@code lane} on
     */
    static void project(float[] p, int from, int rowStep, int panels, int count, float[] x, int at, int step,
            float[] lanes, int lane, int stride) {
        int k = 0;
        for (; k + 1 < count; k += 2) {
            project42(p, from + k * PANEL, rowStep, panels, x, at, step, lanes, lane + k * WIDTH, stride * WIDTH);
        }
        if (k < count) {
            project41(p, from + k * PANEL, rowStep, panels, x, at, step, lanes, lane + k * WIDTH, stride * WIDTH);
        }
    }

    /** As {@link #project}, for one window. */
    static void projectOne(float[] p, int from, int rowStep, int panels, int count, float[] x, int at, int step,
            float[] lanes, int lane) {
        int k = 0;
        for (; k + 1 < count; k += 2) {
            project12(p, from + k * PANEL, rowStep, panels, x, at, step, lanes, lane + k * WIDTH);
        }
        if (k < count) {
            project11(p, from + k * PANEL, rowStep, panels, x, at, step, lanes, lane + k * WIDTH);
        }
    }

    /** Two rows, four windows. */
    private static void project42(float[] p, int from, int rowStep, int panels, float[] x, int at, int step,
            float[] lanes, int lane, int laneStep) {
        FloatVector s00 = FloatVector.fromArray(LANES, lanes, lane);
        FloatVector s01 = FloatVector.fromArray(LANES, lanes, lane + WIDTH);
        FloatVector s10 = FloatVector.fromArray(LANES, lanes, lane + laneStep);
        FloatVector s11 = FloatVector.fromArray(LANES, lanes, lane + laneStep + WIDTH);
        FloatVector s20 = FloatVector.fromArray(LANES, lanes, lane + 2 * laneStep);
        FloatVector s21 = FloatVector.fromArray(LANES, lanes, lane + 2 * laneStep + WIDTH);
        FloatVector s30 = FloatVector.fromArray(LANES, lanes, lane + 3 * laneStep);
        FloatVector s31 = FloatVector.fromArray(LANES, lanes, lane + 3 * laneStep + WIDTH);
        for (int j = 0; j < panels; j++) {
            for (int i = 0; i < PANEL; i += WIDTH) {
                int row = from + j * rowStep + i;
                int to = at + j * step + i;
                FloatVector p0 = FloatVector.fromArray(LANES, p, row);
                FloatVector p1 = FloatVector.fromArray(LANES, p, row + PANEL);
                FloatVector x0 = FloatVector.fromArray(LANES, x, to);
                s00 = p0.fma(x0, s00);
                s01 = p1.fma(x0, s01);
                FloatVector x1 = FloatVector.fromArray(LANES, x, to + PANEL);
                s10 = p0.fma(x1, s10);
                s11 = p1.fma(x1, s11);
                FloatVector x2 = FloatVector.fromArray(LANES, x, to + 2 * PANEL);
                s20 = p0.fma(x2, s20);
                s21 = p1.fma(x2, s21);
                FloatVector x3 = FloatVector.fromArray(LANES, x, to + 3 * PANEL);
                s30 = p0.fma(x3, s30);
                s31 = p1.fma(x3, s31);
            }
        }
        s00.intoArray(lanes, lane);
        s01.intoArray(lanes, lane + WIDTH);
        s10.intoArray(lanes, lane + laneStep);
        s11.intoArray(lanes, lane + laneStep + WIDTH);
        s20.intoArray(lanes, lane + 2 * laneStep);
        s21.intoArray(lanes, lane + 2 * laneStep + WIDTH);
        s30.intoArray(lanes, lane + 3 * laneStep);
        s31.intoArray(lanes, lane + 3 * laneStep + WIDTH);
    }

    /** One row, four windows. */
    private static void project41(float[] p, int from, int rowStep, int panels, float[] x, int at, int step,
            float[] lanes, int lane, int laneStep) {
        FloatVector s0 = FloatVector.fromArray(LANES, lanes, lane);
        FloatVector s1 = FloatVector.fromArray(LANES, lanes, lane + laneStep);
        FloatVector s2 = FloatVector.fromArray(LANES, lanes, lane + 2 * laneStep);
        FloatVector s3 = FloatVector.fromArray(LANES, lanes, lane + 3 * laneStep);
        for (int j = 0; j < panels; j++) {
            for (int i = 0; i < PANEL; i += WIDTH) {
                FloatVector p0 = FloatVector.fromArray(LANES, p, from + j * rowStep + i);
                int to = at + j * step + i;
                s0 = p0.fma(FloatVector.fromArray(LANES, x, to), s0);
                s1 = p0.fma(FloatVector.fromArray(LANES, x, to + PANEL), s1);
                s2 = p0.fma(FloatVector.fromArray(LANES, x, to + 2 * PANEL), s2);
                s3 = p0.fma(FloatVector.fromArray(LANES, x, to + 3 * PANEL), s3);
            }
        }
        s0.intoArray(lanes, lane);
        s1.intoArray(lanes, lane + laneStep);
        s2.intoArray(lanes, lane + 2 * laneStep);
        s3.intoArray(lanes, lane + 3 * laneStep);
    }

    /** Two rows, one window. */
    private static void project12(float[] p, int from, int rowStep, int panels, float[] x, int at, int step,
            float[] lanes, int lane) {
        FloatVector s00 = FloatVector.fromArray(LANES, lanes, lane);
        FloatVector s01 = FloatVector.zero(LANES);
        FloatVector s10 = FloatVector.fromArray(LANES, lanes, lane + WIDTH);
        FloatVector s11 = FloatVector.zero(LANES);
        for (int j = 0; j < panels; j++) {
            for (int i = 0; i < PANEL; i += STRIP) {
                int row = from + j * rowStep + i;
                int to = at + j * step + i;
                FloatVector x0 = FloatVector.fromArray(LANES, x, to);
                s00 = FloatVector.fromArray(LANES, p, row).fma(x0, s00);
                s10 = FloatVector.fromArray(LANES, p, row + PANEL).fma(x0, s10);
                FloatVector x1 = FloatVector.fromArray(LANES, x, to + WIDTH);
                s01 = FloatVector.fromArray(LANES, p, row + WIDTH).fma(x1, s01);
                s11 = FloatVector.fromArray(LANES, p, row + PANEL + WIDTH).fma(x1, s11);
            }
        }
        s00.add(s01).intoArray(lanes, lane);
        s10.add(s11).intoArray(lanes, lane + WIDTH);
    }

    /** One row, one window. */
    private static void project11(float[] p, int from, int rowStep, int panels, float[] x, int at, int step,
            float[] lanes, int lane) {
        FloatVector s0 = FloatVector.fromArray(LANES, lanes, lane);
        FloatVector s1 = FloatVector.zero(LANES);
        for (int j = 0; j < panels; j++) {
            for (int i = 0; i < PANEL; i += STRIP) {
                int row = from + j * rowStep + i;
                int to = at + j * step + i;
                s0 = FloatVector.fromArray(LANES, p, row).fma(FloatVector.fromArray(LANES, x, to), s0);
                s1 = FloatVector.fromArray(LANES, p, row + WIDTH).fma(FloatVector.fromArray(LANES, x, to + WIDTH), s1);
            }
        }
        s0.add(s1).intoArray(lanes, lane);
    }

    /**
     * sums_j += sum over rows of row x coefficient_j, over panels.
     *
     * @param c coefficient j of the first row at {@code at} + j, of the next row {@code stride} later
     * @param rows a panel's part of row i from {@code cell} + {@code rowAt[i]} on, the next panel's {@code step} later
     * @param sums a panel's sums from {@code to} on, one row for each coefficient, the next panel's {@code sumStep} later
     */
    static void products(float[] c, int at, int stride, float[] rows, int cell, int step, int[] rowAt, int count,
            float[] sums, int to, int sumStep, int panels) {
        int j = 0;
        for (; j + 4 <= stride; j += 4) {
            products4(c, at + j, stride, rows, cell, step, rowAt, count, sums, to + j * PANEL, sumStep, panels);
        }
        for (; j + 2 <= stride; j += 2) {
            products2(c, at + j, stride, rows, cell, step, rowAt, count, sums, to + j * PANEL, sumStep, panels);
        }
        if (j < stride) {
            products1(c, at + j, stride, rows, cell, step, rowAt, count, sums, to + j * PANEL, sumStep, panels);
        }
    }

    private static void products4(float[] c, int at, int stride, float[] rows, int cell, int step, int[] rowAt,
            int count, float[] sums, int to, int sumStep, int panels) {
        for (int u = 0; u < panels * (PANEL / STRIP); u++) {
            int strip = u % (PANEL / STRIP) * STRIP;
            int sum = to + u / (PANEL / STRIP) * sumStep + strip;
            int base = cell + u / (PANEL / STRIP) * step + strip;
            int q = at;
            FloatVector s00 = FloatVector.fromArray(LANES, sums, sum);
            FloatVector s01 = FloatVector.fromArray(LANES, sums, sum + WIDTH);
            FloatVector s10 = FloatVector.fromArray(LANES, sums, sum + PANEL);
            FloatVector s11 = FloatVector.fromArray(LANES, sums, sum + PANEL + WIDTH);
            FloatVector s20 = FloatVector.fromArray(LANES, sums, sum + 2 * PANEL);
            FloatVector s21 = FloatVector.fromArray(LANES, sums, sum + 2 * PANEL + WIDTH);
            FloatVector s30 = FloatVector.fromArray(LANES, sums, sum + 3 * PANEL);
            FloatVector s31 = FloatVector.fromArray(LANES, sums, sum + 3 * PANEL + WIDTH);
            for (int j = 0; j < count; j++) {
                int row = base + rowAt[j];
                FloatVector d0 = FloatVector.fromArray(LANES, rows, row);
                FloatVector d1 = FloatVector.fromArray(LANES, rows, row + WIDTH);
                FloatVector c0 = FloatVector.broadcast(LANES, c[q]);
                s00 = d0.fma(c0, s00);
                s01 = d1.fma(c0, s01);
                FloatVector c1 = FloatVector.broadcast(LANES, c[q + 1]);
                s10 = d0.fma(c1, s10);
                s11 = d1.fma(c1, s11);
                FloatVector c2 = FloatVector.broadcast(LANES, c[q + 2]);
                s20 = d0.fma(c2, s20);
                s21 = d1.fma(c2, s21);
                FloatVector c3 = FloatVector.broadcast(LANES, c[q + 3]);
                s30 = d0.fma(c3, s30);
                s31 = d1.fma(c3, s31);
                q += stride;
            }
            s00.intoArray(sums, sum);
            s01.intoArray(sums, sum + WIDTH);
            s10.intoArray(sums, sum + PANEL);
            s11.intoArray(sums, sum + PANEL + WIDTH);
            s20.intoArray(sums, sum + 2 * PANEL);
            s21.intoArray(sums, sum + 2 * PANEL + WIDTH);
            s30.intoArray(sums, sum + 3 * PANEL);
            s31.intoArray(sums, sum + 3 * PANEL + WIDTH);
        }
    }

    private static void products2(float[] c, int at, int stride, float[] rows, int cell, int step, int[] rowAt,
            int count, float[] sums, int to, int sumStep, int panels) {
        for (int u = 0; u < panels * (PANEL / STRIP); u++) {
            int strip = u % (PANEL / STRIP) * STRIP;
            int sum = to + u / (PANEL / STRIP) * sumStep + strip;
            int base = cell + u / (PANEL / STRIP) * step + strip;
            int q = at;
            FloatVector s00 = FloatVector.fromArray(LANES, sums, sum);
            FloatVector s01 = FloatVector.fromArray(LANES, sums, sum + WIDTH);
            FloatVector s10 = FloatVector.fromArray(LANES, sums, sum + PANEL);
            FloatVector s11 = FloatVector.fromArray(LANES, sums, sum + PANEL + WIDTH);
            for (int j = 0; j < count; j++) {
                int row = base + rowAt[j];
                FloatVector d0 = FloatVector.fromArray(LANES, rows, row);
                FloatVector d1 = FloatVector.fromArray(LANES, rows, row + WIDTH);
                FloatVector c0 = FloatVector.broadcast(LANES, c[q]);
                s00 = d0.fma(c0, s00);
                s01 = d1.fma(c0, s01);
                FloatVector c1 = FloatVector.broadcast(LANES, c[q + 1]);
                s10 = d0.fma(c1, s10);
                s11 = d1.fma(c1, s11);
                q += stride;
            }
            s00.intoArray(sums, sum);
            s01.intoArray(sums, sum + WIDTH);
            s10.intoArray(sums, sum + PANEL);
            s11.intoArray(sums, sum + PANEL + WIDTH);
        }
    }

    private static void products1(float[] c, int at, int stride, float[] rows, int cell, int step, int[] rowAt,
            int count, float[] sums, int to, int sumStep, int panels) {
        for (int u = 0; u < panels * (PANEL / STRIP); u++) {
            int strip = u % (PANEL / STRIP) * STRIP;
            int sum = to + u / (PANEL / STRIP) * sumStep + strip;
            int base = cell + u / (PANEL / STRIP) * step + strip;
            int q = at;
            FloatVector s00 = FloatVector.fromArray(LANES, sums, sum);
            FloatVector s01 = FloatVector.fromArray(LANES, sums, sum + WIDTH);
            for (int j = 0; j < count; j++) {
                int row = base + rowAt[j];
                FloatVector d0 = FloatVector.fromArray(LANES, rows, row);
                FloatVector d1 = FloatVector.fromArray(LANES, rows, row + WIDTH);
                FloatVector c0 = FloatVector.broadcast(LANES, c[q]);
                s00 = d0.fma(c0, s00);
                s01 = d1.fma(c0, s01);
                q += stride;
            }
            s00.intoArray(sums, sum);
            s01.intoArray(sums, sum + WIDTH);
        }
    }
}
