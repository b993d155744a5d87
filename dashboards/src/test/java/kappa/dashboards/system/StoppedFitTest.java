package kappa.dashboards.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import kappa.fitting.file.NetworkFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C during a long fit. */
@ProcessTest
class StoppedFitTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    @Test
    void shouldKeepTheModelSoFarAndSaySo() {
        Path session = directory.resolve("session.npz");
        Path network = directory.resolve("net.npz");
        try (KappaProcess simulate = KappaProcess.start(directory, "simulate", "decision", "--task", "dm", "--trials",
                "50", "--observe", "counts", "--out", session.toString())) {
            simulate.awaitSuccess(LIMIT);
        }
        try (KappaProcess fit = KappaProcess.start(directory, "fit", session.toString(), "--rank", "1", "--passes",
                "1000", "--out", network.toString())) {
            fit.awaitLine("fitted: \\d+ of", LIMIT);
            assertThat(fit.stop(LIMIT)).as("the exit code is the signal's").isEqualTo(143);
            assertThat(fit.err()).containsPattern("stopped after \\d+ of 3750000 bins")
                    .containsPattern("model \\d+ of rank 1 written to");
        }
        assertThat(NetworkFile.read(network).neurons()).isEqualTo(512);
    }
}
