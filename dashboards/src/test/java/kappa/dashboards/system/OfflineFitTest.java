package kappa.dashboards.system;

import java.nio.file.Path;
import kappa.dashboards.system.Recording.Outcome;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fit} and {@code live} are one fitter. */
@Tag("slow")
class OfflineFitTest {

    @TempDir
    Path directory;

    private Outcome fitted(Path session, int threads) {
        Path network = directory.resolve("fit-" + threads + ".npz");
        try (KappaProcess fit = KappaProcess.start(directory, "fit", session.toString(), "--rank", "2", "--threads",
                Integer.toString(threads), "--json", "--out", network.toString())) {
            fit.awaitSuccess(Recording.LIMIT);
            return Outcome.of(fit, network);
        }
    }

    @Test
    void shouldLeaveTheModelOfTheLivePipelineToTheBit() {
        fitted(Recording.chewieFile(), 2).shouldEqual(Recording.chewieUndisturbed());
    }

    @Test
    void shouldCutASessionWithoutTrialsAsTheLivePipelineDoes() {
        // Four stretches of 100 bins after the first with its warm-up of 25, and one that the session's end cuts short.
        Path session = Recording.synthetic(directory.resolve("session.npz"), 560, 40, 0, 0.02);
        Path network = directory.resolve("live.npz");
        try (KappaProcess live = KappaProcess.start(directory, "live", "--session", session.toString(), "--rank", "2",
                "--speed", "max", "--json", "--out", network.toString(), "--port", "0", "--data",
                directory.resolve("data").toString())) {
            live.awaitSuccess(Recording.LIMIT);
            fitted(session, 1).shouldEqual(Outcome.of(live, network));
        }
    }
}
