package kappa.fitting.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * Matrix products over SIMD lanes: one lane a column. A block of rows and two vectors of columns keeps its sums in registers
 * over the whole inner dimension: 8 rows with 16 sums where the machine has 32 registers, 6 rows with 12 where it has 16.
 */
final class VectorMatrixKernels implements MatrixKernels {

    private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
    private static final int WIDTH = LANES.length();
    private static final int STRIP = 2 * WIDTH;
    private static final int PANEL = PackedMatrix.PANEL;
    private static final int SHORTEST_WITH_32_REGISTERS = 16;

    VectorMatrixKernels() {
        if (PANEL % STRIP != 0) {
            throw new IllegalStateException(
                    "vectors of " + WIDTH + " floats do not divide a panel of " + PANEL + " columns");
        }
    }

    @Override
    public void multiply(int rows, float[] a, int aAt, int aRow, int aColumn, PackedMatrix b, float[] c, int cAt,
            int cRow, boolean add) {
        int inner = b.rows();
        float[] panels = b.panels();
        for (int column = 0; column < b.columns(); column += STRIP) {
            int from = column / PANEL * inner * PANEL + column % PANEL;
            int width = b.columns() - column;
            int i = 0;
            if (WIDTH >= SHORTEST_WITH_32_REGISTERS) {
                for (; i <= rows - 8; i += 8) {
                    eightRows(inner, a, aAt + i * aRow, aRow, aColumn, panels, from, c, cAt + i * cRow + column, cRow,
                            width, add);
                }
            } else {
                // Eight rows are twice four rather than six and two.
                for (; i <= rows - 6 && i != rows - 8; i += 6) {
                    sixRows(inner, a, aAt + i * aRow, aRow, aColumn, panels, from, c, cAt + i * cRow + column, cRow,
                            width, add);
                }
            }
            for (; i <= rows - 4; i += 4) {
                fourRows(inner, a, aAt + i * aRow, aRow, aColumn, panels, from, c, cAt + i * cRow + column, cRow,
                        width, add);
            }
            for (; i < rows; i++) {
                oneRow(inner, a, aAt + i * aRow, aColumn, panels, from, c, cAt + i * cRow + column, width, add);
            }
        }
    }

