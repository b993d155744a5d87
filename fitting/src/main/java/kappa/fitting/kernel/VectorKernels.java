package kappa.fitting.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import kappa.fitting.network.LowRankNetwork;

/**
 * The kernels over SIMD lanes: one lane a neuron, sums over neurons in float lanes.
 *
 * <p>Each sweep walks the neurons once; what does not fill a vector at the end is done by scalar code with the same
 * formulas. phi is a rational approximation of tanh, x P(x^2) / Q(x^2), with an error of 2e-8 before rounding and 3.3e-7 after
 * it (fitted by linearised least squares with Lawson weights), constant from 7.9 on, where tanh is 1 - 2.7e-7 and rounding
 * cannot yet carry beyond 1. Linear dynamics, which are there to be compared with, are left to the
 * scalar kernels.
 */
final class VectorKernels implements RnnKernels {

    static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
    static final int WIDTH = LANES.length();

    private static final float LIMIT = 7.9f;
    private static final float P0 = 0.9999999f;
    private static final float P1 = 0.13373193f;
    private static final float P2 = 0.0034865767f;
    private static final float P3 = 2.0471742e-05f;
    private static final float P4 = 1.3184099e-08f;
    private static final float Q1 = 0.46706492f;
    private static final float Q2 = 0.025841959f;
    private static final float Q3 = 0.00032713768f;
    private static final float Q4 = 7.7026124e-07f;

    private static final VectorShuffle<Float> BY_32 = VectorShuffle.iota(LANES, 32, 1, true);
    private static final VectorShuffle<Float> BY_16 = VectorShuffle.iota(LANES, 16, 1, true);
    private static final VectorShuffle<Float> BY_8 = VectorShuffle.iota(LANES, 8, 1, true);
    private static final VectorShuffle<Float> BY_4 = VectorShuffle.iota(LANES, 4, 1, true);
    private static final VectorShuffle<Float> BY_2 = VectorShuffle.iota(LANES, 2, 1, true);
    private static final VectorShuffle<Float> BY_1 = VectorShuffle.iota(LANES, 1, 1, true);

    private final ScalarKernels scalar = new ScalarKernels();

    static int lanes() {
        return WIDTH;
    }

    /**
     * Sum over the lanes, halves first. Not {@code reduceLanes}, whose order is the compiler's: a sum would change by a bit
     * when a method goes from the interpreter to compiled code, and a fit must not depend on when that happens.
     */
    static float sum(FloatVector lanes) {
        FloatVector folded = lanes;
        if (WIDTH > 32) {
            folded = folded.add(folded.rearrange(BY_32));
        }
        if (WIDTH > 16) {
            folded = folded.add(folded.rearrange(BY_16));
        }
        if (WIDTH > 8) {
            folded = folded.add(folded.rearrange(BY_8));
        }
        if (WIDTH > 4) {
            folded = folded.add(folded.rearrange(BY_4));
        }
        if (WIDTH > 2) {
            folded = folded.add(folded.rearrange(BY_2));
        }
        return folded.add(folded.rearrange(BY_1)).lane(0);
    }

    /** Limits by comparing, since the lanes' min and max, which must tell -0 from 0, cost as much as the rest. */
    static FloatVector phi(FloatVector x) {
        FloatVector low = x.blend(-LIMIT, x.compare(VectorOperators.LT, -LIMIT));
        FloatVector z = low.blend(LIMIT, low.compare(VectorOperators.GT, LIMIT));
        FloatVector s = z.mul(z);
        FloatVector p = s.mul(P4).add(P3).fma(s, s.broadcast(P2)).fma(s, s.broadcast(P1)).fma(s, s.broadcast(P0));
        FloatVector q = s.mul(Q4).add(Q3).fma(s, s.broadcast(Q2)).fma(s, s.broadcast(Q1)).fma(s, s.broadcast(1f));
        return z.mul(p).div(q);
    }

    static float phi(float x) {
        float z = Math.clamp(x, -LIMIT, LIMIT);
        float s = z * z;
        float p = Math.fma(Math.fma(Math.fma(s * P4 + P3, s, P2), s, P1), s, P0);
        float q = Math.fma(Math.fma(Math.fma(s * Q4 + Q3, s, Q2), s, Q1), s, 1f);
        return z * p / q;
    }

