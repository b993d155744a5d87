package kappa.fitting.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

class VectorFunctionsTest {

    /** A multiple of every vector's length. */
    private static final int COUNT = 1 << 20;

    private interface Row {
        void apply(float[] x, float[] out);
    }

    /** Largest error in units of 1 or, where that is more, of the value. */
    private static double worst(double from, double to, Row row, DoubleUnaryOperator exact) {
        float[] x = new float[COUNT];
        float[] out = new float[COUNT];
        for (int j = 0; j < COUNT; j++) {
            x[j] = (float) (from + (to - from) * j / (COUNT - 1));
        }
        row.apply(x, out);
        double worst = 0;
        for (int j = 0; j < COUNT; j++) {
            double expected = exact.applyAsDouble(x[j]);
            double error = Math.abs(out[j] - expected) / Math.max(1, Math.abs(expected));
            assertThat(error).as("at %s: %s", x[j], out[j]).isFinite();
            worst = Math.max(worst, error);
        }
        return worst;
    }

    private static float at(float x, Row row) {
        float[] in = new float[VectorKernels.WIDTH];
        float[] out = new float[VectorKernels.WIDTH];
        in[0] = x;
        row.apply(in, out);
        return out[0];
    }

    private static void phi(float[] x, float[] out) {
        VectorFunctions.phi(x, 0, out, 0, x.length);
    }

    private static void softplus(float[] x, float[] out) {
        VectorFunctions.softplus(x, 0, -2f, out, 0, x.length);
    }

    private static void log(float[] x, float[] out) {
        VectorFunctions.log(x, 0, out, 0, x.length);
    }

    private static double exactSoftplus(double z) {
        return Math.max(-2 * z, 0) + Math.log1p(Math.exp(-Math.abs(2 * z)));
    }

    @Test
    void softplusShouldErrByLessThanTwoTenMillionths() {
        // A few roundings of floats near 1; the approximations themselves err by 3e-9.
        assertThat(worst(-60, 60, VectorFunctionsTest::softplus, VectorFunctionsTest::exactSoftplus)).isLessThan(2e-7);
        assertThat(worst(-1, 1, VectorFunctionsTest::softplus, VectorFunctionsTest::exactSoftplus)).isLessThan(2e-7);
    }

    @Test
    void softplusShouldBeRightFarOut() {
        assertThat(at(0, VectorFunctionsTest::softplus)).isEqualTo((float) Math.log(2));
        assertThat(at(-50, VectorFunctionsTest::softplus)).isEqualTo(100f);
        // e^-100 is below the smallest normal float.
        assertThat(at(50, VectorFunctionsTest::softplus)).isBetween(0f, 2e-38f);
        assertThat(at(1e30f, VectorFunctionsTest::softplus)).isBetween(0f, 2e-38f);
        assertThat(at(-1e30f, VectorFunctionsTest::softplus)).isEqualTo(2e30f);
        assertThat(at(Float.NaN, VectorFunctionsTest::softplus)).isNaN();
        // Where a tenth of a per mille of a spike is expected, its share of the loss is still known to its last digits.
        assertThat(at(10, VectorFunctionsTest::softplus) / Math.exp(-20)).isBetween(1 - 1e-6, 1 + 1e-6);
    }

    @Test
    void logShouldErrByLessThanTwoTenMillionths() {
        assertThat(worst(1e-3, 2, VectorFunctionsTest::log, Math::log)).isLessThan(2e-7);
        assertThat(worst(2, 1e6, VectorFunctionsTest::log, Math::log)).isLessThan(2e-7);
        assertThat(worst(1.2e-38, 1e-30, VectorFunctionsTest::log, Math::log)).isLessThan(2e-7);
        assertThat(at(1, VectorFunctionsTest::log)).isZero();
    }

    @Test
    void phiOfRowsShouldBeThatOfNumbers() {
        float[] x = new float[COUNT];
        float[] out = new float[COUNT];
        for (int j = 0; j < COUNT; j++) {
            x[j] = 24f * j / COUNT - 12;
        }
        phi(x, out);
        for (int j = 0; j < COUNT; j++) {
            assertThat(out[j]).isEqualTo(VectorKernels.phi(x[j]));
        }
        assertThat(at(1e30f, VectorFunctionsTest::phi)).isEqualTo(VectorKernels.phi(50f));
        assertThat(at(-1e30f, VectorFunctionsTest::phi)).isEqualTo(VectorKernels.phi(-50f));
        assertThat(at(Float.NaN, VectorFunctionsTest::phi)).isNaN();
    }
}
