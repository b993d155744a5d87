package kappa.fitting.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import kappa.ingest.recording.Observation;
import org.junit.jupiter.api.Test;

class RooflineTest {

    /** Everything but what a test looks at is free. */
    private static MachineLimits machine(int threads, double fma, double phi, double roots, double bytes) {
        return new MachineLimits(threads, 16, fma, phi, roots, 1e9,
                List.of(new MachineLimits.Bandwidth(0, bytes)));
    }

    private static final double FREE = Double.POSITIVE_INFINITY;

    @Test
    void shouldCountTheInstructionsOfTheEquations() {
        // Forward 2 + 4 + 1 and 2, backward 2 + 5 + 2 and the gradients' 2 * 2 + 4 + 1.
        assertThat(Roofline.instructions(GradientSize.of(1024, 2, 4, 100, 1))).isEqualTo(9 + 9 + 9);
        assertThat(Roofline.instructions(GradientSize.of(1, 1, 0, 1, 1))).isEqualTo(3 + 7 + 3);
        assertThat(Roofline.instructions(GradientSize.of(7, 2, 4, 9, 3).withKind(Observation.COUNTS)))
                .isEqualTo(9 + 12 + 9);
    }

    @Test
    void shouldCountParameters() {
        assertThat(GradientSize.of(10, 2, 4, 1, 1).parameters()).isEqualTo(10 * (2 + 2 + 4 + 1));
        assertThat(GradientSize.of(10, 2, 4, 1, 1).withKind(Observation.COUNTS).parameters()).isEqualTo(10 * 10);
    }

    @Test
    void shouldAddInstructionsPhiAndAdam() {
        GradientSize size = GradientSize.of(1000, 2, 4, 100, 8);
        double steps = 1000 * 100 * 8;
        double parameters = 1000 * 9;
        assertThat(Roofline.of(size, machine(1, 1e9, FREE, FREE, FREE)).computeMs())
                .isCloseTo(1e3 * (27 * steps + 12 * parameters) / 1e9, within(1e-9));
        assertThat(Roofline.of(size, machine(1, FREE, 1e9, FREE, FREE)).computeMs())
                .isCloseTo(1e3 * steps / 1e9, within(1e-9));
        assertThat(Roofline.of(size, machine(1, FREE, FREE, 1e9, FREE)).computeMs())
                .isCloseTo(1e3 * parameters / 1e9, within(1e-9));
    }

    @Test
    void shouldMoveActivityOnceRatesTwiceAndAdamsFiveArraysTwice() {
        GradientSize size = GradientSize.of(1000, 2, 4, 100, 8);
        Roofline roofline = Roofline.of(size, machine(1, FREE, FREE, FREE, 1e9));
        double bytes = 4.0 * (3 * 1000 * 100 * 8 + 2 * 5 * 9 * 1000);
        assertThat(roofline.memoryMs()).isCloseTo(1e3 * bytes / 1e9, within(1e-9));
        assertThat(roofline.ms()).isEqualTo(roofline.memoryMs());
        assertThat(roofline.limit()).isEqualTo("memory");
    }

    @Test
    void shouldReadAWorkingSetNoFasterThanTheLargestThatWasMeasuredBelowIt() {
        MachineLimits limits = new MachineLimits(2, 16, 1, 1, 1, 1, List.of(
                new MachineLimits.Bandwidth(1_000, 100), new MachineLimits.Bandwidth(10_000, 10)));
        assertThat(limits.bytesPerSecond(10)).isEqualTo(100);
        assertThat(limits.bytesPerSecond(9_999)).isEqualTo(100);
        assertThat(limits.bytesPerSecond(10_000)).isEqualTo(10);
    }

    @Test
    void shouldCountTwoOperationsForAFusedMultiplyAdd() {
        // 27 instructions, of which the 5 K + S for sums over neurons, bins and dimensions are fused, and K + S in x.
        GradientSize size = GradientSize.of(1, 2, 4, 1, 1);
        assertThat(Roofline.flops(size)).isEqualTo(27 + 20 + 19 + 9 * 14);
    }
}