    private static float softplus(float x) {
        return Math.max(x, 0f) + (float) Math.log1p(Math.exp(-Math.abs(x)));
    }

    /** Sum of rows: sum_k coefficients[k] * rows[k * N + i], on top of {@code sum}. Kept small, so that it is inlined. */
    static FloatVector combine(FloatVector sum, float[] rows, int N, int i, float[] coefficients, int offset,
            int count) {
        for (int k = 0; k < count; k++) {
            sum = FloatVector.fromArray(LANES, rows, k * N + i).fma(
                    FloatVector.broadcast(LANES, coefficients[offset + k]),
                    sum);
        }
        return sum;
    }

    static float combine(float sum, float[] rows, int N, int i, float[] coefficients, int offset, int count) {
        for (int k = 0; k < count; k++) {
            sum = Math.fma(rows[k * N + i], coefficients[offset + k], sum);
        }
        return sum;
    }

    /** x = m kappa + W' v. */
    static FloatVector current(LowRankNetwork net, int i, float[] kappa, int kappaOffset, float[] v,
            int vOffset) {
        int N = net.neurons();
        FloatVector x = combine(FloatVector.zero(LANES), net.m(), N, i, kappa, kappaOffset, net.rank());
        return combine(x, net.w(), N, i, v, vOffset, net.inputs());
    }

    static float current1(LowRankNetwork net, int i, float[] kappa, int kappaOffset, float[] v, int vOffset) {
        int N = net.neurons();
        return combine(combine(0f, net.m(), N, i, kappa, kappaOffset, net.rank()), net.w(), N, i, v, vOffset,
                net.inputs());
    }

    /** r = phi(x + b) of every neuron. */
    static void rates(LowRankNetwork net, float[] kappa, int kappaOffset, float[] v, int vOffset, float[] rates,
            int ratesOffset) {
        int N = net.neurons();
        int bound = LANES.loopBound(N);
        for (int i = 0; i < bound; i += WIDTH) {
            FloatVector x = current(net, i, kappa, kappaOffset, v, vOffset);
            phi(x.add(FloatVector.fromArray(LANES, net.b(), i))).intoArray(rates, ratesOffset + i);
        }
        for (int i = bound; i < N; i++) {
            rates[ratesOffset + i] = phi(current1(net, i, kappa, kappaOffset, v, vOffset) + net.b()[i]);
        }
    }

    /** sum_i a[aOffset + i] b[bOffset + i]. */
    static float dot(float[] a, int aOffset, float[] b, int bOffset, int N) {
        FloatVector s0 = FloatVector.zero(LANES);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        int i = 0;
        for (; i <= N - 4 * WIDTH; i += 4 * WIDTH) {
            s0 = product(a, aOffset + i, b, bOffset + i, s0);
            s1 = product(a, aOffset + i + WIDTH, b, bOffset + i + WIDTH, s1);
            s2 = product(a, aOffset + i + 2 * WIDTH, b, bOffset + i + 2 * WIDTH, s2);
            s3 = product(a, aOffset + i + 3 * WIDTH, b, bOffset + i + 3 * WIDTH, s3);
        }
        for (; i <= N - WIDTH; i += WIDTH) {
            s0 = product(a, aOffset + i, b, bOffset + i, s0);
        }
        float tail = 0;
        for (; i < N; i++) {
            tail = Math.fma(a[aOffset + i], b[bOffset + i], tail);
        }
        return sum(s0.add(s1).add(s2.add(s3))) + tail;
    }

    private static FloatVector product(float[] a, int aOffset, float[] b, int bOffset, FloatVector sum) {
        return FloatVector.fromArray(LANES, a, aOffset).fma(FloatVector.fromArray(LANES, b, bOffset), sum);
    }

    @Override
    public void rollout(KernelModel model, float[] v, int vOffset, int bins, float[] kappa, int kappaOffset,
            float[] sums) {
        if (model.linearDynamics()) {
            scalar.rollout(model, v, vOffset, bins, kappa, kappaOffset, sums);
            return;
        }
        LowRankNetwork net = model.network();
        int K = net.rank();
        for (int t = 0; t < bins; t++) {
            int from = kappaOffset + t * K;
            driveWithoutRates(net, kappa, from, v, vOffset + t * net.inputs(), sums);
            advance(net, kappa, from, sums);
        }
    }

