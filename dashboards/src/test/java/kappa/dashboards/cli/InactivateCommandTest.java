package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import kappa.dashboards.BesideOthers;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Predictions of silencing, as a user would ask for them. */
@BesideOthers
class InactivateCommandTest {

    private static final int NEURONS = 80;

    @TempDir
    static Path directory;

    private static Ran run(String line) {
        return Ran.run(directory, line);
    }

    /**
     * A context-dependent decision by hand (Dubreuil et al. 2022): half of the neurons integrate the first input and are
     * saturated by the second context, the other half the other way round.
     */
    @BeforeAll
    static void record() {
        float[] m = new float[NEURONS];
        float[] n = new float[NEURONS];
        float[] w = new float[4 * NEURONS];
        float[] readout = new float[NEURONS];
        for (int i = 0; i < NEURONS; i++) {
            int own = i % 2;
            float sign = i / 2 % 2 == 0 ? 1 : -1;
            m[i] = sign * (1 + 0.01f * i);
            n[i] = 2.5f * sign;
            w[own * NEURONS + i] = 3 * sign;
            w[(2 + 1 - own) * NEURONS + i] = 6 * (i / 4 % 2 == 0 ? 1 : -1);
            readout[i] = 2 * sign;
        }
        LowRankNetwork net = LowRankNetwork.withoutBias(NEURONS, 1, 4, 0.2, m, n, w);
        NetworkFile.write(directory.resolve("cdm.npz"),
                net.withReadout(readout));
        NetworkFile.write(directory.resolve("mute.npz"), net);
        float[] wrec = new float[NEURONS * NEURONS];
        for (int i = 0; i < NEURONS * NEURONS; i++) {
            wrec[i] = m[i / NEURONS] * n[i % NEURONS] / NEURONS;
        }
        float[] unscaled = readout.clone();
        for (int i = 0; i < NEURONS; i++) {
            unscaled[i] /= NEURONS;
        }
        NetworkFile.write(directory.resolve("full.npz"),
                new FullRankNetwork(NEURONS, 4, 0.2, wrec, w, new float[NEURONS]).withReadout(unscaled));
        Ran simulated = run("simulate D/cdm.npz --task cdm --trials 60 --out D/session.npz");
        assertThat(simulated.code()).as(simulated.err()).isZero();
    }

    @Test
    void shouldPredictExactlyWhatSilencingDoesToTheNetworkItself() throws Exception {
        for (String teacher : Arrays.asList("D/cdm.npz", "D/full.npz")) {
            Ran ran = run("inactivate D/cdm.npz D/session.npz --verify " + teacher + " --variance 1 --json");
            assertThat(ran.code()).as(ran.err()).isZero();
            JsonNode figures = ran.json();
            assertThat(figures.get("readout").asText()).isEqualTo("network");
            assertThat(figures.get("contexts")).hasSize(2);
            assertThat(figures.get("sets").size()).isGreaterThanOrEqualTo(4);
            for (JsonNode set : figures.get("sets")) {
                assertThat(set.get("neurons")).hasSize(set.get("size").asInt());
                // The same arithmetic in another order, in floats.
                assertThat(set.get("r2_change").asDouble()).as(set.toString()).isCloseTo(1, within(1e-5));
                assertThat(set.get("choice_agreement").asDouble()).isEqualTo(1);
                set.get("accuracy").forEach(one -> assertThat(one.get("silenced").asDouble())
                        .isEqualTo(one.get("true_silenced").asDouble()));
                assertThat(set.get("psychometric").size()).isPositive();
            }
        }
    }

