package kappa.fitting.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CBaselineTest {

    @ParameterizedTest
    @CsvSource({"71, 2, 1, 12, 7", "33, 1, 0, 9, 1"})
    void shouldTakeTheGradientThatFiniteDifferencesGive(int neurons, int rank, int inputs, int bins, int windows)
            throws IOException {
        Optional<Boolean> agrees = CBaseline.agreesWithFiniteDifferences(
                GradientSize.of(neurons, rank, inputs, bins, windows));
        assumeThat(agrees).as("a C compiler").isPresent();
        assertThat(agrees).contains(true);
    }

    @Test
    void shouldDoAsManyStepsAsAskedForInItsOwnProcessorTime() {
        Optional<CBaseline> started = CBaseline.start(GradientSize.of(64, 1, 1, 10, 4));
        assumeThat(started).as("a C compiler").isPresent();
        try (CBaseline program = started.orElseThrow()) {
            Step.Spent many = program.repeat(2000);
            assertThat(many.cpuNs()).isPositive();
            assertThat(many.bytes()).isZero();
        }
    }
}
