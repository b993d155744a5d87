package kappa.fitting.kernel;

import static kappa.fitting.kernel.VectorKernels.LANES;
import static kappa.fitting.kernel.VectorKernels.WIDTH;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.recording.Observation;

/**
 * The sweeps of the filter at one state over SIMD lanes: one lane a neuron. Neurons are taken block by block, and a
 * block step by step: currents, phi, what each neuron contributes, sums over neurons. Between the steps a block's
 * numbers stand in scratch memory that stays in the L1 cache, where rows of m, n and W that are a power of two long
 * displace each other. No step holds more vectors than there are registers. No vector is passed to a method of ours or
 * through a switch, because it would be boxed where the compiler stops inlining.
 *
 * <p>The last vector of neurons ends at the last neuron and overlaps the one before it. Its first lanes are swept twice, to the
 * same result, and are left out of sums over neurons. So there are at least as many neurons as lanes.
 */
final class VectorFilter {

    /** Neurons of a block; a multiple of every vector's length. */
    static final int BLOCK = 512;

    // Rows of scratch memory.
    private static final int CURRENT = 0;
    static final int RATE = BLOCK;
    static final int SCORE = 2 * BLOCK;
    static final int INFO = 3 * BLOCK;
    private static final int LOSS = 4 * BLOCK;
    /** Twelve vectors of sums, lane by lane. */
    static final int SUMS = 5 * BLOCK;

    /** Each lane's number. */
    static final FloatVector INDEX = FloatVector.zero(LANES).addIndex(1);

    private VectorFilter() {}

    /** x = m kappa + W' v + bias b of a block: four vectors at a time, whose sums stay in registers. */
    private static void currents(LowRankNetwork net, float[] kappa, int kappaOffset, float[] v, int vOffset,
            float bias, int from, int count, float[] scratch) {
        int N = net.neurons();
        int K = net.rank();
        int S = net.inputs();
        float[] m = net.m();
        float[] w = net.w();
        float[] b = net.b();
        int j = 0;
        for (; j <= count - 4 * WIDTH; j += 4 * WIDTH) {
            FloatVector x0 = FloatVector.fromArray(LANES, b, from + j).mul(bias);
            FloatVector x1 = FloatVector.fromArray(LANES, b, from + j + WIDTH).mul(bias);
            FloatVector x2 = FloatVector.fromArray(LANES, b, from + j + 2 * WIDTH).mul(bias);
            FloatVector x3 = FloatVector.fromArray(LANES, b, from + j + 3 * WIDTH).mul(bias);
            for (int k = 0; k < K; k++) {
                FloatVector c = FloatVector.broadcast(LANES, kappa[kappaOffset + k]);
                int at = k * N + from + j;
                x0 = FloatVector.fromArray(LANES, m, at).fma(c, x0);
                x1 = FloatVector.fromArray(LANES, m, at + WIDTH).fma(c, x1);
                x2 = FloatVector.fromArray(LANES, m, at + 2 * WIDTH).fma(c, x2);
                x3 = FloatVector.fromArray(LANES, m, at + 3 * WIDTH).fma(c, x3);
            }
            for (int s = 0; s < S; s++) {
                FloatVector c = FloatVector.broadcast(LANES, v[vOffset + s]);
                int at = s * N + from + j;
                x0 = FloatVector.fromArray(LANES, w, at).fma(c, x0);
                x1 = FloatVector.fromArray(LANES, w, at + WIDTH).fma(c, x1);
                x2 = FloatVector.fromArray(LANES, w, at + 2 * WIDTH).fma(c, x2);
                x3 = FloatVector.fromArray(LANES, w, at + 3 * WIDTH).fma(c, x3);
            }
            x0.intoArray(scratch, CURRENT + j);
            x1.intoArray(scratch, CURRENT + j + WIDTH);
            x2.intoArray(scratch, CURRENT + j + 2 * WIDTH);
            x3.intoArray(scratch, CURRENT + j + 3 * WIDTH);
        }
        for (; j < count; j += WIDTH) {
            int at = Math.min(from + j, N - WIDTH);
            FloatVector x = FloatVector.fromArray(LANES, b, at).mul(bias);
            for (int k = 0; k < K; k++) {
                x = FloatVector.fromArray(LANES, m, k * N + at)
                        .fma(FloatVector.broadcast(LANES, kappa[kappaOffset + k]), x);
            }
            for (int s = 0; s < S; s++) {
                x = FloatVector.fromArray(LANES, w, s * N + at).fma(FloatVector.broadcast(LANES, v[vOffset + s]), x);
            }
            x.intoArray(scratch, CURRENT + j);
        }
    }