    @Test
    void shouldRegressTheReadoutThatANetworkLacks() throws Exception {
        JsonNode alone = run("inactivate D/mute.npz D/session.npz --json").json();
        assertThat(alone.get("readout").asText()).isEqualTo("targets");
        assertThat(alone.get("readout_r2").asDouble()).isGreaterThan(0.5);
        JsonNode figures = run("inactivate D/mute.npz D/session.npz --verify D/cdm.npz --variance 1 --json").json();
        assertThat(figures.get("readout").asText()).isEqualTo("teacher");
        figures.get("sets").forEach(set -> {
            assertThat(set.get("r2_change").asDouble()).isCloseTo(1, within(1e-5));
            assertThat(set.get("with_regressed_readout").get("r2_change").asDouble()).isLessThan(1);
        });
        JsonNode borrowed = run("inactivate D/mute.npz D/session.npz --readout D/cdm.npz --json").json();
        assertThat(borrowed.get("readout").asText()).isEqualTo("network");
        JsonNode elsewhere = run("inactivate D/cdm.npz D/session.npz --readout D/session.npz --json").json();
        assertThat(elsewhere.get("readout").asText()).isEqualTo("targets");
    }

    @Test
    void shouldSilenceWhatItIsTold() throws Exception {
        JsonNode figures = run("inactivate D/cdm.npz D/session.npz --set A=0,5,7-20 --set B=3 --silence 1-2"
                + " --random 1 --bins 20-30 --silencing deletion --json").json();
        assertThat(figures.get("silencing").asText()).isEqualTo("deletion");
        assertThat(figures.get("sets").findValuesAsText("name")).containsExactly("A", "B", "chosen",
                "random 1, seed 1", "random 2, seed 1", "random 16, seed 1");
        assertThat(figures.get("sets").get(0).get("size").asInt()).isEqualTo(16);
        Ran table = run("inactivate D/cdm.npz D/session.npz --silence 0-20");
        assertThat(table.out()).contains("chosen", "21 neurons", "->").doesNotContain("agree");
    }

    @Test
    void shouldWriteAPageWithPicturesOfWhatChanges() throws Exception {
        Ran ran = run("inactivate D/cdm.npz D/session.npz --verify D/full.npz --random 0 --report D/report");
        assertThat(ran.code()).as(ran.err()).isZero();
        Path page = directory.resolve("report").resolve("index.html");
        assertThat(page).content()
                .contains("In short", "agree with a median R", "<svg",
                        "Right choices in each context",
                        "context A, choice +",
                        "Choices against coherence A", "data-save=\"csv\"")
                .containsPattern("Without .*, right choices in context A go from \\d+ % to \\d+ %, in context B ")
                .doesNotContain("http://www.w3.org/1999/xhtml", "<script src", "href=\"", "NaN");
        try (Stream<Path> files = Files.list(page.getParent())) {
            assertThat(files.filter(file -> file.toString().endsWith(".svg")).count()).isGreaterThan(4);
        }
        assertFails("inactivate D/cdm.npz D/session.npz --report D/cdm.npz/x", "--report", "cannot be made");
    }

    @Test
    void shouldSayInOneLineWhatIsWrong() {
        assertFails("inactivate D/full.npz D/session.npz", "full.npz: is a full-rank network, expected m and n");
        assertFails("inactivate D/cdm.npz D/session.npz --silence 70-80", "set 'chosen': \"70-80\"", "0 to 79");
        assertFails("inactivate D/cdm.npz D/session.npz --bins 9", "--bins is 9, expected FROM-TO");
        assertFails("inactivate D/cdm.npz D/session.npz --bins 9-3", "bins to silence");
        assertFails("inactivate D/cdm.npz D/session.npz --variance 0", "variance: 0.0");
        assertFails("inactivate D/cdm.npz D/session.npz --readout D/mute.npz", "readout", "wo");
        assertFails("inactivate D/cdm.npz D/session.npz --verify D/mute.npz", "teacher: 0 outputs");
        assertFails("inactivate D/cdm.npz D/none.npz", "none.npz: no such file");
    }

    private static void assertFails(String line, String... parts) {
        Ran.assertFails(directory, line, parts);
    }
}
