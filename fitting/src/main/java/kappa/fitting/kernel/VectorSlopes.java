package kappa.fitting.kernel;

import static kappa.fitting.kernel.PackedModel.PANEL;
import static kappa.fitting.kernel.VectorKernels.LANES;
import static kappa.fitting.kernel.VectorKernels.WIDTH;
import static kappa.fitting.kernel.VectorPasses.TILE;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import kappa.ingest.recording.Observation;

/**
 * From the adjoint of kappa and a bin's activity to delta, over SIMD lanes: n g, summed over all k in registers, and the slopes
 * of the loss and of phi. A tile is four windows and two vectors of neurons, or one window and four. Currents, whose slope needs
 * x again, find n g in the place of delta. One a thread.
 */
final class VectorSlopes {

    /** A bin's activity of some windows, panel after panel. */
    static final class Activity {
        final float[][] y;
        /** Where a window's first panel stands, and how far it is to the next one. */
        final int[] at;
        final int[] step;

        Activity(int windows) {
            y = new float[windows][];
            at = new int[windows];
            step = new int[windows];
        }
    }

    private final int rank;
    private final int coefficients;
    private final int step;
    private final int sumStep;
    private final float[] scale;
    private final float[] rates;
    private final float[] delta;
    private final float[] sums;

    /**
     * @param coefficients K + S + 1, rows of m, W and b
     * @param step from a panel's numbers to the next panel's, in rates and delta
     * @param scale of each window's loss
     * @param rates phi of the current
     * @param delta dL/dx
     * @param sums [panels, K + S + 1 + K + 1, PANEL] gradients; the last row is that of gain or offset
     */
    VectorSlopes(int rank, int coefficients, int step, float[] scale, float[] rates, float[] delta, float[] sums) {
        this.rank = rank;
        this.coefficients = coefficients;
        this.step = step;
        sumStep = (coefficients + rank + 1) * PANEL;
        this.scale = scale;
        this.rates = rates;
        this.delta = delta;
        this.sums = sums;
    }

    /**
     * Some panels, all windows.
     *
     * @param state kappa, v and 1 of window 0 from {@code stateAt} on, of the next one K + S + 1 later
     * @param sent (alpha/N) g of window 0 from {@code sentAt} on, of the next one K later
     * @param seenPanel the first panel's number in {@code seen}
     * @param ratesAt where window 0 of the first panel stands
     * @param deltaAt likewise; there the part of n g is that is not taken along
     */
    void add(PackedModel model, int firstPanel, int panels, float[] state, int stateAt, float[] sent, int sentAt,
            int windows, Activity seen, int seenPanel, int ratesAt, int deltaAt) {
        float[] p = model.panels();
        int rowStep = model.rows() * PANEL;
        int from = firstPanel * rowStep;
        int sum = firstPanel * sumStep + (coefficients + rank) * PANEL;
        Observation kind = model.model().kind();
        int w = 0;
        while (w < windows) {
            int c = sentAt + w * rank;
            int r = ratesAt + w * PANEL;
            int d = deltaAt + w * PANEL;
            boolean tiled = kind != Observation.CURRENTS && w + TILE <= windows;
            switch (kind) {
                case RATES -> {
                    if (tiled) {
                        rates4(p, from, rowStep, panels, sent, c, w, seen, seenPanel, r, d);
                    } else {
                        rates1(p, from, rowStep, panels, sent, c, w, seen, seenPanel, r, d);
                    }
                }
                case COUNTS -> {
                    if (tiled) {
                        counts4(p, from, rowStep, panels, sent, c, w, seen, seenPanel, r, d, sum);
                    } else {
                        counts1(p, from, rowStep, panels, sent, c, w, seen, seenPanel, r, d, sum);
                    }
                }
                case CURRENTS -> {
                    for (int j = 0; j < panels; j++) {
                        currents(p, from + j * rowStep, state, stateAt + w * coefficients, scale[w], seen.y[w],
                                seen.at[w] + (seenPanel + j) * seen.step[w], r + j * step, d + j * step,
                                sum + j * sumStep);
                    }
                }
            }
            w += tiled ? TILE : 1;
        }
    }

