package kappa.fitting.kernel;

import static kappa.fitting.kernel.VectorKernels.LANES;
import static kappa.fitting.kernel.VectorKernels.WIDTH;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Elementary functions of rows of numbers over SIMD lanes, from additions, products, quotients and bits only: the library's
 * lanewise EXP and LOG give other bits in the interpreter than in compiled code. Coefficients were fitted by linearised least
 * squares with Lawson weights.
 *
 * <p>A row's length is rounded up to whole vectors. Passes are short, since where the compiler stops inlining, vectors are
 * boxed.
 */
final class VectorFunctions {

    /** Added to a number far below it, this rounds it to an integer, which then stands in the lowest bits: 1.5 2^23. */
    private static final float ROUNDER = 0x1.8p23f;
    private static final int ROUNDER_BITS = Float.floatToRawIntBits(ROUNDER);
    private static final int MANTISSA_BITS = 23;
    private static final int ONE_BITS = Float.floatToRawIntBits(1f);
    private static final float LOG2_E = 1.442695f;
    /** ln 2, and what a float leaves of it. */
    private static final float LN2 = 0.6931472f;
    private static final float LN2_REST = -1.9046542e-9f;
    /** e^-87 is just above the smallest normal float. */
    private static final float LARGEST = 87f;
    /** e^f = 1 + f (1 + E2 f + ..) for |f| up to ln(2)/2, to 2e-9. */
    private static final float E2 = 0.49999994f;
    private static final float E3 = 0.16666432f;
    private static final float E4 = 0.041668f;
    private static final float E5 = 0.008374163f;
    private static final float E6 = 0.0013843644f;
    /** ln(1 + e) = e (L1 + L2 e + ..) for e from 0 to 1, to 8e-10. */
    private static final float L1 = 0.9999999f;
    private static final float L2 = -0.49999347f;
    private static final float L3 = 0.33321485f;
    private static final float L4 = -0.2489212f;
    private static final float L5 = 0.1942335f;
    private static final float L6 = -0.14691305f;
    private static final float L7 = 0.09691157f;
    private static final float L8 = -0.048845686f;
    private static final float L9 = 0.015885405f;
    private static final float L10 = -0.0024246247f;

    /** The root of 1/2, rounded down. */
    private static final int ROOT_HALF_BITS = 0x3f3504f3;
    /** ln(1 + t) = t (T1 + T2 t + ..) for 1 + t between the roots of 1/2 and 2, to 5e-9. */
    private static final float T1 = 0.9999999f;
    private static final float T2 = -0.49999973f;
    private static final float T3 = 0.33334878f;
    private static final float T4 = -0.25003216f;
    private static final float T5 = 0.1994142f;
    private static final float T6 = -0.1653507f;
    private static final float T7 = 0.15050533f;
    private static final float T8 = -0.14560278f;
    private static final float T9 = 0.08712596f;

    private VectorFunctions() {}

    /** out_j = phi(x_j), NaN where x_j is, as {@link VectorKernels#phi(FloatVector)}. */
    static void phi(float[] x, int xAt, float[] out, int outAt, int count) {
        for (int j = 0; j < count; j += WIDTH) {
            VectorKernels.phi(FloatVector.fromArray(LANES, x, xAt + j)).intoArray(out, outAt + j);
        }
    }

    /**
     * out_j = ln(1 + e^(scale x_j)), to 2e-7 or 2e-7 of it, whichever is more; NaN where x_j is.
     *
     * <p>It is max(z, 0) + ln(1 + e^-|z|); for the power, -|z| = k ln 2 + f.
     */
    static void softplus(float[] x, int xAt, float scale, float[] out, int outAt, int count) {
        for (int j = 0; j < count; j += WIDTH) {
            FloatVector z = FloatVector.fromArray(LANES, x, xAt + j).mul(scale);
            FloatVector size = z.abs();
            VectorMask<Float> large = size.compare(VectorOperators.GT, LARGEST);
            FloatVector minus = size.blend(LARGEST, large).neg();
            FloatVector rounded = minus.fma(z.broadcast(LOG2_E), z.broadcast(ROUNDER));
            FloatVector k = rounded.sub(ROUNDER);
            FloatVector f = k.fma(z.broadcast(-LN2_REST), k.fma(z.broadcast(-LN2), minus));
            FloatVector power = f.mul(E6).add(E5).fma(f, f.broadcast(E4)).fma(f, f.broadcast(E3))
                    .fma(f, f.broadcast(E2)).fma(f, f.broadcast(1f)).fma(f, f.broadcast(1f));
            // 2^k: the lowest bits of what was rounded are k, and become the exponent.
            IntVector scaleBits = rounded.reinterpretAsInts().lanewise(VectorOperators.LSHL, MANTISSA_BITS)
                    .add(ONE_BITS);
            FloatVector e = power.mul(scaleBits.reinterpretAsFloats());
            FloatVector log = e.mul(L10).add(L9).fma(e, e.broadcast(L8)).fma(e, e.broadcast(L7))
                    .fma(e, e.broadcast(L6)).fma(e, e.broadcast(L5)).fma(e, e.broadcast(L4)).fma(e, e.broadcast(L3))
                    .fma(e, e.broadcast(L2)).fma(e, e.broadcast(L1));
            // max(z, 0) is half of z + |z|.
            e.fma(log, z.add(size).mul(0.5f)).intoArray(out, outAt + j);
        }
    }

    /**
     * out_j = ln x_j for positive normal x_j, to 1e-7 or 1e-7 of it, whichever is more. Other x, NaN too, give some number.
     *
     * <p>x = 2^k (1 + t).
     */
    static void log(float[] x, int xAt, float[] out, int outAt, int count) {
        for (int j = 0; j < count; j += WIDTH) {
            IntVector bits = FloatVector.fromArray(LANES, x, xAt + j).reinterpretAsInts();
            IntVector k = bits.sub(ROOT_HALF_BITS).lanewise(VectorOperators.ASHR, MANTISSA_BITS);
            FloatVector t = bits.sub(k.lanewise(VectorOperators.LSHL, MANTISSA_BITS)).reinterpretAsFloats().sub(1f);
            FloatVector log = t.mul(T9).add(T8).fma(t, t.broadcast(T7)).fma(t, t.broadcast(T6)).fma(t, t.broadcast(T5))
                    .fma(t, t.broadcast(T4)).fma(t, t.broadcast(T3)).fma(t, t.broadcast(T2)).fma(t, t.broadcast(T1));
            // An integer added to the rounder's bits is that integer added to the rounder.
            FloatVector exponent = k.add(ROUNDER_BITS).reinterpretAsFloats().sub(ROUNDER);
            exponent.fma(t.broadcast(LN2), t.mul(log)).intoArray(out, outAt + j);
        }
    }
}