    /** kappa_{t+1} from kappa_t and sum_i n_i r_i. */
    private static void advance(LowRankNetwork net, float[] kappa, int from, float[] sums) {
        int K = net.rank();
        float decay = (float) (1 - net.alpha());
        float step = (float) (net.alpha() * LowRankNetwork.connectivityScale(net.neurons()));
        for (int k = 0; k < K; k++) {
            kappa[from + K + k] = decay * kappa[from + k] + step * sums[k];
        }
    }

    /** sums_k = sum_i n_ki r_i without keeping r: one sweep a latent dimension pair, so that r stays in registers. */
    private static void driveWithoutRates(LowRankNetwork net, float[] kappa, int kappaOffset, float[] v, int vOffset,
            float[] sums) {
        int N = net.neurons();
        int K = net.rank();
        int bound = LANES.loopBound(N);
        float[] n = net.n();
        for (int k = 0; k < K; k += 2) {
            int second = Math.min(k + 1, K - 1);
            FloatVector s0 = FloatVector.zero(LANES);
            FloatVector s1 = s0;
            for (int i = 0; i < bound; i += WIDTH) {
                FloatVector r = phi(
                        current(net, i, kappa, kappaOffset, v, vOffset).add(FloatVector.fromArray(LANES, net.b(), i)));
                s0 = FloatVector.fromArray(LANES, n, k * N + i).fma(r, s0);
                s1 = FloatVector.fromArray(LANES, n, second * N + i).fma(r, s1);
            }
            float t0 = 0;
            float t1 = 0;
            for (int i = bound; i < N; i++) {
                float r = phi(current1(net, i, kappa, kappaOffset, v, vOffset) + net.b()[i]);
                t0 = Math.fma(n[k * N + i], r, t0);
                t1 = Math.fma(n[second * N + i], r, t1);
            }
            sums[second] = sum(s1) + t1;
            sums[k] = sum(s0) + t0;
        }
    }

    @Override
    public WindowGroup windows(int neurons, int rank, int inputs, int capacity, int maxBins,
            boolean neuronsShared) {
        return new VectorWindows(neurons, rank, inputs, capacity, maxBins, neuronsShared);
    }

    @Override
    public void rates(KernelModel model, float[] kappa, float[] v, int vOffset, float[] rates) {
        rates(model.network(), kappa, 0, v, vOffset, rates, 0);
    }

    @Override
    public void recurrent(KernelModel model, float[] kappa, float[] v, int vOffset, double[] drive, double[] slope,
            float[] scratch) {
        if (model.linearDynamics()) {
            scalar.recurrent(model, kappa, v, vOffset, drive, slope, scratch);
            return;
        }
        LowRankNetwork net = model.network();
        int N = net.neurons();
        int K = net.rank();
        rates(net, kappa, 0, v, vOffset, scratch, 0);
        double scale = LowRankNetwork.connectivityScale(N);
        for (int k = 0; k < K; k++) {
            drive[k] = scale * dot(net.n(), k * N, scratch, 0, N);
        }
        int bound = LANES.loopBound(N);
        for (int i = 0; i < bound; i += WIDTH) {
            FloatVector r = FloatVector.fromArray(LANES, scratch, i);
            r.mul(r).neg().add(1f).intoArray(scratch, i);
        }
        for (int i = bound; i < N; i++) {
            scratch[i] = 1 - scratch[i] * scratch[i];
        }
        for (int k = 0; k < K; k++) {
            for (int l = 0; l < K; l++) {
                slope[k * K + l] = scale * dotWeighted(net.n(), k * N, scratch, 0, net.m(), l * N, N);
            }
        }
    }

    /** sum_i a_i weight_i b_i. */
    private static float dotWeighted(float[] a, int aOffset, float[] weight, int weightOffset, float[] b, int bOffset,
            int N) {
        FloatVector s0 = FloatVector.zero(LANES);
        FloatVector s1 = s0;
        int i = 0;
        for (; i <= N - 2 * WIDTH; i += 2 * WIDTH) {
            FloatVector w0 = FloatVector.fromArray(LANES, weight, weightOffset + i);
            FloatVector w1 = FloatVector.fromArray(LANES, weight, weightOffset + i + WIDTH);
            s0 = FloatVector.fromArray(LANES, a, aOffset + i).mul(w0)
                    .fma(FloatVector.fromArray(LANES, b, bOffset + i), s0);
            s1 = FloatVector.fromArray(LANES, a, aOffset + i + WIDTH).mul(w1)
                    .fma(FloatVector.fromArray(LANES, b, bOffset + i + WIDTH), s1);
        }
        float tail = 0;
        for (; i < N; i++) {
            tail = Math.fma(a[aOffset + i] * weight[weightOffset + i], b[bOffset + i], tail);
        }
        return sum(s0.add(s1)) + tail;
    }

