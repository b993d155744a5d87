package kappa.fitting.kernel;

import static kappa.fitting.kernel.PackedModel.PANEL;
import static kappa.fitting.kernel.VectorKernels.LANES;
import static kappa.fitting.kernel.VectorKernels.WIDTH;

import jdk.incubator.vector.FloatVector;

/**
 * The small matrix products of a window's sweep over SIMD lanes, on panels of neurons: rows of the model times coefficients,
 * rows times rates or delta summed over neurons, and kept rows times coefficients summed over bins. Each holds eight sums or
 * fewer in registers, which 16 registers have room for beside what is multiplied.
 *
 * <p>The order of a sum over rows depends on their number only.
 */
final class VectorPasses {

    /** Windows that are swept at once. */
    static final int TILE = 4;

    private VectorPasses() {}

    /**
     * out_w = sum_j row_j c_w,j of {@value #TILE} windows, over panels; and the row after these, where it is wanted.
     *
     * @param p the model's panels, row 0 of the first one from {@code from} on, the next panel {@code rowStep} later
     * @param withNext whether the next row is added as it is
     * @param c coefficients of window 0 from {@code at} on, of the next one {@code stride} later
     * @param out a panel's numbers of window 0 from {@code cell} on, of the next window a panel's length later, of the next
     *        panel {@code step} later
     */
    static void combine(float[] p, int from, int rowStep, int panels, int count, boolean withNext, float[] c, int at,
            int stride, float[] out, int cell, int step) {
        for (int panel = 0; panel < panels; panel++) {
            int row = from + panel * rowStep;
            int next = row + count * PANEL;
            FloatVector x00 = withNext ? FloatVector.fromArray(LANES, p, next) : FloatVector.zero(LANES);
            FloatVector x01 = withNext ? FloatVector.fromArray(LANES, p, next + WIDTH) : FloatVector.zero(LANES);
            FloatVector x10 = x00;
            FloatVector x11 = x01;
            FloatVector x20 = x00;
            FloatVector x21 = x01;
            FloatVector x30 = x00;
            FloatVector x31 = x01;
            int q = at;
            for (int j = 0; j < count; j++) {
                FloatVector p0 = FloatVector.fromArray(LANES, p, row);
                FloatVector p1 = FloatVector.fromArray(LANES, p, row + WIDTH);
                FloatVector c0 = FloatVector.broadcast(LANES, c[q]);
                x00 = p0.fma(c0, x00);
                x01 = p1.fma(c0, x01);
                FloatVector c1 = FloatVector.broadcast(LANES, c[q + stride]);
                x10 = p0.fma(c1, x10);
                x11 = p1.fma(c1, x11);
                FloatVector c2 = FloatVector.broadcast(LANES, c[q + 2 * stride]);
                x20 = p0.fma(c2, x20);
                x21 = p1.fma(c2, x21);
                FloatVector c3 = FloatVector.broadcast(LANES, c[q + 3 * stride]);
                x30 = p0.fma(c3, x30);
                x31 = p1.fma(c3, x31);
                row += PANEL;
                q++;
            }
            int to = cell + panel * step;
            x00.intoArray(out, to);
            x01.intoArray(out, to + WIDTH);
            x10.intoArray(out, to + PANEL);
            x11.intoArray(out, to + PANEL + WIDTH);
            x20.intoArray(out, to + 2 * PANEL);
            x21.intoArray(out, to + 2 * PANEL + WIDTH);
            x30.intoArray(out, to + 3 * PANEL);
            x31.intoArray(out, to + 3 * PANEL + WIDTH);
        }
    }

