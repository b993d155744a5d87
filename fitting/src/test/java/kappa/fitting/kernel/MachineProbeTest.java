package kappa.fitting.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** That the loops do what is timed: a loop that does less is faster than the machine. */
class MachineProbeTest {

    static Stream<MachineProbe> probes() {
        return Stream.of(new ScalarProbes(), new VectorProbes());
    }

    private static float[] ramp() {
        float[] x = new float[MachineProbe.BLOCK];
        for (int i = 0; i < x.length; i++) {
            x[i] = 3f * i / x.length;
        }
        return x;
    }

    @ParameterizedTest
    @MethodSource("probes")
    void shouldComputeWhatIsTimed(MachineProbe probe) {
        float[] x = ramp();
        float[] phi = new float[x.length];
        float[] tanh = new float[x.length];
        float[] quotient = new float[x.length];
        probe.phi(x, phi);
        probe.libraryTanh(x, tanh);
        probe.quotientOfRoot(x, quotient);
        for (int i = 0; i < x.length; i++) {
            // Some roundings of numbers below one; the rational phi is the worst.
            assertThat(phi[i]).isCloseTo((float) StrictMath.tanh(x[i]), within(5e-7f));
            assertThat(tanh[i]).isCloseTo((float) StrictMath.tanh(x[i]), within(2e-7f));
            assertThat(quotient[i]).isCloseTo((float) (x[i] / (StrictMath.sqrt(x[i]) + 1)), within(3e-7f));
        }
    }

    @ParameterizedTest
    @MethodSource("probes")
    void shouldMultiplyAndAddInEveryChain(MachineProbe probe) {
        float[] out = new float[MachineProbe.BLOCK];
        long done = probe.multiplyAdd(60, out);
        long chains = done / 60 / probe.lanes();
        assertThat(done).isEqualTo(chains * 60 * probe.lanes());
        for (int lane = 0; lane < probe.lanes(); lane++) {
            // a = a / 2 + 1/4 has come to 1/2 in each of them after some twenty rounds.
            assertThat(out[lane]).isEqualTo(0.5f * chains);
        }
    }

    @ParameterizedTest
    @MethodSource("probes")
    void shouldReadEveryElement(MachineProbe probe) {
        float[] x = ramp();
        float[] sums = new float[MachineProbe.BLOCK];
        probe.read(x, sums);
        double total = 0;
        for (float value : x) {
            total += value;
        }
        double read = 0;
        for (float value : Arrays.copyOf(sums, probe.lanes())) {
            read += value;
        }
        // 512 numbers below 3, whose running sums are rounded at 768 or less.
        assertThat(read).isCloseTo(total, within(512 * 768 * 6e-8));
    }
}
