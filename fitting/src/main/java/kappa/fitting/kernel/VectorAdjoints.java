package kappa.fitting.kernel;

import static kappa.fitting.kernel.VectorKernels.LANES;
import static kappa.fitting.kernel.VectorKernels.WIDTH;
import static kappa.fitting.kernel.VectorKernels.combine;
import static kappa.fitting.kernel.VectorKernels.current;
import static kappa.fitting.kernel.VectorKernels.current1;
import static kappa.fitting.kernel.VectorKernels.dot;
import static kappa.fitting.kernel.VectorKernels.phi;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import kappa.fitting.network.LowRankNetwork;

/**
 * The backward sweeps of the filter over SIMD lanes: one lane a neuron. Each first writes what a neuron contributes to scratch
 * and then adds it up, so that no loop holds more vectors than there are registers.
 */
final class VectorAdjoints {

    private VectorAdjoints() {}

    /** See {@link RnnKernels#recurrentAdjoint}. */
    static void recurrent(KernelModel model, float[] kappa, float[] v, int vOffset, float[] driveAdjoint,
            float[] slopeAdjoint, Gradient gradient, double[] kappaAdjoint, float[] scratch) {
        LowRankNetwork net = model.network();
        int N = net.neurons();
        int K = net.rank();
        int bound = LANES.loopBound(N);
        float scale = (float) LowRankNetwork.connectivityScale(N);
        float[] m = net.m();
        float[] n = net.n();
        VectorKernels.rates(net, kappa, 0, v, vOffset, scratch, N);
        for (int i = 0; i < bound; i += WIDTH) {
            FloatVector slope = FloatVector.zero(LANES);
            for (int k = 0; k < K; k++) {
                slope = combine(FloatVector.zero(LANES), m, N, i, slopeAdjoint, k * K, K)
                        .fma(FloatVector.fromArray(LANES, n, k * N + i), slope);
            }
            FloatVector r = FloatVector.fromArray(LANES, scratch, N + i);
            FloatVector prime = r.mul(r).neg().add(1f).mul(scale);
            combine(FloatVector.zero(LANES), n, N, i, driveAdjoint, 0, K).sub(r.mul(slope).mul(2f)).mul(prime)
                    .intoArray(scratch, i);
            prime.intoArray(scratch, 2 * N + i);
        }
        for (int i = bound; i < N; i++) {
            float slope = 0;
            for (int k = 0; k < K; k++) {
                slope = Math.fma(combine(0f, m, N, i, slopeAdjoint, k * K, K), n[k * N + i], slope);
            }
            float r = scratch[N + i];
            float prime = scale * (1 - r * r);
            scratch[i] = prime * (combine(0f, n, N, i, driveAdjoint, 0, K) - 2 * r * slope);
            scratch[2 * N + i] = prime;
        }
        for (int k = 0; k < K; k++) {
            float drive = scale * driveAdjoint[k];
            for (int i = 0; i < bound; i += WIDTH) {
                FloatVector prime = FloatVector.fromArray(LANES, scratch, 2 * N + i);
                FloatVector across = combine(FloatVector.zero(LANES), m, N, i, slopeAdjoint, k * K, K).mul(prime);
                FloatVector.fromArray(LANES, scratch, N + i).mul(drive).add(across)
                        .add(FloatVector.fromArray(LANES, gradient.n(), k * N + i))
                        .intoArray(gradient.n(), k * N + i);
                FloatVector back = FloatVector.zero(LANES);
                for (int l = 0; l < K; l++) {
                    back = FloatVector.fromArray(LANES, n, l * N + i).mul(slopeAdjoint[l * K + k]).add(back);
                }
                back.fma(prime, FloatVector.fromArray(LANES, gradient.m(), k * N + i))
                        .intoArray(gradient.m(), k * N + i);
            }
            for (int i = bound; i < N; i++) {
                float prime = scratch[2 * N + i];
                float back = 0;
                for (int l = 0; l < K; l++) {
                    back += n[l * N + i] * slopeAdjoint[l * K + k];
                }
                gradient.n()[k * N + i] += drive * scratch[N + i]
                        + prime * combine(0f, m, N, i, slopeAdjoint, k * K, K);
                gradient.m()[k * N + i] += prime * back;
            }
        }
        add(gradient.b(), 0, scratch, 1f, N);
        throughCurrents(net, kappa, v, vOffset, gradient, kappaAdjoint, scratch);
    }