    /**
     * delta = phi' ((alpha/N) n g - f gain (y - gain r - c)) of four windows. Written out, as are the others: calls of small
     * methods count towards what the compiler inlines at most, and beyond that, vectors are boxed.
     */
    private void rates4(float[] p, int from, int rowStep, int panels, float[] c, int at, int w, Activity seen,
            int seenPanel, int ratesAt, int deltaAt) {
        float[] rates = this.rates;
        float[] delta = this.delta;
        int rank = this.rank;
        int n = coefficients * PANEL;
        int observation = n + rank * PANEL;
        FloatVector one = FloatVector.broadcast(LANES, 1f);
        float[] y0 = seen.y[w];
        int y0Step = seen.step[w];
        int y0At = seen.at[w] + seenPanel * y0Step;
        float f0 = scale[w];
        float[] y1 = seen.y[w + 1];
        int y1Step = seen.step[w + 1];
        int y1At = seen.at[w + 1] + seenPanel * y1Step;
        float f1 = scale[w + 1];
        float[] y2 = seen.y[w + 2];
        int y2Step = seen.step[w + 2];
        int y2At = seen.at[w + 2] + seenPanel * y2Step;
        float f2 = scale[w + 2];
        float[] y3 = seen.y[w + 3];
        int y3Step = seen.step[w + 3];
        int y3At = seen.at[w + 3] + seenPanel * y3Step;
        float f3 = scale[w + 3];
        for (int j = 0; j < panels; j++) {
            int row = from + j * rowStep;
            int nRow = row + n;
            int q = at;
            FloatVector d00 = FloatVector.zero(LANES);
            FloatVector d01 = d00;
            FloatVector d10 = d00;
            FloatVector d11 = d00;
            FloatVector d20 = d00;
            FloatVector d21 = d00;
            FloatVector d30 = d00;
            FloatVector d31 = d00;
            for (int k = 0; k < rank; k++) {
                FloatVector n0 = FloatVector.fromArray(LANES, p, nRow);
                FloatVector n1 = FloatVector.fromArray(LANES, p, nRow + WIDTH);
                FloatVector c0 = FloatVector.broadcast(LANES, c[q]);
                d00 = n0.fma(c0, d00);
                d01 = n1.fma(c0, d01);
                FloatVector c1 = FloatVector.broadcast(LANES, c[q + rank]);
                d10 = n0.fma(c1, d10);
                d11 = n1.fma(c1, d11);
                FloatVector c2 = FloatVector.broadcast(LANES, c[q + 2 * rank]);
                d20 = n0.fma(c2, d20);
                d21 = n1.fma(c2, d21);
                FloatVector c3 = FloatVector.broadcast(LANES, c[q + 3 * rank]);
                d30 = n0.fma(c3, d30);
                d31 = n1.fma(c3, d31);
                nRow += PANEL;
                q++;
            }
            int r = ratesAt + j * step;
            int d = deltaAt + j * step;
            FloatVector g0 = FloatVector.fromArray(LANES, p, row + observation);
            FloatVector offset0 = FloatVector.fromArray(LANES, p, row + observation + PANEL);
            FloatVector r00 = FloatVector.fromArray(LANES, rates, r);
            FloatVector e00 = g0.fma(r00, offset0).sub(FloatVector.fromArray(LANES, y0, y0At + j * y0Step));
            e00 = e00.blend(0f, e00.compare(VectorOperators.NE, e00));
            g0.mul(f0).fma(e00, d00).mul(one.sub(r00.mul(r00))).intoArray(delta, d);
            FloatVector r10 = FloatVector.fromArray(LANES, rates, r + PANEL);
            FloatVector e10 = g0.fma(r10, offset0).sub(FloatVector.fromArray(LANES, y1, y1At + j * y1Step));
            e10 = e10.blend(0f, e10.compare(VectorOperators.NE, e10));
            g0.mul(f1).fma(e10, d10).mul(one.sub(r10.mul(r10))).intoArray(delta, d + PANEL);
            FloatVector r20 = FloatVector.fromArray(LANES, rates, r + 2 * PANEL);
            FloatVector e20 = g0.fma(r20, offset0).sub(FloatVector.fromArray(LANES, y2, y2At + j * y2Step));
            e20 = e20.blend(0f, e20.compare(VectorOperators.NE, e20));
            g0.mul(f2).fma(e20, d20).mul(one.sub(r20.mul(r20))).intoArray(delta, d + 2 * PANEL);
            FloatVector r30 = FloatVector.fromArray(LANES, rates, r + 3 * PANEL);
            FloatVector e30 = g0.fma(r30, offset0).sub(FloatVector.fromArray(LANES, y3, y3At + j * y3Step));
            e30 = e30.blend(0f, e30.compare(VectorOperators.NE, e30));
            g0.mul(f3).fma(e30, d30).mul(one.sub(r30.mul(r30))).intoArray(delta, d + 3 * PANEL);
            FloatVector g1 = FloatVector.fromArray(LANES, p, row + observation + WIDTH);
            FloatVector offset1 = FloatVector.fromArray(LANES, p, row + observation + PANEL + WIDTH);
            FloatVector r01 = FloatVector.fromArray(LANES, rates, r + WIDTH);
            FloatVector e01 = g1.fma(r01, offset1).sub(FloatVector.fromArray(LANES, y0, y0At + j * y0Step + WIDTH));
            e01 = e01.blend(0f, e01.compare(VectorOperators.NE, e01));
            g1.mul(f0).fma(e01, d01).mul(one.sub(r01.mul(r01))).intoArray(delta, d + WIDTH);
            FloatVector r11 = FloatVector.fromArray(LANES, rates, r + PANEL + WIDTH);
            FloatVector e11 = g1.fma(r11, offset1).sub(FloatVector.fromArray(LANES, y1, y1At + j * y1Step + WIDTH));
            e11 = e11.blend(0f, e11.compare(VectorOperators.NE, e11));
            g1.mul(f1).fma(e11, d11).mul(one.sub(r11.mul(r11))).intoArray(delta, d + PANEL + WIDTH);
            FloatVector r21 = FloatVector.fromArray(LANES, rates, r + 2 * PANEL + WIDTH);
            FloatVector e21 = g1.fma(r21, offset1).sub(FloatVector.fromArray(LANES, y2, y2At + j * y2Step + WIDTH));
            e21 = e21.blend(0f, e21.compare(VectorOperators.NE, e21));
            g1.mul(f2).fma(e21, d21).mul(one.sub(r21.mul(r21))).intoArray(delta, d + 2 * PANEL + WIDTH);
            FloatVector r31 = FloatVector.fromArray(LANES, rates, r + 3 * PANEL + WIDTH);
            FloatVector e31 = g1.fma(r31, offset1).sub(FloatVector.fromArray(LANES, y3, y3At + j * y3Step + WIDTH));
            e31 = e31.blend(0f, e31.compare(VectorOperators.NE, e31));
            g1.mul(f3).fma(e31, d31).mul(one.sub(r31.mul(r31))).intoArray(delta, d + 3 * PANEL + WIDTH);
        }
    }