    /** x + b of a block and r = phi(x + b); or for currents, which are observed without the bias, x alone. */
    private static void observed(KernelModel model, float[] kappa, int kappaOffset, float[] v, int vOffset, int from,
            int count, float[] scratch) {
        boolean currents = model.kind() == Observation.CURRENTS;
        currents(model.network(), kappa, kappaOffset, v, vOffset, currents ? 0f : 1f, from, count, scratch);
        if (!currents) {
            VectorFunctions.phi(scratch, CURRENT, scratch, RATE, count);
        }
    }

    /** What each neuron of a block sends to others: phi(x + b), or x + b where dynamics are linear. */
    private static void sent(KernelModel model, float[] kappa, int kappaOffset, float[] v, int vOffset, int from,
            int count, float[] scratch) {
        currents(model.network(), kappa, kappaOffset, v, vOffset, 1f, from, count, scratch);
        if (model.linearDynamics()) {
            System.arraycopy(scratch, CURRENT, scratch, RATE, BLOCK);
        } else {
            VectorFunctions.phi(scratch, CURRENT, scratch, RATE, count);
        }
    }

    /** Nothing is added up twice: zeroes the first lanes of the last vector of a row, those that the one before it holds. */
    private static void clearOverlap(int count, float[] scratch, int row) {
        int beyond = -count & (WIDTH - 1);
        if (beyond > 0) {
            int lastVector = row + count + beyond - WIDTH;
            Arrays.fill(scratch, lastVector, lastVector + beyond, 0f);
        }
    }

    /** See {@link RnnKernels#rates}. */
    static void rates(LowRankNetwork net, float[] kappa, float[] v, int vOffset, float[] rates, float[] scratch) {
        int N = net.neurons();
        for (int from = 0; from < N; from += BLOCK) {
            int count = Math.min(BLOCK, N - from);
            currents(net, kappa, 0, v, vOffset, 1f, from, count, scratch);
            VectorFunctions.phi(scratch, CURRENT, scratch, RATE, count);
            for (int j = 0; j < count; j += WIDTH) {
                FloatVector.fromArray(LANES, scratch, RATE + j).intoArray(rates, Math.min(from + j, N - WIDTH));
            }
        }
    }

    /** See {@link RnnKernels#rollout}. */
    static void rollout(KernelModel model, float[] v, int vOffset, int bins, float[] kappa, int kappaOffset,
            float[] scratch) {
        LowRankNetwork net = model.network();
        int N = net.neurons();
        int K = net.rank();
        float decay = (float) (1 - net.alpha());
        double step = net.alpha() * LowRankNetwork.connectivityScale(N);
        for (int t = 0; t < bins; t++) {
            int row = kappaOffset + t * K;
            for (int k = 0; k < K; k++) {
                kappa[row + K + k] = decay * kappa[row + k];
            }
            for (int from = 0; from < N; from += BLOCK) {
                int count = Math.min(BLOCK, N - from);
                sent(model, kappa, row, v, vOffset + t * net.inputs(), from, count, scratch);
                clearOverlap(count, scratch, RATE);
                for (int k = 0; k < K; k += 4) {
                    dots(net.n(), k, K - 1, N, from, count, scratch);
                    for (int j = k; j < Math.min(k + 4, K); j++) {
                        kappa[row + K + j] += (float) (step * overLanes(scratch, j - k));
                    }
                }
            }
        }
    }