    @Override
    public void observe(KernelModel model, float[] y, int yOffset, float[] kappa, float[] v, int vOffset,
            double[] mScore,
            double[] mInfo, float[] scratch) {
        LowRankNetwork net = model.network();
        int N = net.neurons();
        int K = net.rank();
        int bound = LANES.loopBound(N);
        for (int i = 0; i < bound; i += WIDTH) {
            FloatVector seen = FloatVector.fromArray(LANES, y, yOffset + i);
            VectorMask<Float> missing = seen.test(VectorOperators.IS_NAN);
            FloatVector x = current(net, i, kappa, 0, v, vOffset);
            FloatVector g = FloatVector.fromArray(LANES, model.gain(), i);
            FloatVector score;
            FloatVector info;
            switch (model.kind()) {
                case COUNTS -> {
                    FloatVector r = phi(x.add(FloatVector.fromArray(LANES, net.b(), i)));
                    FloatVector low = r.neg().add(1f);
                    FloatVector rate = r.add(1f).mul(g);
                    score = seen.sub(rate).mul(low);
                    info = rate.mul(low).mul(low);
                }
                case RATES -> {
                    FloatVector r = phi(x.add(FloatVector.fromArray(LANES, net.b(), i)));
                    FloatVector slope = r.mul(r).neg().add(1f).mul(g);
                    FloatVector noise = FloatVector.fromArray(LANES, model.noise(), i);
                    FloatVector error = seen.sub(g.mul(r)).sub(FloatVector.fromArray(LANES, model.offset(), i));
                    score = slope.mul(error).div(noise);
                    info = slope.mul(slope).div(noise);
                }
                case CURRENTS -> {
                    FloatVector noise = FloatVector.fromArray(LANES, model.noise(), i);
                    FloatVector error = seen.sub(g.mul(x)).sub(FloatVector.fromArray(LANES, model.offset(), i));
                    score = g.mul(error).div(noise);
                    info = g.mul(g).div(noise);
                }
                default -> throw new IllegalStateException(model.kind().toString());
            }
            score.blend(0f, missing).intoArray(scratch, i);
            info.blend(0f, missing).intoArray(scratch, N + i);
        }
        for (int i = bound; i < N; i++) {
            observe1(model, y[yOffset + i], i, current1(net, i, kappa, 0, v, vOffset), scratch, N);
        }
        for (int k = 0; k < K; k++) {
            mScore[k] = dot(net.m(), k * N, scratch, 0, N);
            for (int l = 0; l <= k; l++) {
                double sum = dotWeighted(net.m(), k * N, scratch, N, net.m(), l * N, N);
                mInfo[k * K + l] = sum;
                mInfo[l * K + k] = sum;
            }
        }
    }

    private static void observe1(KernelModel model, float y, int i, float x, float[] scratch, int N) {
        if (Float.isNaN(y)) {
            scratch[i] = 0;
            scratch[N + i] = 0;
            return;
        }
        float g = model.gain()[i];
        switch (model.kind()) {
            case COUNTS -> {
                float r = phi(x + model.network().b()[i]);
                float rate = g * (1 + r);
                scratch[i] = (y - rate) * (1 - r);
                scratch[N + i] = rate * (1 - r) * (1 - r);
            }
            case RATES -> {
                float r = phi(x + model.network().b()[i]);
                float slope = g * (1 - r * r);
                scratch[i] = slope * (y - g * r - model.offset()[i]) / model.noise()[i];
                scratch[N + i] = slope * slope / model.noise()[i];
            }
            case CURRENTS -> {
                scratch[i] = g * (y - g * x - model.offset()[i]) / model.noise()[i];
                scratch[N + i] = g * g / model.noise()[i];
            }
        }
    }