    /** As {@link #rates4}, of one window, two panels at a time; a last one without a neighbour is taken twice. */
    private void rates1(float[] p, int from, int rowStep, int panels, float[] c, int at, int w, Activity seen,
            int seenPanel, int ratesAt, int deltaAt) {
        float[] rates = this.rates;
        float[] delta = this.delta;
        int rank = this.rank;
        int n = coefficients * PANEL;
        int observation = n + rank * PANEL;
        FloatVector one = FloatVector.broadcast(LANES, 1f);
        float[] y = seen.y[w];
        int yStep = seen.step[w];
        int yAt = seen.at[w] + seenPanel * yStep;
        float f = scale[w];
        for (int j = 0; j < panels; j += 2) {
            boolean pair = j + 1 < panels;
            int row = from + j * rowStep;
            int otherRow = pair ? row + rowStep : row;
            FloatVector d0 = FloatVector.zero(LANES);
            FloatVector d1 = d0;
            FloatVector d2 = d0;
            FloatVector d3 = d0;
            int nRow = row + n;
            int otherN = otherRow + n;
            for (int k = 0; k < rank; k++) {
                FloatVector c0 = FloatVector.broadcast(LANES, c[at + k]);
                d0 = FloatVector.fromArray(LANES, p, nRow).fma(c0, d0);
                d1 = FloatVector.fromArray(LANES, p, nRow + WIDTH).fma(c0, d1);
                d2 = FloatVector.fromArray(LANES, p, otherN).fma(c0, d2);
                d3 = FloatVector.fromArray(LANES, p, otherN + WIDTH).fma(c0, d3);
                nRow += PANEL;
                otherN += PANEL;
            }
            int r = ratesAt + j * step;
            int otherR = pair ? r + step : r;
            int d = deltaAt + j * step;
            int otherD = pair ? d + step : d;
            int yRow = yAt + j * yStep;
            int otherY = pair ? yRow + yStep : yRow;
            int g = row + observation;
            int otherG = otherRow + observation;
            FloatVector r0 = FloatVector.fromArray(LANES, rates, r);
            FloatVector g0 = FloatVector.fromArray(LANES, p, g);
            FloatVector e0 = g0.fma(r0, FloatVector.fromArray(LANES, p, g + PANEL))
                    .sub(FloatVector.fromArray(LANES, y, yRow));
            e0 = e0.blend(0f, e0.compare(VectorOperators.NE, e0));
            g0.mul(f).fma(e0, d0).mul(one.sub(r0.mul(r0))).intoArray(delta, d);
            FloatVector r1 = FloatVector.fromArray(LANES, rates, r + WIDTH);
            FloatVector g1 = FloatVector.fromArray(LANES, p, g + WIDTH);
            FloatVector e1 = g1.fma(r1, FloatVector.fromArray(LANES, p, g + PANEL + WIDTH))
                    .sub(FloatVector.fromArray(LANES, y, yRow + WIDTH));
            e1 = e1.blend(0f, e1.compare(VectorOperators.NE, e1));
            g1.mul(f).fma(e1, d1).mul(one.sub(r1.mul(r1))).intoArray(delta, d + WIDTH);
            FloatVector r2 = FloatVector.fromArray(LANES, rates, otherR);
            FloatVector g2 = FloatVector.fromArray(LANES, p, otherG);
            FloatVector e2 = g2.fma(r2, FloatVector.fromArray(LANES, p, otherG + PANEL))
                    .sub(FloatVector.fromArray(LANES, y, otherY));
            e2 = e2.blend(0f, e2.compare(VectorOperators.NE, e2));
            g2.mul(f).fma(e2, d2).mul(one.sub(r2.mul(r2))).intoArray(delta, otherD);
            FloatVector r3 = FloatVector.fromArray(LANES, rates, otherR + WIDTH);
            FloatVector g3 = FloatVector.fromArray(LANES, p, otherG + WIDTH);
            FloatVector e3 = g3.fma(r3, FloatVector.fromArray(LANES, p, otherG + PANEL + WIDTH))
                    .sub(FloatVector.fromArray(LANES, y, otherY + WIDTH));
            e3 = e3.blend(0f, e3.compare(VectorOperators.NE, e3));
            g3.mul(f).fma(e3, d3).mul(one.sub(r3.mul(r3))).intoArray(delta, otherD + WIDTH);
        }
    }

