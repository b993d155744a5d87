package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import kappa.dashboards.BesideOthers;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.simulation.HandBuiltNetworks.HandBuilt;
import kappa.ingest.recording.npz.NpzWriter;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The networks of the thesis, analysed as a user would ask for it. */
@BesideOthers
class AnalyzeCommandTest {

    private static final int NEURONS = 200;

    @TempDir
    static Path directory;

    @BeforeAll
    static void write() {
        for (String name : new String[]{"decision", "figure-4.1b", "figure-4.1d", "two-population", "dms"}) {
            HandBuilt built = HandBuiltNetworks.named(name, name.equals("dms") ? 512 : NEURONS, 1);
            NetworkFile.write(directory.resolve(name + ".npz"),
                    built.network().withReadout(built.readout()));
        }
    }

    private static JsonNode figures(String line) throws Exception {
        Ran ran = Ran.run(directory, line);
        assertThat(ran.code()).as(ran.err()).isZero();
        return ran.json();
    }

    @Test
    void shouldTellFixedPointsOverlapsAndPopulationsOfEachInput() throws Exception {
        JsonNode figures = figures("analyze D/figure-4.1b.npz --json");
        JsonNode points = figures.get("fixed_points");
        assertThat(points.get("none").findValuesAsText("type")).containsOnlyOnce("unstable node").hasSize(5);
        assertThat(points.get("none").get(0).get("eigenvalues").get(0)).hasSize(2);
        assertThat(points.get("none").get(0).get("kappa")).hasSize(2);
        assertThat(points.fieldNames()).toIterable().containsExactly("none", "input 0", "input 1");
        assertThat(figures.get("complete").get("none").asBoolean()).isTrue();
        assertThat(figures.get("overlaps")).hasSize(2);
        assertThat(figures.get("effective_overlaps").get("input 0").get(0).get(0).asDouble())
                .isLessThan(figures.get("effective_overlaps").get("none").get(0).get(0).asDouble());
        assertThat(figures.get("limit_cycles")).isEmpty();
        int neurons = 0;
        for (JsonNode population : figures.get("populations")) {
            neurons += population.get("size").asInt();
            assertThat(population.get("neurons")).hasSize(population.get("size").asInt());
            assertThat(population.get("covariance")).hasSize(6);
        }
        assertThat(neurons).isEqualTo(NEURONS);
        assertThat(figures.get("basin_fractions").get("none")).hasSize(2);
    }

    @Test
    void shouldFindTheCycleAndHoldInputsOfChoice() throws Exception {
        assertThat(figures("analyze D/figure-4.1d.npz --json").get("limit_cycles").get(0).get("stable").asBoolean())
                .isTrue();
        JsonNode held = figures("analyze D/two-population.npz --input 2 --input 2=0.1,0=0.2 --json")
                .get("fixed_points");
        assertThat(held.fieldNames()).toIterable().containsExactly("none", "input 2", "2=0.1,0=0.2");
    }

    @Test
    void shouldTellWhereAnInputChangesTheDynamics() throws Exception {
        JsonNode scan = figures("analyze D/decision.npz --scan 0=0:2 --json").get("bifurcations");
        // The stable state and the saddle that the input pushes against meet and vanish.
        assertThat(scan.findValuesAsText("kind")).contains("saddle node");
        assertThat(scan.get(0).get("amplitude").asDouble()).isBetween(0.001, 2.0);
    }

    @Test
    void shouldReportTheMechanismOfAMatchToSampleNetworkAndWhetherItsPopulationsAreEnough() throws Exception {
        JsonNode figures = figures("analyze D/dms.npz --task dms --populations 2 --draws 1 --neurons 512 --json");
        assertThat(figures.get("dms_mechanism").get("stable_states").get("none").asInt()).isEqualTo(2);
        assertThat(figures.get("dms_mechanism").get("solution").asText()).isEqualTo("first");
        assertThat(figures.get("psychometric")).hasSize(4).allSatisfy(point -> {
            boolean match = point.get("sample").equals(point.get("test"));
            assertThat(point.get("positive").asDouble()).isEqualTo(match ? 1 : 0);
            assertThat(point.get("readout_mean").asDouble() > 0).isEqualTo(match);
            assertThat(point.get("readout_sd").asDouble()).isBetween(0.0, 1.0);
        });
        assertThat(figures.get("accuracy").asDouble()).isEqualTo(1);
        assertThat(figures.get("resampled")).hasSize(2);
        assertThat(figures.get("enough_accuracy").asDouble()).isBetween(0.0, 1.0);
        assertThat(figures.get("state_fates").get("inputs")).hasSize(2);
        assertThat(figures.get("state_fates").get("summary").asText()).contains("A: ", "; B: ", "held: ");
        assertThat(figures.get("resampled").get(0).get("accuracy").asDouble()).isBetween(0.0, 1.0);
    }