    /** What dL/dx = delta, the first N of scratch, means for m, W and kappa. */
    private static void throughCurrents(LowRankNetwork net, float[] kappa, float[] v, int vOffset, Gradient gradient,
            double[] kappaAdjoint, float[] delta) {
        int N = net.neurons();
        for (int k = 0; k < net.rank(); k++) {
            add(gradient.m(), k * N, delta, kappa[k], N);
            kappaAdjoint[k] += dot(net.m(), k * N, delta, 0, N);
        }
        for (int s = 0; s < net.inputs(); s++) {
            if (v[vOffset + s] != 0) {
                add(gradient.w(), s * N, delta, v[vOffset + s], N);
            }
        }
    }

    /** to += factor * from, N numbers each. */
    private static void add(float[] to, int offset, float[] from, float factor, int N) {
        int bound = LANES.loopBound(N);
        FloatVector f = FloatVector.broadcast(LANES, factor);
        for (int i = 0; i < bound; i += WIDTH) {
            FloatVector.fromArray(LANES, from, i).fma(f, FloatVector.fromArray(LANES, to, offset + i))
                    .intoArray(to, offset + i);
        }
        for (int i = bound; i < N; i++) {
            to[offset + i] = Math.fma(from[i], factor, to[offset + i]);
        }
    }

    /** See {@link RnnKernels#observeAdjoint}. */
    static void observe(KernelModel model, float[] y, int yOffset, float[] kappa, float[] v, int vOffset,
            float[] scoreAdjoint, float[] infoAdjoint, float lossScale, Gradient gradient, double[] kappaAdjoint,
            float[] scratch) {
        LowRankNetwork net = model.network();
        int N = net.neurons();
        int K = net.rank();
        int bound = LANES.loopBound(N);
        weights(net, scoreAdjoint, infoAdjoint, bound, scratch);
        switch (model.kind()) {
            case COUNTS -> counts(model, y, yOffset, kappa, v, vOffset, lossScale, gradient.gain(), bound, scratch);
            case RATES -> rates(model, y, yOffset, kappa, v, vOffset, lossScale, bound, scratch);
            case CURRENTS -> currents(model, y, yOffset, kappa, v, vOffset, lossScale, gradient.offset(), bound,
                    scratch);
        }
        for (int i = bound; i < N; i++) {
            observe1(model, y[yOffset + i], i, current1(net, i, kappa, 0, v, vOffset), lossScale, gradient, scratch);
        }
        for (int k = 0; k < K; k++) {
            for (int i = 0; i < bound; i += WIDTH) {
                FloatVector across = combine(FloatVector.zero(LANES), net.m(), N, i, infoAdjoint, k * K, K).mul(2f);
                FloatVector grown = FloatVector.fromArray(LANES, scratch, N + i).mul(scoreAdjoint[k])
                        .add(FloatVector.fromArray(LANES, gradient.m(), k * N + i));
                across.fma(FloatVector.fromArray(LANES, scratch, 2 * N + i), grown)
                        .intoArray(gradient.m(), k * N + i);
            }
            for (int i = bound; i < N; i++) {
                float across = 2 * combine(0f, net.m(), N, i, infoAdjoint, k * K, K);
                gradient.m()[k * N + i] += scoreAdjoint[k] * scratch[N + i] + across * scratch[2 * N + i];
            }
        }
        if (model.kind() != ObservationKind.CURRENTS) {
            add(gradient.b(), 0, scratch, 1f, N);
        }
        throughCurrents(net, kappa, v, vOffset, gradient, kappaAdjoint, scratch);
    }