    /**
     * delta = (1-r) ((1+r) (alpha/N) n g + gain slope) of four windows, where slope = f (1 + r - y/gain) is also the gain's.
     *
     * @param sum where the first panel's gradient of the gain stands
     */
    private void counts4(float[] p, int from, int rowStep, int panels, float[] c, int at, int w, Activity seen,
            int seenPanel, int ratesAt, int deltaAt, int sum) {
        float[] rates = this.rates;
        float[] delta = this.delta;
        float[] sums = this.sums;
        int rank = this.rank;
        int n = coefficients * PANEL;
        int observation = n + rank * PANEL;
        FloatVector one = FloatVector.broadcast(LANES, 1f);
        float[] y0 = seen.y[w];
        int y0Step = seen.step[w];
        int y0At = seen.at[w] + seenPanel * y0Step;
        float f0 = scale[w];
        float[] y1 = seen.y[w + 1];
        int y1Step = seen.step[w + 1];
        int y1At = seen.at[w + 1] + seenPanel * y1Step;
        float f1 = scale[w + 1];
        float[] y2 = seen.y[w + 2];
        int y2Step = seen.step[w + 2];
        int y2At = seen.at[w + 2] + seenPanel * y2Step;
        float f2 = scale[w + 2];
        float[] y3 = seen.y[w + 3];
        int y3Step = seen.step[w + 3];
        int y3At = seen.at[w + 3] + seenPanel * y3Step;
        float f3 = scale[w + 3];
        for (int j = 0; j < panels; j++) {
            int row = from + j * rowStep;
            int nRow = row + n;
            int q = at;
            FloatVector d00 = FloatVector.zero(LANES);
            FloatVector d01 = d00;
            FloatVector d10 = d00;
            FloatVector d11 = d00;
            FloatVector d20 = d00;
            FloatVector d21 = d00;
            FloatVector d30 = d00;
            FloatVector d31 = d00;
            for (int k = 0; k < rank; k++) {
                FloatVector n0 = FloatVector.fromArray(LANES, p, nRow);
                FloatVector n1 = FloatVector.fromArray(LANES, p, nRow + WIDTH);
                FloatVector c0 = FloatVector.broadcast(LANES, c[q]);
                d00 = n0.fma(c0, d00);
                d01 = n1.fma(c0, d01);
                FloatVector c1 = FloatVector.broadcast(LANES, c[q + rank]);
                d10 = n0.fma(c1, d10);
                d11 = n1.fma(c1, d11);
                FloatVector c2 = FloatVector.broadcast(LANES, c[q + 2 * rank]);
                d20 = n0.fma(c2, d20);
                d21 = n1.fma(c2, d21);
                FloatVector c3 = FloatVector.broadcast(LANES, c[q + 3 * rank]);
                d30 = n0.fma(c3, d30);
                d31 = n1.fma(c3, d31);
                nRow += PANEL;
                q++;
            }
            int r = ratesAt + j * step;
            int d = deltaAt + j * step;
            int to = sum + j * sumStep;
            FloatVector g0 = FloatVector.fromArray(LANES, p, row + observation);
            FloatVector inverse0 = FloatVector.fromArray(LANES, p, row + observation + 2 * PANEL);
            FloatVector slope0 = FloatVector.fromArray(LANES, sums, to);
            FloatVector r00 = FloatVector.fromArray(LANES, rates, r);
            FloatVector h00 = one.add(r00);
            FloatVector e00 = h00.sub(FloatVector.fromArray(LANES, y0, y0At + j * y0Step).mul(inverse0)).mul(f0);
            e00 = e00.blend(0f, e00.compare(VectorOperators.NE, e00));
            slope0 = slope0.add(e00);
            g0.fma(e00, d00.mul(h00)).mul(one.sub(r00)).intoArray(delta, d);
            FloatVector r10 = FloatVector.fromArray(LANES, rates, r + PANEL);
            FloatVector h10 = one.add(r10);
            FloatVector e10 = h10.sub(FloatVector.fromArray(LANES, y1, y1At + j * y1Step).mul(inverse0)).mul(f1);
            e10 = e10.blend(0f, e10.compare(VectorOperators.NE, e10));
            slope0 = slope0.add(e10);
            g0.fma(e10, d10.mul(h10)).mul(one.sub(r10)).intoArray(delta, d + PANEL);
            FloatVector r20 = FloatVector.fromArray(LANES, rates, r + 2 * PANEL);
            FloatVector h20 = one.add(r20);
            FloatVector e20 = h20.sub(FloatVector.fromArray(LANES, y2, y2At + j * y2Step).mul(inverse0)).mul(f2);
            e20 = e20.blend(0f, e20.compare(VectorOperators.NE, e20));
            slope0 = slope0.add(e20);
            g0.fma(e20, d20.mul(h20)).mul(one.sub(r20)).intoArray(delta, d + 2 * PANEL);
            FloatVector r30 = FloatVector.fromArray(LANES, rates, r + 3 * PANEL);
            FloatVector h30 = one.add(r30);
            FloatVector e30 = h30.sub(FloatVector.fromArray(LANES, y3, y3At + j * y3Step).mul(inverse0)).mul(f3);
            e30 = e30.blend(0f, e30.compare(VectorOperators.NE, e30));
            slope0 = slope0.add(e30);
            g0.fma(e30, d30.mul(h30)).mul(one.sub(r30)).intoArray(delta, d + 3 * PANEL);
            slope0.intoArray(sums, to);
            FloatVector g1 = FloatVector.fromArray(LANES, p, row + observation + WIDTH);
            FloatVector inverse1 = FloatVector.fromArray(LANES, p, row + observation + 2 * PANEL + WIDTH);
            FloatVector slope1 = FloatVector.fromArray(LANES, sums, to + WIDTH);
            FloatVector r01 = FloatVector.fromArray(LANES, rates, r + WIDTH);
            FloatVector h01 = one.add(r01);
            FloatVector e01 = h01.sub(FloatVector.fromArray(LANES, y0, y0At + j * y0Step + WIDTH).mul(inverse1))
                    .mul(f0);
            e01 = e01.blend(0f, e01.compare(VectorOperators.NE, e01));
            slope1 = slope1.add(e01);
            g1.fma(e01, d01.mul(h01)).mul(one.sub(r01)).intoArray(delta, d + WIDTH);
            FloatVector r11 = FloatVector.fromArray(LANES, rates, r + PANEL + WIDTH);
            FloatVector h11 = one.add(r11);
            FloatVector e11 = h11.sub(FloatVector.fromArray(LANES, y1, y1At + j * y1Step + WIDTH).mul(inverse1))
                    .mul(f1);
            e11 = e11.blend(0f, e11.compare(VectorOperators.NE, e11));
            slope1 = slope1.add(e11);
            g1.fma(e11, d11.mul(h11)).mul(one.sub(r11)).intoArray(delta, d + PANEL + WIDTH);
            FloatVector r21 = FloatVector.fromArray(LANES, rates, r + 2 * PANEL + WIDTH);
            FloatVector h21 = one.add(r21);
            FloatVector e21 = h21.sub(FloatVector.fromArray(LANES, y2, y2At + j * y2Step + WIDTH).mul(inverse1))
                    .mul(f2);
            e21 = e21.blend(0f, e21.compare(VectorOperators.NE, e21));
            slope1 = slope1.add(e21);
            g1.fma(e21, d21.mul(h21)).mul(one.sub(r21)).intoArray(delta, d + 2 * PANEL + WIDTH);
            FloatVector r31 = FloatVector.fromArray(LANES, rates, r + 3 * PANEL + WIDTH);
            FloatVector h31 = one.add(r31);
            FloatVector e31 = h31.sub(FloatVector.fromArray(LANES, y3, y3At + j * y3Step + WIDTH).mul(inverse1))
                    .mul(f3);
            e31 = e31.blend(0f, e31.compare(VectorOperators.NE, e31));
            slope1 = slope1.add(e31);
            g1.fma(e31, d31.mul(h31)).mul(one.sub(r31)).intoArray(delta, d + 3 * PANEL + WIDTH);
            slope1.intoArray(sums, to + WIDTH);
        }
    }

