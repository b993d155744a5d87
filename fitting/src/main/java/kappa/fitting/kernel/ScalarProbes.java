package kappa.fitting.kernel;

import kappa.fitting.model.LowRankNetwork;

/**
 * The limits of code without SIMD, to measure {@link ScalarKernels} against. The compiler turns some loops into SIMD
 * by itself, such as Adam's; these can be faster.
 */
final class ScalarProbes implements MachineProbe {

    private static final float KEEP = 0.5f;
    private static final float ADD = 0.25f;

    @Override
    public int lanes() {
        return 1;
    }

    @Override
    public long multiplyAdd(int rounds, float[] out) {
        float a0 = 1;
        float a1 = 2;
        float a2 = 3;
        float a3 = 4;
        float a4 = 5;
        float a5 = 6;
        float a6 = 7;
        float a7 = 8;
        for (int i = 0; i < rounds; i++) {
            a0 = Math.fma(a0, KEEP, ADD);
            a1 = Math.fma(a1, KEEP, ADD);
            a2 = Math.fma(a2, KEEP, ADD);
            a3 = Math.fma(a3, KEEP, ADD);
            a4 = Math.fma(a4, KEEP, ADD);
            a5 = Math.fma(a5, KEEP, ADD);
            a6 = Math.fma(a6, KEEP, ADD);
            a7 = Math.fma(a7, KEEP, ADD);
        }
        out[0] = a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7;
        return 8L * rounds;
    }

    @Override
    public void phi(float[] x, float[] out) {
        for (int i = 0; i < x.length; i++) {
            out[i] = (float) LowRankNetwork.phi(x[i]);
        }
    }

    @Override
    public void quotientOfRoot(float[] x, float[] out) {
        for (int i = 0; i < x.length; i++) {
            out[i] = x[i] / ((float) Math.sqrt(x[i]) + 1);
        }
    }

    @Override
    public void libraryTanh(float[] x, float[] out) {
        phi(x, out);
    }

    @Override
    public void read(float[] x, float[] out) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        for (int i = 0; i < x.length; i += 4) {
            s0 += x[i];
            s1 += x[i + 1];
            s2 += x[i + 2];
            s3 += x[i + 3];
        }
        out[0] = s0 + s1 + s2 + s3;
    }
}