    /** As {@link #combine}, for one window, two panels at a time; a last one without a neighbour is taken twice. */
    static void combineOne(float[] p, int from, int rowStep, int panels, int count, boolean withNext, float[] c,
            int at, float[] out, int cell, int step) {
        for (int panel = 0; panel < panels; panel += 2) {
            boolean pair = panel + 1 < panels;
            int row = from + panel * rowStep;
            int other = pair ? row + rowStep : row;
            int next = row + count * PANEL;
            int otherNext = other + count * PANEL;
            FloatVector x0 = withNext ? FloatVector.fromArray(LANES, p, next) : FloatVector.zero(LANES);
            FloatVector x1 = withNext ? FloatVector.fromArray(LANES, p, next + WIDTH) : FloatVector.zero(LANES);
            FloatVector x2 = withNext ? FloatVector.fromArray(LANES, p, otherNext) : FloatVector.zero(LANES);
            FloatVector x3 = withNext ? FloatVector.fromArray(LANES, p, otherNext + WIDTH) : FloatVector.zero(LANES);
            for (int j = 0; j < count; j++) {
                FloatVector c0 = FloatVector.broadcast(LANES, c[at + j]);
                x0 = FloatVector.fromArray(LANES, p, row).fma(c0, x0);
                x1 = FloatVector.fromArray(LANES, p, row + WIDTH).fma(c0, x1);
                x2 = FloatVector.fromArray(LANES, p, other).fma(c0, x2);
                x3 = FloatVector.fromArray(LANES, p, other + WIDTH).fma(c0, x3);
                row += PANEL;
                other += PANEL;
            }
            int to = cell + panel * step;
            int otherTo = pair ? to + step : to;
            x0.intoArray(out, to);
            x1.intoArray(out, to + WIDTH);
            x2.intoArray(out, otherTo);
            x3.intoArray(out, otherTo + WIDTH);
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

    /** Two rows, one window, two panels at a time: each sum waits for its addition before. */
    private static void project12(float[] p, int from, int rowStep, int panels, float[] x, int at, int step,
            float[] lanes, int lane) {
        FloatVector s00 = FloatVector.fromArray(LANES, lanes, lane);
        FloatVector s01 = FloatVector.zero(LANES);
        FloatVector s02 = FloatVector.zero(LANES);
        FloatVector s03 = FloatVector.zero(LANES);
        FloatVector s10 = FloatVector.fromArray(LANES, lanes, lane + WIDTH);
        FloatVector s11 = FloatVector.zero(LANES);
        FloatVector s12 = FloatVector.zero(LANES);
        FloatVector s13 = FloatVector.zero(LANES);
        int j = 0;
        for (; j + 1 < panels; j += 2) {
            int row = from + j * rowStep;
            int to = at + j * step;
            FloatVector x0 = FloatVector.fromArray(LANES, x, to);
            s00 = FloatVector.fromArray(LANES, p, row).fma(x0, s00);
            s10 = FloatVector.fromArray(LANES, p, row + PANEL).fma(x0, s10);
            FloatVector x1 = FloatVector.fromArray(LANES, x, to + WIDTH);
            s01 = FloatVector.fromArray(LANES, p, row + WIDTH).fma(x1, s01);
            s11 = FloatVector.fromArray(LANES, p, row + PANEL + WIDTH).fma(x1, s11);
            FloatVector x2 = FloatVector.fromArray(LANES, x, to + step);
            s02 = FloatVector.fromArray(LANES, p, row + rowStep).fma(x2, s02);
            s12 = FloatVector.fromArray(LANES, p, row + PANEL + rowStep).fma(x2, s12);
            FloatVector x3 = FloatVector.fromArray(LANES, x, to + step + WIDTH);
            s03 = FloatVector.fromArray(LANES, p, row + rowStep + WIDTH).fma(x3, s03);
            s13 = FloatVector.fromArray(LANES, p, row + PANEL + rowStep + WIDTH).fma(x3, s13);
        }
        if (j < panels) {
            int row = from + j * rowStep;
            int to = at + j * step;
            FloatVector x0 = FloatVector.fromArray(LANES, x, to);
            s00 = FloatVector.fromArray(LANES, p, row).fma(x0, s00);
            s10 = FloatVector.fromArray(LANES, p, row + PANEL).fma(x0, s10);
            FloatVector x1 = FloatVector.fromArray(LANES, x, to + WIDTH);
            s01 = FloatVector.fromArray(LANES, p, row + WIDTH).fma(x1, s01);
            s11 = FloatVector.fromArray(LANES, p, row + PANEL + WIDTH).fma(x1, s11);
        }
        s00.add(s01).add(s02.add(s03)).intoArray(lanes, lane);
        s10.add(s11).add(s12.add(s13)).intoArray(lanes, lane + WIDTH);
    }

    /** One row, one window, two panels at a time: each sum waits for its addition before. */
    private static void project11(float[] p, int from, int rowStep, int panels, float[] x, int at, int step,
            float[] lanes, int lane) {
        FloatVector s00 = FloatVector.fromArray(LANES, lanes, lane);
        FloatVector s01 = FloatVector.zero(LANES);
        FloatVector s02 = FloatVector.zero(LANES);
        FloatVector s03 = FloatVector.zero(LANES);
        int j = 0;
        for (; j + 1 < panels; j += 2) {
            int row = from + j * rowStep;
            int to = at + j * step;
            FloatVector x0 = FloatVector.fromArray(LANES, x, to);
            s00 = FloatVector.fromArray(LANES, p, row).fma(x0, s00);
            FloatVector x1 = FloatVector.fromArray(LANES, x, to + WIDTH);
            s01 = FloatVector.fromArray(LANES, p, row + WIDTH).fma(x1, s01);
            FloatVector x2 = FloatVector.fromArray(LANES, x, to + step);
            s02 = FloatVector.fromArray(LANES, p, row + rowStep).fma(x2, s02);
            FloatVector x3 = FloatVector.fromArray(LANES, x, to + step + WIDTH);
            s03 = FloatVector.fromArray(LANES, p, row + rowStep + WIDTH).fma(x3, s03);
        }
        if (j < panels) {
            int row = from + j * rowStep;
            int to = at + j * step;
            FloatVector x0 = FloatVector.fromArray(LANES, x, to);
            s00 = FloatVector.fromArray(LANES, p, row).fma(x0, s00);
            FloatVector x1 = FloatVector.fromArray(LANES, x, to + WIDTH);
            s01 = FloatVector.fromArray(LANES, p, row + WIDTH).fma(x1, s01);
        }
        s00.add(s01).add(s02.add(s03)).intoArray(lanes, lane);
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
        for (int panel = 0; panel < panels; panel++) {
            int sum = to + panel * sumStep;
            int base = cell + panel * step;
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
        for (int panel = 0; panel < panels; panel++) {
            int sum = to + panel * sumStep;
            int base = cell + panel * step;
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
        for (int panel = 0; panel < panels; panel++) {
            int sum = to + panel * sumStep;
            int base = cell + panel * step;
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