    /** As {@link #counts4}, of one window, two panels at a time; a last one without a neighbour is taken twice. */
    private void counts1(float[] p, int from, int rowStep, int panels, float[] c, int at, int w, Activity seen,
            int seenPanel, int ratesAt, int deltaAt, int sum) {
        float[] rates = this.rates;
        float[] delta = this.delta;
        float[] sums = this.sums;
        int rank = this.rank;
        int n = coefficients * PANEL;
        int observation = n + rank * PANEL;
        FloatVector one = FloatVector.broadcast(LANES, 1f);
        float[] y = seen.y[w];
        int yStep = seen.step[w];
        int yAt = seen.at[w] + seenPanel * yStep;
        float f = scale[w];
        for (int j = 0; j < panels; j += 2) {
            boolean pair = j + 1 < panels;
            int row = from + j * rowStep;
            int otherRow = pair ? row + rowStep : row;
            FloatVector d0 = FloatVector.zero(LANES);
            FloatVector d1 = d0;
            FloatVector d2 = d0;
            FloatVector d3 = d0;
            int nRow = row + n;
            int otherN = otherRow + n;
            for (int k = 0; k < rank; k++) {
                FloatVector c0 = FloatVector.broadcast(LANES, c[at + k]);
                d0 = FloatVector.fromArray(LANES, p, nRow).fma(c0, d0);
                d1 = FloatVector.fromArray(LANES, p, nRow + WIDTH).fma(c0, d1);
                d2 = FloatVector.fromArray(LANES, p, otherN).fma(c0, d2);
                d3 = FloatVector.fromArray(LANES, p, otherN + WIDTH).fma(c0, d3);
                nRow += PANEL;
                otherN += PANEL;
            }
            int r = ratesAt + j * step;
            int otherR = pair ? r + step : r;
            int d = deltaAt + j * step;
            int otherD = pair ? d + step : d;
            int yRow = yAt + j * yStep;
            int otherY = pair ? yRow + yStep : yRow;
            int g = row + observation;
            int otherG = otherRow + observation;
            int to = sum + j * sumStep;
            int otherTo = pair ? to + sumStep : to;
            FloatVector slope0 = FloatVector.fromArray(LANES, sums, to);
            FloatVector slope1 = FloatVector.fromArray(LANES, sums, to + WIDTH);
            FloatVector slope2 = FloatVector.fromArray(LANES, sums, otherTo);
            FloatVector slope3 = FloatVector.fromArray(LANES, sums, otherTo + WIDTH);
            FloatVector r0 = FloatVector.fromArray(LANES, rates, r);
            FloatVector g0 = FloatVector.fromArray(LANES, p, g);
            FloatVector h0 = one.add(r0);
            FloatVector inverse0 = FloatVector.fromArray(LANES, p, g + 2 * PANEL);
            FloatVector e0 = h0.sub(FloatVector.fromArray(LANES, y, yRow).mul(inverse0)).mul(f);
            e0 = e0.blend(0f, e0.compare(VectorOperators.NE, e0));
            slope0.add(e0).intoArray(sums, to);
            g0.fma(e0, d0.mul(h0)).mul(one.sub(r0)).intoArray(delta, d);
            FloatVector r1 = FloatVector.fromArray(LANES, rates, r + WIDTH);
            FloatVector g1 = FloatVector.fromArray(LANES, p, g + WIDTH);
            FloatVector h1 = one.add(r1);
            FloatVector inverse1 = FloatVector.fromArray(LANES, p, g + 2 * PANEL + WIDTH);
            FloatVector e1 = h1.sub(FloatVector.fromArray(LANES, y, yRow + WIDTH).mul(inverse1)).mul(f);
            e1 = e1.blend(0f, e1.compare(VectorOperators.NE, e1));
            slope1.add(e1).intoArray(sums, to + WIDTH);
            g1.fma(e1, d1.mul(h1)).mul(one.sub(r1)).intoArray(delta, d + WIDTH);
            FloatVector r2 = FloatVector.fromArray(LANES, rates, otherR);
            FloatVector g2 = FloatVector.fromArray(LANES, p, otherG);
            FloatVector h2 = one.add(r2);
            FloatVector inverse2 = FloatVector.fromArray(LANES, p, otherG + 2 * PANEL);
            FloatVector e2 = h2.sub(FloatVector.fromArray(LANES, y, otherY).mul(inverse2)).mul(f);
            e2 = e2.blend(0f, e2.compare(VectorOperators.NE, e2));
            slope2.add(e2).intoArray(sums, otherTo);
            g2.fma(e2, d2.mul(h2)).mul(one.sub(r2)).intoArray(delta, otherD);
            FloatVector r3 = FloatVector.fromArray(LANES, rates, otherR + WIDTH);
            FloatVector g3 = FloatVector.fromArray(LANES, p, otherG + WIDTH);
            FloatVector h3 = one.add(r3);
            FloatVector inverse3 = FloatVector.fromArray(LANES, p, otherG + 2 * PANEL + WIDTH);
            FloatVector e3 = h3.sub(FloatVector.fromArray(LANES, y, otherY + WIDTH).mul(inverse3)).mul(f);
            e3 = e3.blend(0f, e3.compare(VectorOperators.NE, e3));
            slope3.add(e3).intoArray(sums, otherTo + WIDTH);
            g3.fma(e3, d3.mul(h3)).mul(one.sub(r3)).intoArray(delta, otherD + WIDTH);
        }
    }