    /** Sums sum_i a_ki r_i of a block for k and the next three. */
    private static void dots(float[] a, int k, int last, int N, int from, int count, float[] scratch) {
        int second = Math.min(k + 1, last) * N;
        int third = Math.min(k + 2, last) * N;
        int fourth = Math.min(k + 3, last) * N;
        FloatVector s0 = FloatVector.zero(LANES);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        for (int j = 0; j < count; j += WIDTH) {
            int at = Math.min(from + j, N - WIDTH);
            FloatVector r = FloatVector.fromArray(LANES, scratch, RATE + j);
            s0 = FloatVector.fromArray(LANES, a, k * N + at).fma(r, s0);
            s1 = FloatVector.fromArray(LANES, a, second + at).fma(r, s1);
            s2 = FloatVector.fromArray(LANES, a, third + at).fma(r, s2);
            s3 = FloatVector.fromArray(LANES, a, fourth + at).fma(r, s3);
        }
        s0.intoArray(scratch, SUMS);
        s1.intoArray(scratch, SUMS + WIDTH);
        s2.intoArray(scratch, SUMS + 2 * WIDTH);
        s3.intoArray(scratch, SUMS + 3 * WIDTH);
    }

    /**
     * See {@link RnnKernels#recurrent}.
     *
     * @param kept where what is sent is kept from {@code keptAt} on, whole vectors; or null
     */
    static void recurrent(KernelModel model, float[] kappa, float[] v, int vOffset, double[] drive, double[] slope,
            float[] scratch, float[] kept, int keptAt) {
        LowRankNetwork net = model.network();
        int N = net.neurons();
        int K = net.rank();
        Arrays.fill(drive, 0);
        Arrays.fill(slope, 0);
        for (int from = 0; from < N; from += BLOCK) {
            int count = Math.min(BLOCK, N - from);
            sent(model, kappa, 0, v, vOffset, from, count, scratch);
            if (kept != null) {
                System.arraycopy(scratch, RATE, kept, keptAt + from, roundUp(count));
            }
            slopes(model.linearDynamics() ? 0f : -1f, count, scratch);
            clearOverlap(count, scratch, RATE);
            clearOverlap(count, scratch, INFO);
            products(net.n(), net.m(), K, false, N, from, count, RATE, scratch, drive, slope);
        }
        double scale = LowRankNetwork.connectivityScale(N);
        for (int k = 0; k < K; k++) {
            drive[k] *= scale;
            for (int l = 0; l < K; l++) {
                slope[k * K + l] *= scale;
            }
        }
    }

    /** Whole vectors. */
    static int roundUp(int count) {
        return count + WIDTH - 1 & -WIDTH;
    }

    /** phi' = 1 - r^2, or 1 where {@code bend} is 0, in the place of info. */
    private static void slopes(float bend, int count, float[] scratch) {
        for (int j = 0; j < count; j += WIDTH) {
            FloatVector r = FloatVector.fromArray(LANES, scratch, RATE + j);
            r.mul(r).mul(bend).add(1f).intoArray(scratch, INFO + j);
        }
    }

    /**
     * Of a block, adds sum_i a_ki plain_i to {@code plainSums[k]} and sum_i a_ki info_i m_li to {@code infoSums[k * K + l]}, for
     * all l or for l up to k: three k and l at a time, so that twelve sums are in registers.
     */
    private static void products(float[] a, float[] m, int K, boolean triangle, int N, int from, int count, int plain,
            float[] scratch, double[] plainSums, double[] infoSums) {
        for (int k = 0; k < K; k += 3) {
            int rows = Math.min(3, K - k);
            for (int l = 0; l < (triangle ? k + 1 : K); l += 3) {
                tile(a, k, m, l, K - 1, N, from, count, plain, scratch);
                for (int i = 0; i < rows; i++) {
                    if (l == 0) {
                        plainSums[k + i] += overLanes(scratch, i);
                    }
                    for (int j = 0; j < Math.min(3, (triangle ? k + i + 1 : K) - l); j++) {
                        infoSums[(k + i) * K + l + j] += overLanes(scratch, 3 + 3 * i + j);
                    }
                }
            }
        }
    }