    private static void eightRows(int inner, float[] a, int aAt, int aRow, int aColumn, float[] b, int bAt, float[] c,
            int cAt, int cRow, int width, boolean add) {
        FloatVector s00 = FloatVector.zero(LANES);
        FloatVector s01 = s00;
        FloatVector s10 = s00;
        FloatVector s11 = s00;
        FloatVector s20 = s00;
        FloatVector s21 = s00;
        FloatVector s30 = s00;
        FloatVector s31 = s00;
        FloatVector s40 = s00;
        FloatVector s41 = s00;
        FloatVector s50 = s00;
        FloatVector s51 = s00;
        FloatVector s60 = s00;
        FloatVector s61 = s00;
        FloatVector s70 = s00;
        FloatVector s71 = s00;
        int at = aAt;
        int from = bAt;
        for (int k = 0; k < inner; k++) {
            FloatVector b0 = FloatVector.fromArray(LANES, b, from);
            FloatVector b1 = FloatVector.fromArray(LANES, b, from + WIDTH);
            FloatVector a0 = FloatVector.broadcast(LANES, a[at]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(LANES, a[at + aRow]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(LANES, a[at + 2 * aRow]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(LANES, a[at + 3 * aRow]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            FloatVector a4 = FloatVector.broadcast(LANES, a[at + 4 * aRow]);
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
            FloatVector a5 = FloatVector.broadcast(LANES, a[at + 5 * aRow]);
            s50 = a5.fma(b0, s50);
            s51 = a5.fma(b1, s51);
            FloatVector a6 = FloatVector.broadcast(LANES, a[at + 6 * aRow]);
            s60 = a6.fma(b0, s60);
            s61 = a6.fma(b1, s61);
            FloatVector a7 = FloatVector.broadcast(LANES, a[at + 7 * aRow]);
            s70 = a7.fma(b0, s70);
            s71 = a7.fma(b1, s71);
            at += aColumn;
            from += PANEL;
        }
        store(s00, s01, c, cAt, width, add);
        store(s10, s11, c, cAt + cRow, width, add);
        store(s20, s21, c, cAt + 2 * cRow, width, add);
        store(s30, s31, c, cAt + 3 * cRow, width, add);
        store(s40, s41, c, cAt + 4 * cRow, width, add);
        store(s50, s51, c, cAt + 5 * cRow, width, add);
        store(s60, s61, c, cAt + 6 * cRow, width, add);
        store(s70, s71, c, cAt + 7 * cRow, width, add);
    }

    private static void sixRows(int inner, float[] a, int aAt, int aRow, int aColumn, float[] b, int bAt, float[] c,
            int cAt, int cRow, int width, boolean add) {
        FloatVector s00 = FloatVector.zero(LANES);
        FloatVector s01 = s00;
        FloatVector s10 = s00;
        FloatVector s11 = s00;
        FloatVector s20 = s00;
        FloatVector s21 = s00;
        FloatVector s30 = s00;
        FloatVector s31 = s00;
        FloatVector s40 = s00;
        FloatVector s41 = s00;
        FloatVector s50 = s00;
        FloatVector s51 = s00;
        int at = aAt;
        int from = bAt;
        for (int k = 0; k < inner; k++) {
            FloatVector b0 = FloatVector.fromArray(LANES, b, from);
            FloatVector b1 = FloatVector.fromArray(LANES, b, from + WIDTH);
            FloatVector a0 = FloatVector.broadcast(LANES, a[at]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(LANES, a[at + aRow]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(LANES, a[at + 2 * aRow]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(LANES, a[at + 3 * aRow]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            FloatVector a4 = FloatVector.broadcast(LANES, a[at + 4 * aRow]);
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
            FloatVector a5 = FloatVector.broadcast(LANES, a[at + 5 * aRow]);
            s50 = a5.fma(b0, s50);
            s51 = a5.fma(b1, s51);
            at += aColumn;
            from += PANEL;
        }
        store(s00, s01, c, cAt, width, add);
        store(s10, s11, c, cAt + cRow, width, add);
        store(s20, s21, c, cAt + 2 * cRow, width, add);
        store(s30, s31, c, cAt + 3 * cRow, width, add);
        store(s40, s41, c, cAt + 4 * cRow, width, add);
        store(s50, s51, c, cAt + 5 * cRow, width, add);
    }

    private static void fourRows(int inner, float[] a, int aAt, int aRow, int aColumn, float[] b, int bAt, float[] c,
            int cAt, int cRow, int width, boolean add) {
        FloatVector s00 = FloatVector.zero(LANES);
        FloatVector s01 = s00;
        FloatVector s10 = s00;
        FloatVector s11 = s00;
        FloatVector s20 = s00;
        FloatVector s21 = s00;
        FloatVector s30 = s00;
        FloatVector s31 = s00;
        int at = aAt;
        int from = bAt;
        for (int k = 0; k < inner; k++) {
            FloatVector b0 = FloatVector.fromArray(LANES, b, from);
            FloatVector b1 = FloatVector.fromArray(LANES, b, from + WIDTH);
            FloatVector a0 = FloatVector.broadcast(LANES, a[at]);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(LANES, a[at + aRow]);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(LANES, a[at + 2 * aRow]);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(LANES, a[at + 3 * aRow]);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            at += aColumn;
            from += PANEL;
        }
        store(s00, s01, c, cAt, width, add);
        store(s10, s11, c, cAt + cRow, width, add);
        store(s20, s21, c, cAt + 2 * cRow, width, add);
        store(s30, s31, c, cAt + 3 * cRow, width, add);
    }

    private static void oneRow(int inner, float[] a, int aAt, int aColumn, float[] b, int bAt, float[] c, int cAt,
            int width, boolean add) {
        FloatVector s0 = FloatVector.zero(LANES);
        FloatVector s1 = s0;
        int at = aAt;
        int from = bAt;
        for (int k = 0; k < inner; k++) {
            FloatVector a0 = FloatVector.broadcast(LANES, a[at]);
            s0 = a0.fma(FloatVector.fromArray(LANES, b, from), s0);
            s1 = a0.fma(FloatVector.fromArray(LANES, b, from + WIDTH), s1);
            at += aColumn;
            from += PANEL;
        }
        store(s0, s1, c, cAt, width, add);
    }

    /** Two vectors of sums into c, of which {@code width} columns are there. */
    private static void store(FloatVector s0, FloatVector s1, float[] c, int cAt, int width, boolean add) {
        if (width >= STRIP) {
            FloatVector t0 = add ? s0.add(FloatVector.fromArray(LANES, c, cAt)) : s0;
            FloatVector t1 = add ? s1.add(FloatVector.fromArray(LANES, c, cAt + WIDTH)) : s1;
            t0.intoArray(c, cAt);
            t1.intoArray(c, cAt + WIDTH);
        } else {
            storeSome(s0, c, cAt, width, add);
            storeSome(s1, c, cAt + WIDTH, width - WIDTH, add);
        }
    }

    private static void storeSome(FloatVector s, float[] c, int cAt, int width, boolean add) {
        if (width > 0) {
            VectorMask<Float> there = LANES.indexInRange(0, width);
            FloatVector t = add ? s.add(FloatVector.fromArray(LANES, c, cAt, there)) : s;
            t.intoArray(c, cAt, there);
        }
    }

    @Override
    public void advance(int neurons, float decay, float[] x, int xAt, float[] drive, int driveAt, float[] b,
            float[] rates, int ratesAt) {
        int bound = LANES.loopBound(neurons);
        FloatVector keep = FloatVector.broadcast(LANES, decay);
        for (int i = 0; i < bound; i += WIDTH) {
            FloatVector next = FloatVector.fromArray(LANES, x, xAt + i).fma(keep,
                    FloatVector.fromArray(LANES, drive, driveAt + i));
            next.intoArray(x, xAt + i);
            VectorKernels.phi(next.add(FloatVector.fromArray(LANES, b, i))).intoArray(rates, ratesAt + i);
        }
        for (int i = bound; i < neurons; i++) {
            float next = Math.fma(x[xAt + i], decay, drive[driveAt + i]);
            x[xAt + i] = next;
            rates[ratesAt + i] = VectorKernels.phi(next + b[i]);
        }
    }

    @Override
    public void adjoint(int neurons, float decay, float[] rates, int ratesAt, float[] back, int backAt, float[] later,
            int laterAt, float[] now, int nowAt, float[] slopes) {
        int bound = LANES.loopBound(neurons);
        FloatVector keep = FloatVector.broadcast(LANES, decay);
        for (int i = 0; i < bound; i += WIDTH) {
            FloatVector r = FloatVector.fromArray(LANES, rates, ratesAt + i);
            FloatVector slope = r.mul(r).neg().add(1f).mul(FloatVector.fromArray(LANES, back, backAt + i));
            FloatVector.fromArray(LANES, later, laterAt + i).fma(keep, slope).intoArray(now, nowAt + i);
            FloatVector.fromArray(LANES, slopes, i).add(slope).intoArray(slopes, i);
        }
        for (int i = bound; i < neurons; i++) {
            float r = rates[ratesAt + i];
            float slope = (1 - r * r) * back[backAt + i];
            now[nowAt + i] = Math.fma(later[laterAt + i], decay, slope);
            slopes[i] += slope;
        }
    }
}