    /** a into scratch [N, 2 N) and c into [2 N, 3 N), where delta, score and info are to come. */
    private static void weights(LowRankNetwork net, float[] scoreAdjoint, float[] infoAdjoint, int bound,
            float[] scratch) {
        int N = net.neurons();
        int K = net.rank();
        float[] m = net.m();
        for (int i = 0; i < bound; i += WIDTH) {
            combine(FloatVector.zero(LANES), m, N, i, scoreAdjoint, 0, K).intoArray(scratch, N + i);
            FloatVector c = FloatVector.zero(LANES);
            for (int k = 0; k < K; k++) {
                c = combine(FloatVector.zero(LANES), m, N, i, infoAdjoint, k * K, K)
                        .fma(FloatVector.fromArray(LANES, m, k * N + i), c);
            }
            c.intoArray(scratch, 2 * N + i);
        }
        for (int i = bound; i < N; i++) {
            scratch[N + i] = combine(0f, m, N, i, scoreAdjoint, 0, K);
            float c = 0;
            for (int k = 0; k < K; k++) {
                c = Math.fma(combine(0f, m, N, i, infoAdjoint, k * K, K), m[k * N + i], c);
            }
            scratch[2 * N + i] = c;
        }
    }

    private static void counts(KernelModel model, float[] y, int yOffset, float[] kappa, float[] v, int vOffset,
            float lossScale, float[] gainGradient, int bound, float[] scratch) {
        LowRankNetwork net = model.network();
        int N = net.neurons();
        for (int i = 0; i < bound; i += WIDTH) {
            FloatVector seen = FloatVector.fromArray(LANES, y, yOffset + i);
            VectorMask<Float> missing = seen.test(VectorOperators.IS_NAN);
            FloatVector r = phi(
                    current(net, i, kappa, 0, v, vOffset).add(FloatVector.fromArray(LANES, net.b(), i)));
            FloatVector low = r.neg().add(1f);
            FloatVector one = r.add(1f);
            FloatVector g = FloatVector.fromArray(LANES, model.gain(), i);
            FloatVector rate = one.mul(g);
            FloatVector error = seen.sub(rate);
            FloatVector a = FloatVector.fromArray(LANES, scratch, N + i);
            FloatVector c = FloatVector.fromArray(LANES, scratch, 2 * N + i);
            FloatVector prime = low.mul(one);
            FloatVector gLow = g.mul(low);
            // a score' + c info' = phi' (c (1-r) (g (1-r) - 2 rate) - a (g (1-r) + y - rate)), and the loss's (1-r)(rate - y)
            FloatVector delta = c.mul(low).mul(gLow.sub(rate).sub(rate)).sub(a.mul(gLow.add(error))).mul(prime)
                    .sub(low.mul(error).mul(lossScale));
            delta.blend(0f, missing).intoArray(scratch, i);
            FloatVector gain = prime.mul(c.mul(low).sub(a))
                    .add(one.sub(seen.mul(FloatVector.fromArray(LANES, model.inverseGain(), i))).mul(lossScale));
            FloatVector.fromArray(LANES, gainGradient, i).add(gain.blend(0f, missing)).intoArray(gainGradient, i);
            error.mul(low).blend(0f, missing).intoArray(scratch, N + i);
            rate.mul(low).mul(low).blend(0f, missing).intoArray(scratch, 2 * N + i);
        }
    }

    private static void rates(KernelModel model, float[] y, int yOffset, float[] kappa, float[] v, int vOffset,
            float lossScale, int bound, float[] scratch) {
        LowRankNetwork net = model.network();
        int N = net.neurons();
        for (int i = 0; i < bound; i += WIDTH) {
            FloatVector seen = FloatVector.fromArray(LANES, y, yOffset + i);
            VectorMask<Float> missing = seen.test(VectorOperators.IS_NAN);
            FloatVector r = phi(
                    current(net, i, kappa, 0, v, vOffset).add(FloatVector.fromArray(LANES, net.b(), i)));
            FloatVector g = FloatVector.fromArray(LANES, model.gain(), i);
            FloatVector slope = r.mul(r).neg().add(1f).mul(g);
            FloatVector noise = FloatVector.fromArray(LANES, model.noise(), i);
            FloatVector error = seen.sub(g.mul(r)).sub(FloatVector.fromArray(LANES, model.offset(), i));
            FloatVector score = slope.mul(error).div(noise);
            FloatVector info = slope.mul(slope).div(noise);
            FloatVector a = FloatVector.fromArray(LANES, scratch, N + i);
            FloatVector c = FloatVector.fromArray(LANES, scratch, 2 * N + i);
            // score' = -2 r score - info and info' = -4 r info
            FloatVector delta = r.mul(-2f).mul(a.mul(score).add(c.mul(info).mul(2f))).sub(a.mul(info))
                    .sub(slope.mul(error).mul(lossScale));
            delta.blend(0f, missing).intoArray(scratch, i);
            score.blend(0f, missing).intoArray(scratch, N + i);
            info.blend(0f, missing).intoArray(scratch, 2 * N + i);
        }
    }