    /** Three sums with what is plain and nine with info, lane by lane. Rows beyond the last are the last again. */
    private static void tile(float[] a, int k, float[] m, int l, int last, int N, int from, int count, int plain,
            float[] scratch) {
        int k0 = k * N;
        int k1 = Math.min(k + 1, last) * N;
        int k2 = Math.min(k + 2, last) * N;
        int l0 = l * N;
        int l1 = Math.min(l + 1, last) * N;
        int l2 = Math.min(l + 2, last) * N;
        FloatVector plain0 = FloatVector.zero(LANES);
        FloatVector plain1 = plain0;
        FloatVector plain2 = plain0;
        FloatVector s00 = plain0;
        FloatVector s01 = plain0;
        FloatVector s02 = plain0;
        FloatVector s10 = plain0;
        FloatVector s11 = plain0;
        FloatVector s12 = plain0;
        FloatVector s20 = plain0;
        FloatVector s21 = plain0;
        FloatVector s22 = plain0;
        for (int j = 0; j < count; j += WIDTH) {
            int at = Math.min(from + j, N - WIDTH);
            FloatVector a0 = FloatVector.fromArray(LANES, a, k0 + at);
            FloatVector a1 = FloatVector.fromArray(LANES, a, k1 + at);
            FloatVector a2 = FloatVector.fromArray(LANES, a, k2 + at);
            FloatVector p = FloatVector.fromArray(LANES, scratch, plain + j);
            plain0 = a0.fma(p, plain0);
            plain1 = a1.fma(p, plain1);
            plain2 = a2.fma(p, plain2);
            FloatVector info = FloatVector.fromArray(LANES, scratch, INFO + j);
            FloatVector m0 = FloatVector.fromArray(LANES, m, l0 + at).mul(info);
            FloatVector m1 = FloatVector.fromArray(LANES, m, l1 + at).mul(info);
            FloatVector m2 = FloatVector.fromArray(LANES, m, l2 + at).mul(info);
            s00 = a0.fma(m0, s00);
            s01 = a0.fma(m1, s01);
            s02 = a0.fma(m2, s02);
            s10 = a1.fma(m0, s10);
            s11 = a1.fma(m1, s11);
            s12 = a1.fma(m2, s12);
            s20 = a2.fma(m0, s20);
            s21 = a2.fma(m1, s21);
            s22 = a2.fma(m2, s22);
        }
        plain0.intoArray(scratch, SUMS);
        plain1.intoArray(scratch, SUMS + WIDTH);
        plain2.intoArray(scratch, SUMS + 2 * WIDTH);
        s00.intoArray(scratch, SUMS + 3 * WIDTH);
        s01.intoArray(scratch, SUMS + 4 * WIDTH);
        s02.intoArray(scratch, SUMS + 5 * WIDTH);
        s10.intoArray(scratch, SUMS + 6 * WIDTH);
        s11.intoArray(scratch, SUMS + 7 * WIDTH);
        s12.intoArray(scratch, SUMS + 8 * WIDTH);
        s20.intoArray(scratch, SUMS + 9 * WIDTH);
        s21.intoArray(scratch, SUMS + 10 * WIDTH);
        s22.intoArray(scratch, SUMS + 11 * WIDTH);
    }

    /** Sum over the lanes of one of the vectors of sums. */
    static double overLanes(float[] scratch, int vector) {
        double sum = 0;
        for (int j = 0; j < WIDTH; j++) {
            sum += scratch[SUMS + vector * WIDTH + j];
        }
        return sum;
    }