    @Test
    void shouldTellWhatEachInputDoesToPopulationsPairsOfVectorsAndOtherInputs() throws Exception {
        JsonNode figures = figures("analyze D/two-population.npz --input 2 --json");
        assertThat(figures.get("gating").get("input 2")).hasSize(2).allSatisfy(row -> assertThat(row).hasSize(3));
        // kick 1 has the weights m_1, of which the drive leaves less to be heard.
        assertThat(figures.get("gating").get("input 2").get(0).get(0).asDouble())
                .isLessThan(figures.get("gating").get("none").get(0).get(0).asDouble());
        JsonNode pair = figures.get("saturation_regressions").get("input 2").get(1);
        assertThat(pair.get("x").asText() + pair.get("y").asText()).isEqualTo("m1n2");
        assertThat(pair.get("saturated").get("slope").asDouble()).isGreaterThan(0.3);
        assertThat(pair.get("linear").get("slope").asDouble()).isLessThan(-0.2);
        assertThat(figures.get("population_slopes").get("input 2"))
                .hasSameSizeAs(figures.get("populations"))
                .allSatisfy(one -> assertThat(one.get("mean_slope").asDouble()).isBetween(0.0, 1.0));
    }

    @Test
    void shouldCompareAxesOfARegressionWithTheConnectivityInAScaleOfChoice() throws Exception {
        assertThat(Ran.run(directory, "simulate D/decision.npz --task dm --trials 60 --observe rates --out D/dm.npz")
                .code())
                .isZero();
        JsonNode shared = figures("analyze D/decision.npz --session D/dm.npz --scale shared --json");
        assertThat(shared.get("vectors")).extracting(JsonNode::asText).containsExactly("m", "n", "input 0", "readout",
                "axis of coherence", "axis of target 0");
        JsonNode products = shared.get("vector_overlaps");
        assertThat(products.get(0).get(0).asDouble()).isCloseTo(products.get(1).get(1).asDouble(), within(1e-4));
        // The first axis is that of the coherence, which goes in along W.
        assertThat(Math.abs(shared.get("vector_cosines").get(2).get(4).asDouble())).isGreaterThan(0.5);
        // J is the same, and with it what the network does.
        assertThat(shared.get("overlaps").get(0).get(0).asDouble()).isCloseTo(
                figures("analyze D/decision.npz --json").get("overlaps").get(0).get(0).asDouble(), within(1e-4));
    }

    @Test
    void shouldWriteAPageWithPictures() throws Exception {
        Ran ran = Ran.run(directory, "analyze D/figure-4.1d.npz --report D/report");
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out()).contains("stable limit cycle, period");
        Path page = directory.resolve("report").resolve("index.html");
        assertThat(page).content()
                .contains("In short", "Phase portrait, no input", "Eigenvalues", "Cosines", "stable limit cycle",
                        "Density of m1 and n1", "data-save=\"csv\"",
                        "./kappa analyze " + directory + "/figure-4.1d.npz --report " + directory + "/report")
                .doesNotContain("<script src", "href=\"", "NaN");
        try (Stream<Path> files = Files.list(page.getParent())) {
            assertThat(files.filter(file -> file.toString().matches(".*\\.(svg|csv)")).count()).isGreaterThan(10);
        }
    }

    @Test
    void shouldCallInputsByTheirNamesAndLeaveThoseOfABasisOut() throws Exception {
        assertThat(figures("analyze decision --json").get("fixed_points").fieldNames()).toIterable()
                .containsExactly("none", "coherence");
        float[] inputs = new float[20 * 30 * 2];
        int[] counts = new int[20 * 30 * 8];
        for (int at = 0; at < 20 * 30; at++) {
            inputs[2 * at + at / 30 % 2] = 1;
        }
        Arrays.setAll(counts, i -> i % 3);
        Path session = directory.resolve("reaches.npz");
        try (NpzWriter npz = NpzWriter.create(session)) {
            npz.put("counts", counts, 20, 30, 8);
            npz.put("inputs", inputs, 20, 30, 2);
            npz.put("input_names", List.of("left", "right"), 2);
            npz.put("bin_width", 0.02);
        }
        assertThat(Ran.run(directory, "fit D/reaches.npz --rank 1 --steps-per-trial 2 --out D/reaches-net.npz").code())
                .isZero();
        JsonNode found = figures("analyze D/reaches-net.npz --report D/reaches --json");
        assertThat(found.get("fixed_points").fieldNames()).toIterable().containsExactly("none", "left", "right");
        assertThat(directory.resolve("reaches/index.html")).content().contains("Force and potential, left held")
                .doesNotContain("bump");
    }

    @Test
    void shouldSayInOneLineWhatIsWrong() {
        assertFails("analyze D/decision.npz --input 7", "--input 7: no input '7', expected one of input 0");
        assertFails("analyze D/decision.npz --input 0=x", "--input 0=x: 'x', expected a finite number");
        assertFails("analyze D/decision.npz --scan 0", "--scan 0: expected NAME=FROM:TO");
        assertFails("analyze D/decision.npz --scan 0=2:1", "--scan 0=2:1: expected FROM below TO");
        assertFails("analyze D/decision.npz --scale large", "--scale is large, expected as-given, canonical or shared");
        assertFails("analyze D/decision.npz --populations 0", "populations: 0");
        assertFails("analyze D/decision.npz --task cdm", "inputs");
    }

    private static void assertFails(String line, String... parts) {
        Ran.assertFails(directory, line, parts);
    }
}
