package kappa.fitting.kernel;

import java.util.Arrays;
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
 * formulas. phi is a rational approximation of tanh, x P(x^2) / Q(x^2) on [-9, 9] with an error of 2e-8 before rounding and
 * about 4e-7 after it (fitted by linearised least squares with Lawson weights; phi(9) is 1 to the last bit of a float). It
 * costs about a fifth of the library's vector tanh. Networks of fewer neurons than lanes are left to the scalar kernels, and so
 * is the free run's gradient for linear dynamics, which are there to be compared with.
 */
final class VectorKernels implements RnnKernels {

    static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
    static final int WIDTH = LANES.length();

    static final float LIMIT = 9f;
    static final float P0 = 0.9999999f;
    static final float P1 = 0.13373193f;
    static final float P2 = 0.0034865767f;
    static final float P3 = 2.0471742e-05f;
    static final float P4 = 1.3184099e-08f;
    static final float Q1 = 0.46706492f;
    static final float Q2 = 0.025841959f;
    static final float Q3 = 0.00032713768f;
    static final float Q4 = 7.7026124e-07f;

    private static final VectorShuffle<Float> BY_32 = VectorShuffle.iota(LANES, 32, 1, true);
    private static final VectorShuffle<Float> BY_16 = VectorShuffle.iota(LANES, 16, 1, true);
    private static final VectorShuffle<Float> BY_8 = VectorShuffle.iota(LANES, 8, 1, true);
    private static final VectorShuffle<Float> BY_4 = VectorShuffle.iota(LANES, 4, 1, true);
    private static final VectorShuffle<Float> BY_2 = VectorShuffle.iota(LANES, 2, 1, true);
    private static final VectorShuffle<Float> BY_1 = VectorShuffle.iota(LANES, 1, 1, true);

    private static final float[] ONE = {1f};

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

    static FloatVector phi(FloatVector x) {
        FloatVector z = clamp(x, LIMIT);
        FloatVector s = z.mul(z);
        FloatVector p = s.mul(P4).add(P3).fma(s, s.broadcast(P2)).fma(s, s.broadcast(P1)).fma(s, s.broadcast(P0));
        FloatVector q = s.mul(Q4).add(Q3).fma(s, s.broadcast(Q2)).fma(s, s.broadcast(Q1)).fma(s, s.broadcast(1f));
        return clamp(z.mul(p).div(q), 1f);
    }

    /** Not max and min, which heed the sign of zero and cost three times as much. NaN stays NaN. */
    private static FloatVector clamp(FloatVector x, float limit) {
        FloatVector bounded = x.blend(limit, x.compare(VectorOperators.GT, limit));
        return bounded.blend(-limit, bounded.compare(VectorOperators.LT, -limit));
    }

