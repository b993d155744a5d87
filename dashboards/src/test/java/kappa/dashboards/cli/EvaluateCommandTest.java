package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Random;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.ingest.recording.npz.NpzWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fits of trials with constant inputs, which are given an input basis. */
class EvaluateCommandTest {

    private static final int TRIALS = 24;
    private static final int BINS = 20;
    private static final int N = 12;

    @TempDir
    Path directory;

    /** Two conditions; rates rise along the trial in one and fall in the other. */
    @BeforeEach
    void write() {
        Random random = new Random(4);
        int[] counts = new int[TRIALS * BINS * N];
        float[] inputs = new float[TRIALS * BINS];
        for (int row = 0; row < TRIALS * BINS; row++) {
            int sign = row / BINS % 2 == 0 ? 1 : -1;
            inputs[row] = sign;
            for (int i = 0; i < N; i++) {
                double rate = 0.5 + 0.4 * sign * (i % 2 == 0 ? 1 : -1) * (row % BINS - BINS / 2) / (BINS / 2.0);
                counts[row * N + i] = random.nextDouble() < rate ? 1 : 0;
            }
        }
        try (NpzWriter npz = NpzWriter.create(directory.resolve("session.npz"))) {
            npz.put("counts", counts, TRIALS, BINS, N);
            npz.put("inputs", inputs, TRIALS, BINS, 1);
            npz.put("bin_width", 0.02);
        }
    }

    private JsonNode json(String line) throws Exception {
        Ran ran = Ran.run(directory, line);
        assertThat(ran.code()).as(ran.err()).isZero();
        return ran.json();
    }

    @Test
    void shouldScoreADefaultFitWithItsInputBasis() throws Exception {
        json("fit D/session.npz --rank 1 --json --out D/net.npz");
        JsonNode scores = json("evaluate D/net.npz D/session.npz --held-out-neurons 3 --json");
        assertThat(scores.get("psth_r2").asDouble()).as("the basis knows where in the trial it is").isGreaterThan(0.2);
        assertThat(scores.get("co_smoothing_bits_per_spike").asDouble()).isGreaterThan(0.02);
    }

    @Test
    void shouldScoreAFitWithHiddenNeurons() throws Exception {
        json("fit D/session.npz --rank 1 --hidden 4 --json --out D/net.npz");
        JsonNode scores = json("evaluate D/net.npz D/session.npz --held-out-neurons 3 --json");
        assertThat(scores.get("r2_per_neuron")).hasSize(N);
        assertThat(scores.get("co_smoothing_bits_per_spike").asDouble()).isFinite();
    }

    @Test
    void shouldStartFromAFitAndRefuseWhatDoesNotAgreeInOneLine() throws Exception {
        json("fit D/session.npz --rank 1 --json --out D/net.npz");
        JsonNode second = json("fit D/session.npz --start-from D/net.npz --json");
        assertThat(second.get("rank").asInt()).as("the model's").isEqualTo(1);
        assertThat(second.at("/prequential/per_trial/0").asDouble()).isNotZero();
        Ran.assertFails(directory, "fit D/session.npz --start-from D/net.npz --rank 2", "rank 1", "2 (--rank)");
        Ran.assertFails(directory, "fit D/session.npz --start-from D/net.npz --tau 0.2", "0.1 s", "0.2 s (--tau)");
        Ran.assertFails(directory, "fit D/session.npz --start-from D/net.npz --input-basis off", "5 bumps",
                "no input basis");
        Ran.assertFails(directory, "fit D/session.npz --start-from D/net.npz --algorithm rrr", "--algorithm rrr");
        Ran.assertFails(directory, "fit D/session.npz --start-from D/net.npz --out D/net.npz", "--out", "net.npz");
        Ran.assertFails(directory, "fit D/session.npz --start-from D/session.npz", "session.npz", "not a network");
        NetworkFile.write(directory.resolve("built.npz"), HandBuiltNetworks.named("decision", N, 1).network());
        Ran.assertFails(directory, "fit D/session.npz --start-from D/built.npz", "built.npz",
                "without the noise and the names of a fit");
    }
}