    /**
     * See {@link RnnKernels#observe} and {@link RnnKernels#observeAndScore}.
     *
     * @param kept where rates, or currents where they are observed, are kept from {@code keptAt} on, whole vectors; or null
     * @return the loss, or 0 where it is not wanted
     */
    static double observe(KernelModel model, float[] y, int yOffset, float[] kappa, float[] v, int vOffset,
            double[] mScore, double[] mInfo, boolean wantsLoss, float[] scratch, float[] kept, int keptAt) {
        LowRankNetwork net = model.network();
        int N = net.neurons();
        int K = net.rank();
        Arrays.fill(mScore, 0);
        Arrays.fill(mInfo, 0);
        double loss = 0;
        for (int from = 0; from < N; from += BLOCK) {
            int count = Math.min(BLOCK, N - from);
            observed(model, kappa, 0, v, vOffset, from, count, scratch);
            if (kept != null) {
                int row = model.kind() == Observation.CURRENTS ? CURRENT : RATE;
                System.arraycopy(scratch, row, kept, keptAt + from, roundUp(count));
            }
            switch (model.kind()) {
                case COUNTS -> counts(model, y, yOffset, from, count, scratch);
                case RATES -> rates(model, y, yOffset, from, count, scratch);
                case CURRENTS -> currents(model, y, yOffset, from, count, scratch);
            }
            clearOverlap(count, scratch, SCORE);
            clearOverlap(count, scratch, INFO);
            products(net.m(), net.m(), K, true, N, from, count, SCORE, scratch, mScore, mInfo);
            if (wantsLoss) {
                loss += loss(model, y, yOffset, from, count, scratch);
            }
        }
        for (int k = 0; k < K; k++) {
            for (int l = 0; l < k; l++) {
                mInfo[l * K + k] = mInfo[k * K + l];
            }
        }
        return loss;
    }

    /** Score and info of a block of counts. */
    private static void counts(KernelModel model, float[] y, int yOffset, int from, int count, float[] scratch) {
        int last = model.network().neurons() - WIDTH;
        float[] gain = model.gain();
        for (int j = 0; j < count; j += WIDTH) {
            int at = Math.min(from + j, last);
            FloatVector seen = FloatVector.fromArray(LANES, y, yOffset + at);
            VectorMask<Float> missing = seen.test(VectorOperators.IS_NAN);
            FloatVector r = FloatVector.fromArray(LANES, scratch, RATE + j);
            FloatVector low = r.neg().add(1f);
            FloatVector rate = r.add(1f).mul(FloatVector.fromArray(LANES, gain, at));
            seen.sub(rate).mul(low).blend(0f, missing).intoArray(scratch, SCORE + j);
            rate.mul(low).mul(low).blend(0f, missing).intoArray(scratch, INFO + j);
        }
    }

    /** Score and info of a block of rates. */
    private static void rates(KernelModel model, float[] y, int yOffset, int from, int count, float[] scratch) {
        int last = model.network().neurons() - WIDTH;
        float[] gain = model.gain();
        float[] offset = model.offset();
        float[] noise = model.noise();
        for (int j = 0; j < count; j += WIDTH) {
            int at = Math.min(from + j, last);
            FloatVector seen = FloatVector.fromArray(LANES, y, yOffset + at);
            VectorMask<Float> missing = seen.test(VectorOperators.IS_NAN);
            FloatVector r = FloatVector.fromArray(LANES, scratch, RATE + j);
            FloatVector g = FloatVector.fromArray(LANES, gain, at);
            FloatVector slope = r.mul(r).neg().add(1f).mul(g);
            FloatVector weight = slope.div(FloatVector.fromArray(LANES, noise, at));
            FloatVector error = seen.sub(g.mul(r)).sub(FloatVector.fromArray(LANES, offset, at));
            weight.mul(error).blend(0f, missing).intoArray(scratch, SCORE + j);
            weight.mul(slope).blend(0f, missing).intoArray(scratch, INFO + j);
        }
    }