    private static void currents(KernelModel model, float[] y, int yOffset, float[] kappa, float[] v, int vOffset,
            float lossScale, float[] offsetGradient, int bound, float[] scratch) {
        LowRankNetwork net = model.network();
        int N = net.neurons();
        for (int i = 0; i < bound; i += WIDTH) {
            FloatVector seen = FloatVector.fromArray(LANES, y, yOffset + i);
            VectorMask<Float> missing = seen.test(VectorOperators.IS_NAN);
            FloatVector g = FloatVector.fromArray(LANES, model.gain(), i);
            FloatVector weight = g.div(FloatVector.fromArray(LANES, model.noise(), i));
            FloatVector error = seen.sub(g.mul(current(net, i, kappa, 0, v, vOffset)))
                    .sub(FloatVector.fromArray(LANES, model.offset(), i));
            FloatVector info = g.mul(weight);
            FloatVector a = FloatVector.fromArray(LANES, scratch, N + i);
            error.mul(g).mul(-lossScale).sub(a.mul(info)).blend(0f, missing).intoArray(scratch, i);
            FloatVector offset = error.mul(-lossScale).sub(a.mul(weight)).blend(0f, missing);
            FloatVector.fromArray(LANES, offsetGradient, i).add(offset).intoArray(offsetGradient, i);
            error.mul(weight).blend(0f, missing).intoArray(scratch, N + i);
            info.blend(0f, missing).intoArray(scratch, 2 * N + i);
        }
    }

    private static void observe1(KernelModel model, float y, int i, float x, float lossScale, Gradient gradient,
            float[] scratch) {
        int N = model.network().neurons();
        float a = scratch[N + i];
        float c = scratch[2 * N + i];
        if (Float.isNaN(y)) {
            scratch[i] = 0;
            scratch[N + i] = 0;
            scratch[2 * N + i] = 0;
            return;
        }
        float g = model.gain()[i];
        float noise = model.noise()[i];
        switch (model.kind()) {
            case COUNTS -> {
                float r = phi(x + model.network().b()[i]);
                float low = 1 - r;
                float rate = g * (1 + r);
                float error = y - rate;
                float prime = low * (1 + r);
                scratch[i] = prime * (c * low * (g * low - 2 * rate) - a * (g * low + error)) - lossScale * low * error;
                gradient.gain()[i] += prime * (c * low - a) + lossScale * (1 + r - y / g);
                scratch[N + i] = error * low;
                scratch[2 * N + i] = rate * low * low;
            }
            case RATES -> {
                float r = phi(x + model.network().b()[i]);
                float slope = g * (1 - r * r);
                float error = y - g * r - model.offset()[i];
                float score = slope * error / noise;
                float info = slope * slope / noise;
                scratch[i] = -2 * r * (a * score + 2 * c * info) - a * info - lossScale * slope * error;
                scratch[N + i] = score;
                scratch[2 * N + i] = info;
            }
            case CURRENTS -> {
                float error = y - g * x - model.offset()[i];
                float info = g * g / noise;
                scratch[i] = -lossScale * g * error - a * info;
                gradient.offset()[i] -= lossScale * error + a * g / noise;
                scratch[N + i] = g * error / noise;
                scratch[2 * N + i] = info;
            }
        }
    }
}
