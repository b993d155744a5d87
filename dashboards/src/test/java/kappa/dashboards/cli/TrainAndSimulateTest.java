package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import kappa.dashboards.BesideOthers;
import kappa.fitting.file.NetworkFile;
import kappa.ingest.recording.npz.NpzRecording;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** From a task to a trained network to a session that can be evaluated, as a user would type it. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@BesideOthers
class TrainAndSimulateTest {

    @TempDir
    static Path directory;

    private static Ran run(String line) {
        return Ran.run(directory, line);
    }

    @Test
    @Order(1)
    void shouldTrainANetworkAndReportHowWellItDoes() throws Exception {
        Ran ran = run("train --task dm --rank 1 --neurons 100 --out D/dm.npz --seed 3 --json");
        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode figures = ran.json();
        assertThat(figures.get("task").asText()).isEqualTo("dm");
        assertThat(figures.get("accuracy").asDouble()).isGreaterThanOrEqualTo(0.99);
        assertThat(figures.get("steps").asInt()).isBetween(25, 1500);
        assertThat(figures.get("seconds").asDouble()).isPositive();
        assertThat(figures.get("psychometric")).hasSize(10);
        JsonNode easiest = figures.get("psychometric").get(9);
        assertThat(easiest.get("coherence").asDouble()).isCloseTo(16 * 0.032, within(1e-9));
        assertThat(easiest.get("positive").asDouble()).isEqualTo(1);
        assertThat(NetworkFile.read(directory.resolve("dm.npz")).neurons()).isEqualTo(100);
    }

    @Test
    @Order(2)
    void shouldSimulateSessionsOfATrainedNetwork() throws Exception {
        Ran counts = run("simulate D/dm.npz --task dm --trials 20 --out D/counts.npz --json");
        assertThat(counts.code()).as(counts.err()).isZero();
        assertThat(counts.json().get("bins").asInt()).isEqualTo(20 * 75);
        assertThat(counts.json().get("accuracy").asDouble()).isGreaterThanOrEqualTo(0.9);
        Ran rates = run("simulate D/dm.npz --task dm --trials 5 --observe rates --seed 2 --neurons-observed 0.5"
                + " --out D/rates.npz");
        assertThat(rates.code()).as(rates.err()).isZero();
        assertThat(NpzRecording.open(directory.resolve("rates.npz"), null).neurons()).isEqualTo(50);
        Ran whole = run("simulate D/dm.npz --task dm --trials 5 --observe rates --seed 2 --out D/held-out.npz");
        assertThat(whole.code()).as(whole.err()).isZero();
        Ran evaluated = run("evaluate D/dm.npz D/held-out.npz --teacher D/dm.npz --json");
        assertThat(evaluated.json().get("r2").asDouble()).isGreaterThan(1 - 1e-6);
        assertThat(evaluated.json().get("accuracy").asDouble()).isEqualTo(1);
        assertThat(evaluated.json().get("teacher_accuracy").asDouble()).isEqualTo(1);
    }

    @Test
    @Order(3)
    void shouldScoreAFullRankNetworkBesideItsTruncation() throws Exception {
        Ran trained = run("train --task dm --rank full --neurons 80 --out D/full.npz --learning-rate 1e-3 --json");
        assertThat(trained.code()).as(trained.err()).isZero();
        run("simulate D/full.npz --task dm --trials 30 --observe rates --out D/full-rates.npz");
        JsonNode exact = run("evaluate D/full.npz D/full-rates.npz --truncate 80 --teacher D/full.npz --json").json();
        assertThat(exact.get("r2").asDouble()).isGreaterThan(1 - 1e-6);
        assertThat(exact.get("cc").asDouble()).isGreaterThan(1 - 1e-6);
        assertThat(exact.get("accuracy")).isEqualTo(exact.get("teacher_accuracy"));
        JsonNode cut = run("evaluate D/full.npz D/full-rates.npz --truncate 1 --teacher D/full.npz --json").json();
        assertThat(cut.get("r2").asDouble()).isLessThan(0.9);
    }

    @Test
    @Order(4)
    void shouldSayThatATaskWasNotLearnedAndWriteTheNetworkAllTheSame() {
        Ran ran = run("train --task cdm --rank 1 --neurons 30 --max-steps 2 --out D/cdm.npz --parts m,n,b,h0");
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.err().lines().toList().getLast()).startsWith("kappa: ").contains("cdm.npz", "accuracy",
                "after 2 steps", "expected 0.99");
        assertThat(NetworkFile.read(directory.resolve("cdm.npz")).inputs()).isEqualTo(4);
    }
}