    static float phi(float x) {
        float z = Math.clamp(x, -LIMIT, LIMIT);
        float s = z * z;
        float p = Math.fma(Math.fma(Math.fma(s * P4 + P3, s, P2), s, P1), s, P0);
        float q = Math.fma(Math.fma(Math.fma(s * Q4 + Q3, s, Q2), s, Q1), s, 1f);
        return Math.clamp(z * p / q, -1f, 1f);
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
            float[] scratch) {
        if (isSmall(model)) {
            scalar.rollout(model, v, vOffset, bins, kappa, kappaOffset, scratch);
            return;
        }
        VectorFilter.rollout(model, v, vOffset, bins, kappa, kappaOffset, scratch);
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

    @Override
    public void gradient(KernelModel model, float[] y, int yOffset, float[] v, int vOffset, int bins, float scale,
            Gradient gradient, WindowWorkspace ws) {
        if (model.linearDynamics()) {
            scalar.gradient(model, y, yOffset, v, vOffset, bins, scale, gradient, ws);
            return;
        }
        LowRankNetwork net = model.network();
        int N = net.neurons();
        int K = net.rank();
        int S = net.inputs();
        for (int t = 0; t <= bins; t++) {
            rates(net, ws.kappa, t * K, v, vOffset + t * S, ws.rates, t * N);
            if (t < bins) {
                for (int k = 0; k < K; k++) {
                    ws.sums[k] = dot(net.n(), k * N, ws.rates, t * N, N);
                }
                advance(net, ws.kappa, t * K, ws.sums);
            }
        }
        float decay = (float) (1 - net.alpha());
        Arrays.fill(ws.adjoint, (bins + 1) * K, (bins + 2) * K, 0f);
        for (int t = bins; t >= 0; t--) {
            delta(model, ws, t, y, yOffset + (t - 1) * N, v, vOffset + t * S, scale, gradient);
            for (int k = 0; k < K; k++) {
                ws.adjoint[t * K + k] = decay * ws.adjoint[(t + 1) * K + k] + dot(net.m(), k * N, ws.delta, t * N, N);
            }
        }
        float step = (float) (net.alpha() * LowRankNetwork.connectivityScale(N));
        for (int k = 0; k < K; k++) {
            accumulate(ws.delta, N, bins + 1, ws.kappa, k, K, 1f, gradient.m(), k * N);
            accumulate(ws.rates, N, bins + 1, ws.adjoint, K + k, K, step, gradient.n(), k * N);
        }
        for (int s = 0; s < S; s++) {
            accumulate(ws.delta, N, bins + 1, v, vOffset + s, S, 1f, gradient.w(), s * N);
        }
        if (model.kind() != ObservationKind.CURRENTS) {
            accumulate(ws.delta, N, bins + 1, ONE, 0, 0, 1f, gradient.b(), 0);
        }
        for (int k = 0; k < K; k++) {
            gradient.start()[k] += ws.adjoint[k];
        }
    }

    /**
     * delta_t = dL/dx_t + phi' (alpha/N) n g_{t+1}; row 0 of a window has no observation. One loop a kind of observation: a
     * vector that is returned through a switch would be boxed.
     */
    private static void delta(KernelModel model, WindowWorkspace ws, int t, float[] y, int yOffset, float[] v,
            int vOffset,
            float scale, Gradient gradient) {
        LowRankNetwork net = model.network();
        int N = net.neurons();
        int bound = LANES.loopBound(N);
        if (t == 0) {
            deltaUnobserved(model, ws, bound, gradient.b());
        } else {
            switch (model.kind()) {
                case COUNTS -> deltaCounts(model, ws, t, y, yOffset, bound, scale, gradient.gain());
                case RATES -> deltaRates(model, ws, t, y, yOffset, bound, scale);
                case CURRENTS -> deltaCurrents(model, ws, t, y, yOffset, v, vOffset, bound, scale, gradient);
            }
        }
        float step = step(net);
        for (int i = bound; i < N; i++) {
            float r = ws.rates[t * N + i];
            float prime = 1 - r * r;
            float delta = prime * step * combine(0f, net.n(), N, i, ws.adjoint, (t + 1) * net.rank(), net.rank());
            if (model.kind() == ObservationKind.CURRENTS) {
                gradient.b()[i] += delta;
            }
            if (t > 0) {
                delta += lossSlope1(model, y[yOffset + i], i, r, prime, ws, t, v, vOffset, scale, gradient);
            }
            ws.delta[t * N + i] = delta;
        }
    }

    private static float step(LowRankNetwork net) {
        return (float) (net.alpha() * LowRankNetwork.connectivityScale(net.neurons()));
    }

    /** phi' (alpha/N) n g_{t+1}. */
    private static FloatVector recurrentDelta(LowRankNetwork net, WindowWorkspace ws, int t, int i, FloatVector prime,
            float step) {
        return combine(FloatVector.zero(LANES), net.n(), net.neurons(), i, ws.adjoint, (t + 1) * net.rank(), net.rank())
                .mul(prime).mul(step);
    }

    private static void deltaUnobserved(KernelModel model, WindowWorkspace ws, int bound, float[] biasGradient) {
        LowRankNetwork net = model.network();
        float step = step(net);
        boolean currents = model.kind() == ObservationKind.CURRENTS;
        for (int i = 0; i < bound; i += WIDTH) {
            FloatVector r = FloatVector.fromArray(LANES, ws.rates, i);
            FloatVector delta = recurrentDelta(net, ws, 0, i, r.mul(r).neg().add(1f), step);
            delta.intoArray(ws.delta, i);
            if (currents) {
                delta.add(FloatVector.fromArray(LANES, biasGradient, i)).intoArray(biasGradient, i);
            }
        }
    }

    private static void deltaCounts(KernelModel model, WindowWorkspace ws, int t, float[] y, int yOffset, int bound,
            float scale, float[] gainGradient) {
        LowRankNetwork net = model.network();
        int row = t * net.neurons();
        float step = step(net);
        for (int i = 0; i < bound; i += WIDTH) {
            FloatVector r = FloatVector.fromArray(LANES, ws.rates, row + i);
            FloatVector low = r.neg().add(1f);
            FloatVector one = r.add(1f);
            FloatVector seen = FloatVector.fromArray(LANES, y, yOffset + i);
            VectorMask<Float> there = seen.compare(VectorOperators.EQ, seen);
            FloatVector g = FloatVector.fromArray(LANES, model.gain(), i);
            FloatVector gainSlope = one.sub(seen.mul(FloatVector.fromArray(LANES, model.inverseGain(), i)));
            FloatVector sum = FloatVector.fromArray(LANES, gainGradient, i);
            sum.add(gainSlope.mul(scale), there).intoArray(gainGradient, i);
            FloatVector slope = low.mul(scale).mul(g.mul(one).sub(seen));
            recurrentDelta(net, ws, t, i, low.mul(one), step).add(slope, there).intoArray(ws.delta, row + i);
        }
    }

    private static void deltaRates(KernelModel model, WindowWorkspace ws, int t, float[] y, int yOffset, int bound,
            float scale) {
        LowRankNetwork net = model.network();
        int row = t * net.neurons();
        float step = step(net);
        for (int i = 0; i < bound; i += WIDTH) {
            FloatVector r = FloatVector.fromArray(LANES, ws.rates, row + i);
            FloatVector prime = r.mul(r).neg().add(1f);
            FloatVector seen = FloatVector.fromArray(LANES, y, yOffset + i);
            VectorMask<Float> there = seen.compare(VectorOperators.EQ, seen);
            FloatVector g = FloatVector.fromArray(LANES, model.gain(), i);
            FloatVector error = seen.sub(g.mul(r)).sub(FloatVector.fromArray(LANES, model.offset(), i));
            FloatVector slope = error.mul(g).mul(prime).mul(-scale);
            recurrentDelta(net, ws, t, i, prime, step).add(slope, there).intoArray(ws.delta, row + i);
        }
    }

    private static void deltaCurrents(KernelModel model, WindowWorkspace ws, int t, float[] y, int yOffset, float[] v,
            int vOffset, int bound, float scale, Gradient gradient) {
        float[] offsetGradient = gradient.offset();
        float[] biasGradient = gradient.b();
        LowRankNetwork net = model.network();
        int row = t * net.neurons();
        float step = step(net);
        for (int i = 0; i < bound; i += WIDTH) {
            FloatVector r = FloatVector.fromArray(LANES, ws.rates, row + i);
            FloatVector seen = FloatVector.fromArray(LANES, y, yOffset + i);
            VectorMask<Float> there = seen.compare(VectorOperators.EQ, seen);
            FloatVector g = FloatVector.fromArray(LANES, model.gain(), i);
            FloatVector x = current(net, i, ws.kappa, t * net.rank(), v, vOffset);
            FloatVector error = seen.sub(g.mul(x)).sub(FloatVector.fromArray(LANES, model.offset(), i)).mul(-scale);
            FloatVector.fromArray(LANES, offsetGradient, i).add(error, there).intoArray(offsetGradient, i);
            FloatVector delta = recurrentDelta(net, ws, t, i, r.mul(r).neg().add(1f), step);
            delta.add(FloatVector.fromArray(LANES, biasGradient, i)).intoArray(biasGradient, i);
            delta.add(error.mul(g), there).intoArray(ws.delta, row + i);
        }
    }

    private static float lossSlope1(KernelModel model, float y, int i, float r, float prime, WindowWorkspace ws, int t,
            float[] v, int vOffset, float scale, Gradient gradient) {
        if (Float.isNaN(y)) {
            return 0;
        }
        float g = model.gain()[i];
        return scale * switch (model.kind()) {
            case COUNTS -> {
                gradient.gain()[i] += scale * (1 + r - y / g);
                yield (1 - r) * (g * (1 + r) - y);
            }
            case RATES -> -g * prime * (y - g * r - model.offset()[i]);
            case CURRENTS -> {
                float x = current1(model.network(), i, ws.kappa, t * model.network().rank(), v, vOffset);
                float error = y - g * x - model.offset()[i];
                gradient.offset()[i] -= scale * error;
                yield -g * error;
            }
        };
    }

    /**
     * out[outOffset + i] += scale * sum_t matrix[t * N + i] * coefficients[offset + t * stride]: four vectors of neurons at a
     * time, so that the sums stay in registers over the window.
     */
    private static void accumulate(float[] matrix, int N, int rows, float[] coefficients, int offset, int stride,
            float scale, float[] out, int outOffset) {
        int i = 0;
        for (; i <= N - 4 * WIDTH; i += 4 * WIDTH) {
            FloatVector s0 = FloatVector.zero(LANES);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            for (int t = 0; t < rows; t++) {
                FloatVector c = FloatVector.broadcast(LANES, coefficients[offset + t * stride]);
                int at = t * N + i;
                s0 = FloatVector.fromArray(LANES, matrix, at).fma(c, s0);
                s1 = FloatVector.fromArray(LANES, matrix, at + WIDTH).fma(c, s1);
                s2 = FloatVector.fromArray(LANES, matrix, at + 2 * WIDTH).fma(c, s2);
                s3 = FloatVector.fromArray(LANES, matrix, at + 3 * WIDTH).fma(c, s3);
            }
            int to = outOffset + i;
            s0.mul(scale).add(FloatVector.fromArray(LANES, out, to)).intoArray(out, to);
            s1.mul(scale).add(FloatVector.fromArray(LANES, out, to + WIDTH)).intoArray(out, to + WIDTH);
            s2.mul(scale).add(FloatVector.fromArray(LANES, out, to + 2 * WIDTH)).intoArray(out, to + 2 * WIDTH);
            s3.mul(scale).add(FloatVector.fromArray(LANES, out, to + 3 * WIDTH)).intoArray(out, to + 3 * WIDTH);
        }
        for (; i <= N - WIDTH; i += WIDTH) {
            FloatVector s0 = FloatVector.zero(LANES);
            for (int t = 0; t < rows; t++) {
                FloatVector c = FloatVector.broadcast(LANES, coefficients[offset + t * stride]);
                s0 = FloatVector.fromArray(LANES, matrix, t * N + i).fma(c, s0);
            }
            s0.mul(scale).add(FloatVector.fromArray(LANES, out, outOffset + i)).intoArray(out, outOffset + i);
        }
        for (; i < N; i++) {
            float sum = 0;
            for (int t = 0; t < rows; t++) {
                sum = Math.fma(matrix[t * N + i], coefficients[offset + t * stride], sum);
            }
            out[outOffset + i] += scale * sum;
        }
    }

    /** Whether there are fewer neurons than lanes. */
    private static boolean isSmall(KernelModel model) {
        return model.network().neurons() < WIDTH;
    }

    @Override
    public void rates(KernelModel model, float[] kappa, float[] v, int vOffset, float[] rates, float[] scratch) {
        if (isSmall(model)) {
            scalar.rates(model, kappa, v, vOffset, rates, scratch);
            return;
        }
        VectorFilter.rates(model.network(), kappa, v, vOffset, rates, scratch);
    }

    @Override
    public void recurrent(KernelModel model, float[] kappa, float[] v, int vOffset, double[] drive, double[] slope,
            float[] scratch) {
        if (isSmall(model)) {
            scalar.recurrent(model, kappa, v, vOffset, drive, slope, scratch);
            return;
        }
        VectorFilter.recurrent(model, kappa, v, vOffset, drive, slope, scratch, null, 0);
    }

    @Override
    public void observe(KernelModel model, float[] y, int yOffset, float[] kappa, float[] v, int vOffset,
            double[] mScore, double[] mInfo, float[] scratch) {
        if (isSmall(model)) {
            scalar.observe(model, y, yOffset, kappa, v, vOffset, mScore, mInfo, scratch);
            return;
        }
        VectorFilter.observe(model, y, yOffset, kappa, v, vOffset, mScore, mInfo, false, scratch, null,
                0);
    }

    @Override
    public double observeAndScore(KernelModel model, float[] y, int yOffset, float[] kappa, float[] v, int vOffset,
            double[] mScore, double[] mInfo, float[] scratch) {
        return isSmall(model)
                ? scalar.observeAndScore(model, y, yOffset, kappa, v, vOffset, mScore, mInfo, scratch)
                : VectorFilter.observe(model, y, yOffset, kappa, v, vOffset, mScore, mInfo, true, scratch,
                        null, 0);
    }

    @Override
    public double loss(KernelModel model, float[] y, int yOffset, float[] kappa, int kappaOffset, float[] v,
            int vOffset, float[] scratch) {
        return isSmall(model)
                ? scalar.loss(model, y, yOffset, kappa, kappaOffset, v, vOffset, scratch)
                : VectorFilter.loss(model, y, yOffset, kappa, kappaOffset, v, vOffset, scratch);
    }

    @Override
    public void squaredErrors(KernelModel model, float[] y, int yOffset, float[] kappa, int kappaOffset, float[] v,
            int vOffset, double[] squares, double[] observed, float[] scratch) {
        if (isSmall(model)) {
            scalar.squaredErrors(model, y, yOffset, kappa, kappaOffset, v, vOffset, squares, observed, scratch);
            return;
        }
        VectorFilter.squaredErrors(model, y, yOffset, kappa, kappaOffset, v, vOffset, squares, observed, scratch);
    }

    @Override
    public double followGains(float[] y, int yOffset, float[] rate, float decay, float prior, float[] seen,
            float[] predicted, float[] factors, float[] scratch) {
        return factors.length < WIDTH
                ? scalar.followGains(y, yOffset, rate, decay, prior, seen, predicted, factors, scratch)
                : VectorFilter.followGains(y, yOffset, rate, decay, prior, seen, predicted, factors, scratch);
    }

    @Override
    public FilterWindow filterWindow(int neurons, int rank, int inputs, int maxBins) {
        return neurons < WIDTH
                ? scalar.filterWindow(neurons, rank, inputs, maxBins)
                : new VectorFilterWindow(neurons, rank, inputs, maxBins);
    }
}
