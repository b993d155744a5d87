package kappa.dashboards.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import kappa.dashboards.system.Recording.Outcome;
import kappa.ingest.log.Topics;
import kappa.ingest.wire.Latents;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole of kappa in one process, broker included, killed in the middle. */
@ProcessTest
class KilledLiveTest {

    @TempDir
    private Path directory;

    @Test
    void shouldGoOnWithTheSameCommandAndReachTheUndisturbedModelToTheBit() {
        Path network = directory.resolve("net.npz");
        String[] command = {"live", "--session", Recording.chewieFile().toString(), "--rank", "2", "--speed", "max",
            "--until-end", "--json", "--out", network.toString(), "--port", "0", "--data",
            directory.resolve("data").toString()};
        try (KappaProcess live = KappaProcess.start(directory, command)) {
            String servers = live.awaitLine("Kafka (\\S+)", Recording.LIMIT);
            try (var latents = new TopicTail<>(servers, Topics.LATENTS, Latents::parseFrom)) {
                live.await("half of the latents", Recording.LIMIT,
                        () -> TopicTail.bins(latents, "chewie").cardinality() > Recording.CHEWIE_BINS / 2);
                live.kill();
            }
        }
        try (KappaProcess live = KappaProcess.start(directory, command)) {
            live.awaitSuccess(Recording.LIMIT);
            assertThat(live.err())
                    .contains(
                            "chewie: 71 neurons, rank 2, all " + Recording.CHEWIE_BINS + " bins were published earlier")
                    .containsPattern("from its checkpoint at bin [1-9]");
            Outcome outcome = Outcome.of(live, network);
            assertThat(outcome.figures().get("bins").asInt()).isEqualTo(Recording.CHEWIE_BINS);
            assertThat(outcome.figures().get("latents").asInt()).isEqualTo(Recording.CHEWIE_BINS);
            outcome.shouldEqual(Recording.chewieUndisturbed());
        }
    }
}
