package kappa.dashboards.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import kappa.dashboards.cli.Ran;
import kappa.dashboards.system.Recording.Outcome;
import kappa.fitting.file.NetworkFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fit} and {@code live} are one fitter; {@link ThreeProcessesTest} says so of a session with trials. */
@Tag("slow")
class OfflineFitTest {

    @TempDir
    Path directory;

    /** All of kappa in one process, which is that of the test: broker, pipeline, page and replay. */
    private Outcome live(Path session, String... more) throws IOException {
        Path network = directory.resolve("live.npz");
        Path token = Files.writeString(directory.resolve("token"), "0123456789abcdef0123456789abcdef");
        List<String> words = new ArrayList<>(List.of("live", "--session", session.toString(), "--rank", "2", "--speed",
                "max", "--json", "--out", network.toString(), "--port", "0", "--control-token-file", token.toString(),
                "--data", directory.resolve("data").toString()));
        words.addAll(List.of(more));
        return Outcome.of(Ran.start(words.toArray(String[]::new))
                .orTimeout(Recording.LIMIT.toSeconds(), TimeUnit.SECONDS).join(), network);
    }

    @Test
    void shouldCutASessionWithoutTrialsAsTheLivePipelineDoes() throws IOException {
        // Four stretches of 100 bins after the first with its warm-up of 25, and one that the session's end cuts short.
        Path session = Recording.synthetic(directory.resolve("session.npz"), 560, 40, 0, 0.02);
        Recording.fitted(session, directory, 1).shouldEqual(live(session));
    }

    @Test
    void shouldStartFromYesterdaysModelAsTheLivePipelineDoes() throws IOException {
        Path session = Recording.synthetic(directory.resolve("session.npz"), 600, 40, 12, 0.02);
        Recording.fitted(session, directory, 1);
        Path yesterday = directory.resolve("fit-1.npz");
        Outcome live = live(session, "--start-from", yesterday.toString());
        Path today = directory.resolve("today.npz");
        Outcome fit = Outcome.of(Ran.run("fit", session.toString(), "--start-from", yesterday.toString(), "--json",
                "--out", today.toString()), today);
        fit.shouldEqual(live);
        assertThat(fit.figures().at("/prequential/per_trial/0").asDouble()).as("the first trial is predicted")
                .isGreaterThan(0);
        // To the last number that is kept.
        assertThat(NetworkFile.model(today)).usingRecursiveComparison()
                .isEqualTo(NetworkFile.model(directory.resolve("live.npz")));
    }
}