    /** Score and info of a block of currents. */
    private static void currents(KernelModel model, float[] y, int yOffset, int from, int count, float[] scratch) {
        int last = model.network().neurons() - WIDTH;
        float[] gain = model.gain();
        float[] offset = model.offset();
        float[] noise = model.noise();
        for (int j = 0; j < count; j += WIDTH) {
            int at = Math.min(from + j, last);
            FloatVector seen = FloatVector.fromArray(LANES, y, yOffset + at);
            VectorMask<Float> missing = seen.test(VectorOperators.IS_NAN);
            FloatVector g = FloatVector.fromArray(LANES, gain, at);
            FloatVector weight = g.div(FloatVector.fromArray(LANES, noise, at));
            FloatVector error = seen.sub(g.mul(FloatVector.fromArray(LANES, scratch, CURRENT + j)))
                    .sub(FloatVector.fromArray(LANES, offset, at));
            weight.mul(error).blend(0f, missing).intoArray(scratch, SCORE + j);
            weight.mul(g).blend(0f, missing).intoArray(scratch, INFO + j);
        }
    }

    /** See {@link RnnKernels#loss}. */
    static double loss(KernelModel model, float[] y, int yOffset, float[] kappa, int kappaOffset, float[] v,
            int vOffset, float[] scratch) {
        LowRankNetwork net = model.network();
        int N = net.neurons();
        double loss = 0;
        for (int from = 0; from < N; from += BLOCK) {
            int count = Math.min(BLOCK, N - from);
            observed(model, kappa, kappaOffset, v, vOffset, from, count, scratch);
            loss += loss(model, y, yOffset, from, count, scratch);
        }
        return loss;
    }

    /** Loss of a block whose state is in scratch memory. */
    private static double loss(KernelModel model, float[] y, int yOffset, int from, int count, float[] scratch) {
        if (model.kind() == Observation.COUNTS) {
            countLosses(model, y, yOffset, from, count, scratch);
        } else {
            errors(model, y, yOffset, from, count, scratch);
            square(count, scratch);
        }
        clearOverlap(count, scratch, LOSS);
        FloatVector sum = FloatVector.zero(LANES);
        for (int j = 0; j < count; j += WIDTH) {
            sum = sum.add(FloatVector.fromArray(LANES, scratch, LOSS + j));
        }
        sum.intoArray(scratch, SUMS);
        return overLanes(scratch, 0);
    }

    private static void square(int count, float[] scratch) {
        for (int j = 0; j < count; j += WIDTH) {
            FloatVector error = FloatVector.fromArray(LANES, scratch, LOSS + j);
            error.mul(error).intoArray(scratch, LOSS + j);
        }
    }

    /** g (1 + r) - y log(g (1 + r)) of each neuron of a block, with log(1 + r) = log 2 - log(1 + exp(-2 (x + b))). */
    private static void countLosses(KernelModel model, float[] y, int yOffset, int from, int count, float[] scratch) {
        VectorFunctions.softplus(scratch, CURRENT, -2f, scratch, LOSS, count);
        int last = model.network().neurons() - WIDTH;
        float[] gain = model.gain();
        float[] logTwiceGain = model.map().logTwiceGain();
        for (int j = 0; j < count; j += WIDTH) {
            int at = Math.min(from + j, last);
            FloatVector seen = FloatVector.fromArray(LANES, y, yOffset + at);
            VectorMask<Float> missing = seen.test(VectorOperators.IS_NAN);
            FloatVector rate = FloatVector.fromArray(LANES, scratch, RATE + j).add(1f)
                    .mul(FloatVector.fromArray(LANES, gain, at));
            FloatVector minusLog = FloatVector.fromArray(LANES, scratch, LOSS + j)
                    .sub(FloatVector.fromArray(LANES, logTwiceGain, at));
            seen.fma(minusLog, rate).blend(0f, missing).intoArray(scratch, LOSS + j);
        }
    }

