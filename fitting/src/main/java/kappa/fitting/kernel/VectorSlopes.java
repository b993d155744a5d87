package kappa.fitting.kernel;

import static kappa.fitting.kernel.PackedModel.PANEL;
import static kappa.fitting.kernel.VectorKernels.LANES;
import static kappa.fitting.kernel.VectorKernels.WIDTH;
import static kappa.fitting.kernel.VectorPasses.TILE;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import kappa.ingest.recording.Observation;

/**
 * From the adjoint of kappa and a bin's activity to delta, over SIMD lanes: the slope of the loss and of phi, together with what
 * stands before and after it, n g and m' delta, for the first two k. Delta then is loaded and stored once, which is what the
 * time of a backward sweep depends on; all k at once would need more registers than there are. Currents, whose slope needs x
 * again, take no k along. One a thread.
 */
final class VectorSlopes {

    /** Rows of n and m that are taken along. */
    private static final int ROWS = 2;

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
    private final float[] lanes;

    /**
     * @param coefficients K + S + 1, rows of m, W and b
     * @param step from a panel's numbers to the next panel's, in rates and delta
     * @param scale of each window's loss
     * @param rates phi of the current
     * @param delta dL/dx
     * @param sums [panels, K + S + 1 + K + 1, PANEL] gradients; the last row is that of gain or offset
     * @param lanes [windows, K, WIDTH] m' delta, lane by lane
     */
    VectorSlopes(int rank, int coefficients, int step, float[] scale, float[] rates, float[] delta, float[] sums,
            float[] lanes) {
        this.rank = rank;
        this.coefficients = coefficients;
        this.step = step;
        sumStep = (coefficients + rank + 1) * PANEL;
        this.scale = scale;
        this.rates = rates;
        this.delta = delta;
        this.sums = sums;
        this.lanes = lanes;
    }