    /**
     * delta = phi' (alpha/N) n g + gain slope, where slope = -f (y - gain x - c) is also that of the offset, and x the current
     * without the bias.
     */
    private void currents(float[] p, int from, float[] state, int stateAt, float f, float[] seen, int seenAt,
            int ratesAt, int at, int sum) {
        int observation = from + (coefficients + rank) * PANEL;
        for (int i = 0; i < PANEL; i += WIDTH) {
            FloatVector x = FloatVector.zero(LANES);
            for (int q = 0; q < coefficients - 1; q++) {
                x = FloatVector.fromArray(LANES, p, from + q * PANEL + i)
                        .fma(FloatVector.broadcast(LANES, state[stateAt + q]), x);
            }
            FloatVector g = FloatVector.fromArray(LANES, p, observation + i);
            FloatVector c = FloatVector.fromArray(LANES, p, observation + PANEL + i);
            FloatVector y = FloatVector.fromArray(LANES, seen, seenAt + i);
            FloatVector r = FloatVector.fromArray(LANES, rates, ratesAt + i);
            FloatVector any = g.fma(x, c).sub(y).mul(f);
            FloatVector slope = any.blend(0f, any.compare(VectorOperators.NE, any));
            FloatVector.fromArray(LANES, sums, sum + i).add(slope).intoArray(sums, sum + i);
            FloatVector prime = FloatVector.broadcast(LANES, 1f).sub(r.mul(r));
            g.fma(slope, FloatVector.fromArray(LANES, delta, at + i).mul(prime)).intoArray(delta, at + i);
        }
    }
}