    /** y - prediction of each neuron of a block of rates or currents. */
    private static void errors(KernelModel model, float[] y, int yOffset, int from, int count, float[] scratch) {
        int row = model.kind() == Observation.CURRENTS ? CURRENT : RATE;
        int last = model.network().neurons() - WIDTH;
        float[] gain = model.gain();
        float[] offset = model.offset();
        for (int j = 0; j < count; j += WIDTH) {
            int at = Math.min(from + j, last);
            FloatVector seen = FloatVector.fromArray(LANES, y, yOffset + at);
            VectorMask<Float> missing = seen.test(VectorOperators.IS_NAN);
            FloatVector value = FloatVector.fromArray(LANES, scratch, row + j);
            seen.sub(value.mul(FloatVector.fromArray(LANES, gain, at))).sub(FloatVector.fromArray(LANES, offset, at))
                    .blend(0f, missing).intoArray(scratch, LOSS + j);
        }
    }

    /** See {@link RnnKernels#squaredErrors}. */
    static void squaredErrors(KernelModel model, float[] y, int yOffset, float[] kappa, int kappaOffset, float[] v,
            int vOffset, double[] squares, double[] observed, float[] scratch) {
        LowRankNetwork net = model.network();
        int N = net.neurons();
        for (int from = 0; from < N; from += BLOCK) {
            int count = Math.min(BLOCK, N - from);
            observed(model, kappa, kappaOffset, v, vOffset, from, count, scratch);
            errors(model, y, yOffset, from, count, scratch);
            for (int j = 0; j < count; j++) {
                // Where lanes overlap, the last vector begins before its place.
                int i = from + j;
                int slot = LOSS + j + (j >= (count & -WIDTH) ? -count & (WIDTH - 1) : 0);
                double error = scratch[slot];
                squares[i] += error * error;
                observed[i] += Float.isNaN(y[yOffset + i]) ? 0 : 1;
            }
        }
    }

    /** See {@link RnnKernels#followGains}. */
    static double followGains(float[] y, int yOffset, float[] rate, float decay, float prior, float[] seen,
            float[] predicted, float[] factors, float[] scratch) {
        int N = factors.length;
        double change = 0;
        for (int from = 0; from < N; from += BLOCK) {
            int count = Math.min(BLOCK, N - from);
            for (int j = 0; j < count; j += WIDTH) {
                FloatVector.fromArray(LANES, factors, Math.min(from + j, N - WIDTH)).intoArray(scratch, SCORE + j);
            }
            VectorFunctions.log(scratch, SCORE, scratch, INFO, count);
            followGains(y, yOffset, rate, decay, prior, seen, predicted, factors, from, count, scratch);
            change += overLanes(scratch, 0);
        }
        return change;
    }

    /** A block, the logarithms of whose factors are in scratch memory. */
    private static void followGains(float[] y, int yOffset, float[] rate, float decay, float prior, float[] seen,
            float[] predicted, float[] factors, int from, int count, float[] scratch) {
        int last = factors.length - WIDTH;
        FloatVector change = FloatVector.zero(LANES);
        for (int j = 0; j < count; j += WIDTH) {
            int at = Math.min(from + j, last);
            FloatVector number = FloatVector.fromArray(LANES, y, yOffset + at);
            FloatVector expected = FloatVector.fromArray(LANES, rate, at);
            FloatVector factor = FloatVector.fromArray(LANES, factors, at);
            FloatVector seenSum = FloatVector.fromArray(LANES, seen, at);
            FloatVector predictedSum = FloatVector.fromArray(LANES, predicted, at);
            // The lanes that overlap have learnt already.
            VectorMask<Float> missing = number.test(VectorOperators.IS_NAN).or(INDEX.lt(from + j - at));
            FloatVector gained = factor.sub(1f).mul(expected)
                    .sub(number.mul(FloatVector.fromArray(LANES, scratch, INFO + j)));
            change = change.add(gained.blend(0f, missing));
            FloatVector newSeen = seenSum.add(number).mul(decay).blend(seenSum, missing);
            FloatVector newPredicted = predictedSum.add(expected).mul(decay).blend(predictedSum, missing);
            newSeen.intoArray(seen, at);
            newPredicted.intoArray(predicted, at);
            newSeen.add(prior).div(newPredicted.add(prior)).intoArray(factors, at);
        }
        change.intoArray(scratch, SUMS);
    }
}
