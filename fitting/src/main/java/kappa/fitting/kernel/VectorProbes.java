package kappa.fitting.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The limits of SIMD code, to measure {@link VectorKernels} against. */
final class VectorProbes implements MachineProbe {

    private static final VectorSpecies<Float> LANES = VectorKernels.LANES;
    private static final int WIDTH = VectorKernels.WIDTH;

    @Override
    public int lanes() {
        return WIDTH;
    }

    /** Twelve chains: two instructions a cycle with a latency of up to six, within sixteen registers. */
    @Override
    public long multiplyAdd(int rounds, float[] out) {
        FloatVector keep = FloatVector.broadcast(LANES, 0.5f);
        FloatVector add = FloatVector.broadcast(LANES, 0.25f);
        FloatVector a0 = FloatVector.broadcast(LANES, 1f);
        FloatVector a1 = a0.add(1f);
        FloatVector a2 = a1.add(1f);
        FloatVector a3 = a2.add(1f);
        FloatVector a4 = a3.add(1f);
        FloatVector a5 = a4.add(1f);
        FloatVector a6 = a5.add(1f);
        FloatVector a7 = a6.add(1f);
        FloatVector a8 = a7.add(1f);
        FloatVector a9 = a8.add(1f);
        FloatVector a10 = a9.add(1f);
        FloatVector a11 = a10.add(1f);
        for (int i = 0; i < rounds; i++) {
            a0 = a0.fma(keep, add);
            a1 = a1.fma(keep, add);
            a2 = a2.fma(keep, add);
            a3 = a3.fma(keep, add);
            a4 = a4.fma(keep, add);
            a5 = a5.fma(keep, add);
            a6 = a6.fma(keep, add);
            a7 = a7.fma(keep, add);
            a8 = a8.fma(keep, add);
            a9 = a9.fma(keep, add);
            a10 = a10.fma(keep, add);
            a11 = a11.fma(keep, add);
        }
        a0.add(a1).add(a2).add(a3).add(a4).add(a5).add(a6).add(a7).add(a8).add(a9).add(a10).add(a11)
                .intoArray(out, 0);
        return 12L * WIDTH * rounds;
    }

    @Override
    public void phi(float[] x, float[] out) {
        for (int i = 0; i < x.length; i += WIDTH) {
            VectorKernels.phi(FloatVector.fromArray(LANES, x, i)).intoArray(out, i);
        }
    }

    @Override
    public void quotientOfRoot(float[] x, float[] out) {
        for (int i = 0; i < x.length; i += WIDTH) {
            FloatVector a = FloatVector.fromArray(LANES, x, i);
            a.div(a.sqrt().add(1f)).intoArray(out, i);
        }
    }

    @Override
    public void libraryTanh(float[] x, float[] out) {
        for (int i = 0; i < x.length; i += WIDTH) {
            FloatVector.fromArray(LANES, x, i).lanewise(VectorOperators.TANH).intoArray(out, i);
        }
    }

    @Override
    public void read(float[] x, float[] out) {
        FloatVector s0 = FloatVector.zero(LANES);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        for (int i = 0; i < x.length; i += 4 * WIDTH) {
            s0 = s0.add(FloatVector.fromArray(LANES, x, i));
            s1 = s1.add(FloatVector.fromArray(LANES, x, i + WIDTH));
            s2 = s2.add(FloatVector.fromArray(LANES, x, i + 2 * WIDTH));
            s3 = s3.add(FloatVector.fromArray(LANES, x, i + 3 * WIDTH));
        }
        s0.add(s1).add(s2.add(s3)).intoArray(out, 0);
    }
}