    /** How many k are taken along, if there are as many. */
    static int rowsTaken(Observation kind) {
        return kind == Observation.CURRENTS ? 0 : ROWS;
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
        float[] lanes = this.lanes;
        int n = coefficients * PANEL;
        int observation = n + rank * PANEL;
        boolean pair = rank > 1;
        boolean more = rank > 2;
        int second = pair ? PANEL : 0;
        FloatVector one = FloatVector.broadcast(LANES, 1f);
        float[] y0 = seen.y[w];
        int y0Step = seen.step[w];
        int y0At = seen.at[w] + seenPanel * y0Step;
        FloatVector f0 = FloatVector.broadcast(LANES, scale[w]);
        FloatVector c00 = FloatVector.broadcast(LANES, c[at]);
        FloatVector c01 = FloatVector.broadcast(LANES, pair ? c[at + 1] : 0f);
        int lane0 = w * rank * WIDTH;
        FloatVector s00 = FloatVector.fromArray(LANES, lanes, lane0);
        FloatVector s01 = FloatVector.fromArray(LANES, lanes, pair ? lane0 + WIDTH : lane0);
        float[] y1 = seen.y[w + 1];
        int y1Step = seen.step[w + 1];
        int y1At = seen.at[w + 1] + seenPanel * y1Step;
        FloatVector f1 = FloatVector.broadcast(LANES, scale[w + 1]);
        FloatVector c10 = FloatVector.broadcast(LANES, c[at + rank]);
        FloatVector c11 = FloatVector.broadcast(LANES, pair ? c[at + rank + 1] : 0f);
        int lane1 = (w + 1) * rank * WIDTH;
        FloatVector s10 = FloatVector.fromArray(LANES, lanes, lane1);
        FloatVector s11 = FloatVector.fromArray(LANES, lanes, pair ? lane1 + WIDTH : lane1);
        float[] y2 = seen.y[w + 2];
        int y2Step = seen.step[w + 2];
        int y2At = seen.at[w + 2] + seenPanel * y2Step;
        FloatVector f2 = FloatVector.broadcast(LANES, scale[w + 2]);
        FloatVector c20 = FloatVector.broadcast(LANES, c[at + 2 * rank]);
        FloatVector c21 = FloatVector.broadcast(LANES, pair ? c[at + 2 * rank + 1] : 0f);
        int lane2 = (w + 2) * rank * WIDTH;
        FloatVector s20 = FloatVector.fromArray(LANES, lanes, lane2);
        FloatVector s21 = FloatVector.fromArray(LANES, lanes, pair ? lane2 + WIDTH : lane2);
        float[] y3 = seen.y[w + 3];
        int y3Step = seen.step[w + 3];
        int y3At = seen.at[w + 3] + seenPanel * y3Step;
        FloatVector f3 = FloatVector.broadcast(LANES, scale[w + 3]);
        FloatVector c30 = FloatVector.broadcast(LANES, c[at + 3 * rank]);
        FloatVector c31 = FloatVector.broadcast(LANES, pair ? c[at + 3 * rank + 1] : 0f);
        int lane3 = (w + 3) * rank * WIDTH;
        FloatVector s30 = FloatVector.fromArray(LANES, lanes, lane3);
        FloatVector s31 = FloatVector.fromArray(LANES, lanes, pair ? lane3 + WIDTH : lane3);
        for (int j = 0; j < panels; j++) {
            for (int i = 0; i < PANEL; i += WIDTH) {
                int row = from + j * rowStep + i;
                int r = ratesAt + j * step + i;
                int d = deltaAt + j * step + i;
                FloatVector n0 = FloatVector.fromArray(LANES, p, row + n);
                FloatVector n1 = FloatVector.fromArray(LANES, p, row + n + second);
                FloatVector m0 = FloatVector.fromArray(LANES, p, row);
                FloatVector m1 = FloatVector.fromArray(LANES, p, row + second);
                FloatVector g = FloatVector.fromArray(LANES, p, row + observation);
                FloatVector offset = FloatVector.fromArray(LANES, p, row + observation + PANEL);
                FloatVector a0 = FloatVector.fromArray(LANES, y0, y0At + j * y0Step + i);
                FloatVector r0 = FloatVector.fromArray(LANES, rates, r);
                FloatVector x0 = n1.fma(c01, n0.mul(c00));
                if (more) {
                    x0 = x0.add(FloatVector.fromArray(LANES, delta, d));
                }
                FloatVector e0 = g.fma(r0, offset).sub(a0);
                e0 = e0.blend(0f, e0.compare(VectorOperators.NE, e0));
                FloatVector d0 = g.mul(f0).fma(e0, x0).mul(one.sub(r0.mul(r0)));
                d0.intoArray(delta, d);
                s00 = m0.fma(d0, s00);
                s01 = m1.fma(d0, s01);
                FloatVector a1 = FloatVector.fromArray(LANES, y1, y1At + j * y1Step + i);
                FloatVector r1 = FloatVector.fromArray(LANES, rates, r + PANEL);
                FloatVector x1 = n1.fma(c11, n0.mul(c10));
                if (more) {
                    x1 = x1.add(FloatVector.fromArray(LANES, delta, d + PANEL));
                }
                FloatVector e1 = g.fma(r1, offset).sub(a1);
                e1 = e1.blend(0f, e1.compare(VectorOperators.NE, e1));
                FloatVector d1 = g.mul(f1).fma(e1, x1).mul(one.sub(r1.mul(r1)));
                d1.intoArray(delta, d + PANEL);
                s10 = m0.fma(d1, s10);
                s11 = m1.fma(d1, s11);
                FloatVector a2 = FloatVector.fromArray(LANES, y2, y2At + j * y2Step + i);
                FloatVector r2 = FloatVector.fromArray(LANES, rates, r + 2 * PANEL);
                FloatVector x2 = n1.fma(c21, n0.mul(c20));
                if (more) {
                    x2 = x2.add(FloatVector.fromArray(LANES, delta, d + 2 * PANEL));
                }
                FloatVector e2 = g.fma(r2, offset).sub(a2);
                e2 = e2.blend(0f, e2.compare(VectorOperators.NE, e2));
                FloatVector d2 = g.mul(f2).fma(e2, x2).mul(one.sub(r2.mul(r2)));
                d2.intoArray(delta, d + 2 * PANEL);
                s20 = m0.fma(d2, s20);
                s21 = m1.fma(d2, s21);
                FloatVector a3 = FloatVector.fromArray(LANES, y3, y3At + j * y3Step + i);
                FloatVector r3 = FloatVector.fromArray(LANES, rates, r + 3 * PANEL);
                FloatVector x3 = n1.fma(c31, n0.mul(c30));
                if (more) {
                    x3 = x3.add(FloatVector.fromArray(LANES, delta, d + 3 * PANEL));
                }
                FloatVector e3 = g.fma(r3, offset).sub(a3);
                e3 = e3.blend(0f, e3.compare(VectorOperators.NE, e3));
                FloatVector d3 = g.mul(f3).fma(e3, x3).mul(one.sub(r3.mul(r3)));
                d3.intoArray(delta, d + 3 * PANEL);
                s30 = m0.fma(d3, s30);
                s31 = m1.fma(d3, s31);
            }
        }
        s00.intoArray(lanes, lane0);
        s10.intoArray(lanes, lane1);
        s20.intoArray(lanes, lane2);
        s30.intoArray(lanes, lane3);
        if (pair) {
            s01.intoArray(lanes, lane0 + WIDTH);
            s11.intoArray(lanes, lane1 + WIDTH);
            s21.intoArray(lanes, lane2 + WIDTH);
            s31.intoArray(lanes, lane3 + WIDTH);
        }
    }

