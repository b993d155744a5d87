package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import kappa.ingest.recording.npz.NpzWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every command that reads a recording says what looks wrong with it before it starts. */
class PlausibilityCommandsTest {

    private static final int NEURONS = 5;
    private static final int BINS = 60;

    private static final String SILENT = "1 of 5 neurons has no spike in the session: 2; leave them out, because nothing can"
            + " be learned of them [silent]";
    private static final String ARTEFACT = "neuron 1 has 40000 spikes in bin 125, where its next largest bin has 3; there is 1"
            + " such bin of 1 neuron, taken as not observed; --keep-artefacts keeps what was recorded [artefact]";

    @TempDir
    Path directory;

    private Path write(String name, int trials, float spikes) {
        SplittableRandom random = new SplittableRandom(5);
        float[] counts = new float[trials * BINS * NEURONS];
        for (int k = 0; k < counts.length; k++) {
            counts[k] = k % NEURONS == 2 ? 0 : spikes * random.nextInt(4);
        }
        if (trials > 2) {
            counts[(2 * BINS + 5) * NEURONS + 1] = 40_000;
        }
        Path file = directory.resolve(name + ".npz");
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.put("counts", counts, trials, BINS, NEURONS);
            npz.put("bin_width", 0.02);
        }
        return file;
    }

    @BeforeEach
    void record() {
        write("strange", 6, 1);
    }

    private static final String FIT = "--rank 1 --steps-per-trial 1 --out D/net.npz";

    @ParameterizedTest
    @ValueSource(strings = {"fit D/strange.npz " + FIT, "convert D/strange.npz --out D/copy.npz"})
    void shouldPrintEachWarningOnceBeforeItStarts(String line) {
        Ran ran = Ran.run(directory, line);
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.lines().subList(1, 3)).containsExactly("warning: " + SILENT, "warning: " + ARTEFACT);
        assertThat(ran.lines()).filteredOn(said -> said.contains("[silent]")).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"fit D/strange.npz --strict " + FIT, "convert D/strange.npz --strict --out D/copy.npz",
        "inspect D/strange.npz --strict", "live --session D/strange.npz --strict --until-end",
        "replay D/strange.npz --strict --bootstrap-servers localhost:1"})
    void shouldStopWhereWarningsAreErrors(String line) {
        Ran ran = Ran.run(directory, line);
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.out() + ran.err()).contains(SILENT, ARTEFACT);
        assertThat(ran.lines().getLast()).isEqualTo("kappa: "
                + (line.startsWith("inspect") ? directory.resolve("strange.npz") : "strange.npz")
                + ": 2 warnings, expected none because of --strict");
        assertThat(directory.resolve("net.npz")).doesNotExist();
        assertThat(directory.resolve("copy.npz")).doesNotExist();
    }

    @Test
    void shouldShowWhatLooksWrongInInspect() throws IOException {
        Ran ran = Ran.run(directory, "inspect D/strange.npz");
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out()).contains("warning " + SILENT, "warning " + ARTEFACT,
                "seconds 7.2" + System.lineSeparator());
        JsonNode json = Ran.run(directory, "inspect D/strange.npz --json").json();
        assertThat(json.get("warnings")).hasSize(2);
        assertThat(json.get("warnings").get(0).asText()).isEqualTo(SILENT);
    }

    @Test
    void shouldKeepArtefactsOnlyIfAsked() throws IOException {
        JsonNode hidden = Ran.run(directory, "convert D/strange.npz --out D/copy.npz --json").json();
        assertThat(hidden.get("unobserved").asDouble()).isEqualTo(1.0 / (6 * BINS * NEURONS));
        assertThat(hidden.get("warnings")).hasSize(2);
        JsonNode kept = Ran.run(directory, "convert D/strange.npz --keep-artefacts --out D/copy.npz --json").json();
        assertThat(kept.get("unobserved").asDouble()).isZero();
    }

    @Test
    void shouldSayThatOneTrialScoresNothing() throws IOException {
        Path one = write("one", 1, 1);
        Ran ran = Ran.run("fit", one.toString(), "--rank", "1", "--steps-per-trial", "1", "--json");
        assertThat(ran.code()).as(ran.err()).isZero();
        String line = "one trial: nothing was scored, because a trial is scored by what was learned of those before it";
        assertThat(ran.lines()).contains("warning: " + line);
        assertThat(ran.json().get("warnings").get(ran.json().get("warnings").size() - 1).asText()).isEqualTo(line);
    }

    @Test
    void shouldSayThatASessionWithoutSpikesScoresNothing() throws IOException {
        Path none = write("none", 2, 0);
        Ran fit = Ran.run("fit", none.toString(), "--rank", "1", "--steps-per-trial", "1", "--out",
                directory.resolve("net.npz").toString());
        assertThat(fit.code()).as(fit.err()).isZero();
        assertThat(fit.lines()).contains("warning: no spike in the session; check which units, trials and times were"
                + " chosen [no-spike]", "warning: no spike in the session: nothing was scored");
        Ran evaluate = Ran.run(directory, "evaluate D/net.npz D/none.npz");
        assertThat(evaluate.code()).as(evaluate.err()).isZero();
        assertThat(evaluate.lines()).contains("warning: no spike in the session: nothing was scored");
    }

    /** Nothing in these counts can be predicted, and less by a network that has hardly learned. */
    @Test
    void shouldNotTrustAFitThatIsBelowTheSmoothedRate() {
        Path noise = write("noise", 2, 1);
        Ran ran = Ran.run("fit", noise.toString(), "--rank", "1", "--steps-per-trial", "1");
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.err()).contains("do not trust kappa yet");
    }
}