    @Override
    public double loss(KernelModel model, float[] y, int yOffset, float[] kappa, int kappaOffset, float[] v,
            int vOffset) {
        LowRankNetwork net = model.network();
        int N = net.neurons();
        int bound = LANES.loopBound(N);
        FloatVector sum = FloatVector.zero(LANES);
        double tail = 0;
        if (model.kind() == ObservationKind.COUNTS) {
            for (int i = 0; i < bound; i += WIDTH) {
                FloatVector seen = FloatVector.fromArray(LANES, y, yOffset + i);
                VectorMask<Float> missing = seen.test(VectorOperators.IS_NAN);
                FloatVector z = current(net, i, kappa, kappaOffset, v, vOffset)
                        .add(FloatVector.fromArray(LANES, net.b(), i));
                FloatVector rate = phi(z).add(1f).mul(FloatVector.fromArray(LANES, model.gain(), i));
                sum = sum.add(rate.blend(0f, missing));
            }
            // Few neurons spike in a bin. And the lanes' exp and log differ by a bit between interpreted and compiled code.
            for (int i = 0; i < bound; i++) {
                float seen = y[yOffset + i];
                if (seen > 0) {
                    float z = current1(net, i, kappa, kappaOffset, v, vOffset) + net.b()[i];
                    tail += seen * (softplus(-2 * z) - model.logTwiceGain()[i]);
                }
            }
            for (int i = bound; i < N; i++) {
                float seen = y[yOffset + i];
                if (!Float.isNaN(seen)) {
                    float z = current1(net, i, kappa, kappaOffset, v, vOffset) + net.b()[i];
                    tail += model.gain()[i] * (1 + phi(z)) + seen * (softplus(-2 * z) - model.logTwiceGain()[i]);
                }
            }
        } else {
            boolean rates = model.kind() == ObservationKind.RATES;
            for (int i = 0; i < bound; i += WIDTH) {
                FloatVector seen = FloatVector.fromArray(LANES, y, yOffset + i);
                VectorMask<Float> missing = seen.test(VectorOperators.IS_NAN);
                FloatVector x = current(net, i, kappa, kappaOffset, v, vOffset);
                FloatVector value = rates ? phi(x.add(FloatVector.fromArray(LANES, net.b(), i))) : x;
                FloatVector error = seen.sub(value.mul(FloatVector.fromArray(LANES, model.gain(), i)))
                        .sub(FloatVector.fromArray(LANES, model.offset(), i)).blend(0f, missing);
                sum = error.fma(error, sum);
            }
            for (int i = bound; i < N; i++) {
                float seen = y[yOffset + i];
                if (!Float.isNaN(seen)) {
                    float x = current1(net, i, kappa, kappaOffset, v, vOffset);
                    float error = seen - model.gain()[i] * (rates ? phi(x + net.b()[i]) : x) - model.offset()[i];
                    tail += error * error;
                }
            }
        }
        return sum(sum) + tail;
    }

    @Override
    public void squaredErrors(KernelModel model, float[] y, int yOffset, float[] kappa, int kappaOffset, float[] v,
            int vOffset, double[] squares, double[] observed) {
        scalar.squaredErrors(model, y, yOffset, kappa, kappaOffset, v, vOffset, squares, observed);
    }

    @Override
    public void recurrentAdjoint(KernelModel model, float[] kappa, float[] v, int vOffset, float[] driveAdjoint,
            float[] slopeAdjoint, Gradient gradient, double[] kappaAdjoint, float[] scratch) {
        if (model.linearDynamics()) {
            scalar.recurrentAdjoint(model, kappa, v, vOffset, driveAdjoint, slopeAdjoint, gradient, kappaAdjoint,
                    scratch);
            return;
        }
        VectorAdjoints.recurrent(model, kappa, v, vOffset, driveAdjoint, slopeAdjoint, gradient, kappaAdjoint, scratch);
    }

    @Override
    public void observeAdjoint(KernelModel model, float[] y, int yOffset, float[] kappa, float[] v, int vOffset,
            float[] scoreAdjoint, float[] infoAdjoint, float lossScale, Gradient gradient, double[] kappaAdjoint,
            float[] scratch) {
        VectorAdjoints.observe(model, y, yOffset, kappa, v, vOffset, scoreAdjoint, infoAdjoint, lossScale, gradient,
                kappaAdjoint, scratch);
    }
}