    /** As {@link #rates4}, of one window. */
    private void rates1(float[] p, int from, int rowStep, int panels, float[] c, int at, int w, Activity seen,
            int seenPanel, int ratesAt, int deltaAt) {
        float[] rates = this.rates;
        float[] delta = this.delta;
        float[] lanes = this.lanes;
        int n = coefficients * PANEL;
        int observation = n + rank * PANEL;
        boolean pair = rank > 1;
        boolean more = rank > 2;
        int second = pair ? PANEL : 0;
        FloatVector one = FloatVector.broadcast(LANES, 1f);
        float[] y0 = seen.y[w];
        int y0Step = seen.step[w];
        int y0At = seen.at[w] + seenPanel * y0Step;
        FloatVector f0 = FloatVector.broadcast(LANES, scale[w]);
        FloatVector c00 = FloatVector.broadcast(LANES, c[at]);
        FloatVector c01 = FloatVector.broadcast(LANES, pair ? c[at + 1] : 0f);
        int lane0 = w * rank * WIDTH;
        FloatVector s00 = FloatVector.fromArray(LANES, lanes, lane0);
        FloatVector s01 = FloatVector.fromArray(LANES, lanes, pair ? lane0 + WIDTH : lane0);
        for (int j = 0; j < panels; j++) {
            for (int i = 0; i < PANEL; i += WIDTH) {
                int row = from + j * rowStep + i;
                int r = ratesAt + j * step + i;
                int d = deltaAt + j * step + i;
                FloatVector n0 = FloatVector.fromArray(LANES, p, row + n);
                FloatVector n1 = FloatVector.fromArray(LANES, p, row + n + second);
                FloatVector m0 = FloatVector.fromArray(LANES, p, row);
                FloatVector m1 = FloatVector.fromArray(LANES, p, row + second);
                FloatVector g = FloatVector.fromArray(LANES, p, row + observation);
                FloatVector offset = FloatVector.fromArray(LANES, p, row + observation + PANEL);
                FloatVector a0 = FloatVector.fromArray(LANES, y0, y0At + j * y0Step + i);
                FloatVector r0 = FloatVector.fromArray(LANES, rates, r);
                FloatVector x0 = n1.fma(c01, n0.mul(c00));
                if (more) {
                    x0 = x0.add(FloatVector.fromArray(LANES, delta, d));
                }
                FloatVector e0 = g.fma(r0, offset).sub(a0);
                e0 = e0.blend(0f, e0.compare(VectorOperators.NE, e0));
                FloatVector d0 = g.mul(f0).fma(e0, x0).mul(one.sub(r0.mul(r0)));
                d0.intoArray(delta, d);
                s00 = m0.fma(d0, s00);
                s01 = m1.fma(d0, s01);
            }
        }
        s00.intoArray(lanes, lane0);
        if (pair) {
            s01.intoArray(lanes, lane0 + WIDTH);
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
        float[] lanes = this.lanes;
        float[] sums = this.sums;
        int n = coefficients * PANEL;
        int observation = n + rank * PANEL;
        boolean pair = rank > 1;
        boolean more = rank > 2;
        int second = pair ? PANEL : 0;
        FloatVector one = FloatVector.broadcast(LANES, 1f);
        float[] y0 = seen.y[w];
        int y0Step = seen.step[w];
        int y0At = seen.at[w] + seenPanel * y0Step;
        FloatVector f0 = FloatVector.broadcast(LANES, scale[w]);
        FloatVector c00 = FloatVector.broadcast(LANES, c[at]);
        FloatVector c01 = FloatVector.broadcast(LANES, pair ? c[at + 1] : 0f);
        int lane0 = w * rank * WIDTH;
        FloatVector s00 = FloatVector.fromArray(LANES, lanes, lane0);
        FloatVector s01 = FloatVector.fromArray(LANES, lanes, pair ? lane0 + WIDTH : lane0);
        float[] y1 = seen.y[w + 1];
        int y1Step = seen.step[w + 1];
        int y1At = seen.at[w + 1] + seenPanel * y1Step;
        FloatVector f1 = FloatVector.broadcast(LANES, scale[w + 1]);
        FloatVector c10 = FloatVector.broadcast(LANES, c[at + rank]);
        FloatVector c11 = FloatVector.broadcast(LANES, pair ? c[at + rank + 1] : 0f);
        int lane1 = (w + 1) * rank * WIDTH;
        FloatVector s10 = FloatVector.fromArray(LANES, lanes, lane1);
        FloatVector s11 = FloatVector.fromArray(LANES, lanes, pair ? lane1 + WIDTH : lane1);
        float[] y2 = seen.y[w + 2];
        int y2Step = seen.step[w + 2];
        int y2At = seen.at[w + 2] + seenPanel * y2Step;
        FloatVector f2 = FloatVector.broadcast(LANES, scale[w + 2]);
        FloatVector c20 = FloatVector.broadcast(LANES, c[at + 2 * rank]);
        FloatVector c21 = FloatVector.broadcast(LANES, pair ? c[at + 2 * rank + 1] : 0f);
        int lane2 = (w + 2) * rank * WIDTH;
        FloatVector s20 = FloatVector.fromArray(LANES, lanes, lane2);
        FloatVector s21 = FloatVector.fromArray(LANES, lanes, pair ? lane2 + WIDTH : lane2);
        float[] y3 = seen.y[w + 3];
        int y3Step = seen.step[w + 3];
        int y3At = seen.at[w + 3] + seenPanel * y3Step;
        FloatVector f3 = FloatVector.broadcast(LANES, scale[w + 3]);
        FloatVector c30 = FloatVector.broadcast(LANES, c[at + 3 * rank]);
        FloatVector c31 = FloatVector.broadcast(LANES, pair ? c[at + 3 * rank + 1] : 0f);
        int lane3 = (w + 3) * rank * WIDTH;
        FloatVector s30 = FloatVector.fromArray(LANES, lanes, lane3);
        FloatVector s31 = FloatVector.fromArray(LANES, lanes, pair ? lane3 + WIDTH : lane3);
        for (int j = 0; j < panels; j++) {
            for (int i = 0; i < PANEL; i += WIDTH) {
                int row = from + j * rowStep + i;
                int r = ratesAt + j * step + i;
                int d = deltaAt + j * step + i;
                FloatVector n0 = FloatVector.fromArray(LANES, p, row + n);
                FloatVector n1 = FloatVector.fromArray(LANES, p, row + n + second);
                FloatVector m0 = FloatVector.fromArray(LANES, p, row);
                FloatVector m1 = FloatVector.fromArray(LANES, p, row + second);
                FloatVector g = FloatVector.fromArray(LANES, p, row + observation);
                FloatVector inverse = FloatVector.fromArray(LANES, p, row + observation + 2 * PANEL);
                int to = sum + j * sumStep + i;
                FloatVector slopes = FloatVector.fromArray(LANES, sums, to);
                FloatVector a0 = FloatVector.fromArray(LANES, y0, y0At + j * y0Step + i);
                FloatVector r0 = FloatVector.fromArray(LANES, rates, r);
                FloatVector x0 = n1.fma(c01, n0.mul(c00));
                if (more) {
                    x0 = x0.add(FloatVector.fromArray(LANES, delta, d));
                }
                FloatVector h0 = one.add(r0);
                FloatVector e0 = h0.sub(a0.mul(inverse)).mul(f0);
                e0 = e0.blend(0f, e0.compare(VectorOperators.NE, e0));
                slopes = slopes.add(e0);
                FloatVector d0 = g.fma(e0, x0.mul(h0)).mul(one.sub(r0));
                d0.intoArray(delta, d);
                s00 = m0.fma(d0, s00);
                s01 = m1.fma(d0, s01);
                FloatVector a1 = FloatVector.fromArray(LANES, y1, y1At + j * y1Step + i);
                FloatVector r1 = FloatVector.fromArray(LANES, rates, r + PANEL);
                FloatVector x1 = n1.fma(c11, n0.mul(c10));
                if (more) {
                    x1 = x1.add(FloatVector.fromArray(LANES, delta, d + PANEL));
                }
                FloatVector h1 = one.add(r1);
                FloatVector e1 = h1.sub(a1.mul(inverse)).mul(f1);
                e1 = e1.blend(0f, e1.compare(VectorOperators.NE, e1));
                slopes = slopes.add(e1);
                FloatVector d1 = g.fma(e1, x1.mul(h1)).mul(one.sub(r1));
                d1.intoArray(delta, d + PANEL);
                s10 = m0.fma(d1, s10);
                s11 = m1.fma(d1, s11);
                FloatVector a2 = FloatVector.fromArray(LANES, y2, y2At + j * y2Step + i);
                FloatVector r2 = FloatVector.fromArray(LANES, rates, r + 2 * PANEL);
                FloatVector x2 = n1.fma(c21, n0.mul(c20));
                if (more) {
                    x2 = x2.add(FloatVector.fromArray(LANES, delta, d + 2 * PANEL));
                }
                FloatVector h2 = one.add(r2);
                FloatVector e2 = h2.sub(a2.mul(inverse)).mul(f2);
                e2 = e2.blend(0f, e2.compare(VectorOperators.NE, e2));
                slopes = slopes.add(e2);
                FloatVector d2 = g.fma(e2, x2.mul(h2)).mul(one.sub(r2));
                d2.intoArray(delta, d + 2 * PANEL);
                s20 = m0.fma(d2, s20);
                s21 = m1.fma(d2, s21);
                FloatVector a3 = FloatVector.fromArray(LANES, y3, y3At + j * y3Step + i);
                FloatVector r3 = FloatVector.fromArray(LANES, rates, r + 3 * PANEL);
                FloatVector x3 = n1.fma(c31, n0.mul(c30));
                if (more) {
                    x3 = x3.add(FloatVector.fromArray(LANES, delta, d + 3 * PANEL));
                }
                FloatVector h3 = one.add(r3);
                FloatVector e3 = h3.sub(a3.mul(inverse)).mul(f3);
                e3 = e3.blend(0f, e3.compare(VectorOperators.NE, e3));
                slopes = slopes.add(e3);
                FloatVector d3 = g.fma(e3, x3.mul(h3)).mul(one.sub(r3));
                d3.intoArray(delta, d + 3 * PANEL);
                s30 = m0.fma(d3, s30);
                s31 = m1.fma(d3, s31);
                slopes.intoArray(sums, to);
            }
        }
        s00.intoArray(lanes, lane0);
        s10.intoArray(lanes, lane1);
        s20.intoArray(lanes, lane2);
        s30.intoArray(lanes, lane3);
        if (pair) {
            s01.intoArray(lanes, lane0 + WIDTH);
            s11.intoArray(lanes, lane1 + WIDTH);
            s21.intoArray(lanes, lane2 + WIDTH);
            s31.intoArray(lanes, lane3 + WIDTH);
        }
    }

    /** As {@link #counts4}, of one window. */
    private void counts1(float[] p, int from, int rowStep, int panels, float[] c, int at, int w, Activity seen,
            int seenPanel, int ratesAt, int deltaAt, int sum) {
        float[] rates = this.rates;
        float[] delta = this.delta;
        float[] lanes = this.lanes;
        float[] sums = this.sums;
        int n = coefficients * PANEL;
        int observation = n + rank * PANEL;
        boolean pair = rank > 1;
        boolean more = rank > 2;
        int second = pair ? PANEL : 0;
        FloatVector one = FloatVector.broadcast(LANES, 1f);
        float[] y0 = seen.y[w];
        int y0Step = seen.step[w];
        int y0At = seen.at[w] + seenPanel * y0Step;
        FloatVector f0 = FloatVector.broadcast(LANES, scale[w]);
        FloatVector c00 = FloatVector.broadcast(LANES, c[at]);
        FloatVector c01 = FloatVector.broadcast(LANES, pair ? c[at + 1] : 0f);
        int lane0 = w * rank * WIDTH;
        FloatVector s00 = FloatVector.fromArray(LANES, lanes, lane0);
        FloatVector s01 = FloatVector.fromArray(LANES, lanes, pair ? lane0 + WIDTH : lane0);
        for (int j = 0; j < panels; j++) {
            for (int i = 0; i < PANEL; i += WIDTH) {
                int row = from + j * rowStep + i;
                int r = ratesAt + j * step + i;
                int d = deltaAt + j * step + i;
                FloatVector n0 = FloatVector.fromArray(LANES, p, row + n);
                FloatVector n1 = FloatVector.fromArray(LANES, p, row + n + second);
                FloatVector m0 = FloatVector.fromArray(LANES, p, row);
                FloatVector m1 = FloatVector.fromArray(LANES, p, row + second);
                FloatVector g = FloatVector.fromArray(LANES, p, row + observation);
                FloatVector inverse = FloatVector.fromArray(LANES, p, row + observation + 2 * PANEL);
                int to = sum + j * sumStep + i;
                FloatVector slopes = FloatVector.fromArray(LANES, sums, to);
                FloatVector a0 = FloatVector.fromArray(LANES, y0, y0At + j * y0Step + i);
                FloatVector r0 = FloatVector.fromArray(LANES, rates, r);
                FloatVector x0 = n1.fma(c01, n0.mul(c00));
                if (more) {
                    x0 = x0.add(FloatVector.fromArray(LANES, delta, d));
                }
                FloatVector h0 = one.add(r0);
                FloatVector e0 = h0.sub(a0.mul(inverse)).mul(f0);
                e0 = e0.blend(0f, e0.compare(VectorOperators.NE, e0));
                slopes = slopes.add(e0);
                FloatVector d0 = g.fma(e0, x0.mul(h0)).mul(one.sub(r0));
                d0.intoArray(delta, d);
                s00 = m0.fma(d0, s00);
                s01 = m1.fma(d0, s01);
                slopes.intoArray(sums, to);
            }
        }
        s00.intoArray(lanes, lane0);
        if (pair) {
            s01.intoArray(lanes, lane0 + WIDTH);
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
