package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import kappa.dashboards.BesideOthers;
import kappa.fitting.file.NetworkFile;
import kappa.ingest.recording.npz.NpzWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code fit} does unless it is told otherwise. */
@BesideOthers
class FitCommandTest {

    private static final int TRIALS = 10;
    private static final int BINS = 30;
    private static final int N = 8;

    @TempDir
    Path directory;

    /** Counts that fall over each trial. */
    private void session(boolean inputs) {
        SplittableRandom random = new SplittableRandom(5);
        int[] counts = new int[TRIALS * BINS * N];
        for (int at = 0; at < counts.length; at++) {
            counts[at] = random.nextDouble() < 0.7 - 0.02 * (at / N % BINS) ? 1 : 0;
        }
        try (NpzWriter npz = NpzWriter.create(directory.resolve("s.npz"))) {
            npz.put("counts", counts, TRIALS, BINS, N);
            npz.put("bin_width", 0.02);
            if (inputs) {
                float[] steps = new float[TRIALS * BINS];
                for (int at = 0; at < steps.length; at++) {
                    steps[at] = at % BINS < 10 ? 0 : 1;
                }
                npz.put("inputs", steps, TRIALS, BINS, 1);
            }
        }
    }

    private boolean hasBiases(String options) {
        Ran ran = Ran.run(directory, "fit D/s.npz --rank 1 --steps-per-trial 3 --force --out D/n.npz " + options);
        assertThat(ran.code()).as(ran.err()).isZero();
        for (float bias : NetworkFile.model(directory.resolve("n.npz")).model().model().network().b()) {
            if (bias != 0) {
                return true;
            }
        }
        return false;
    }

    @Test
    void shouldLearnBiasesOfCountsWhereThereAreNoInputs() {
        session(false);
        assertThat(hasBiases("")).isTrue();
        assertThat(hasBiases("--no-biases")).isFalse();
        session(true);
        assertThat(hasBiases("")).isFalse();
        assertThat(hasBiases("--biases")).isTrue();
    }

    @Test
    void shouldGoOnWithTheBiasesOfTheModelThatItStartsFrom() throws IOException {
        session(false);
        assertThat(hasBiases("")).isTrue();
        assertThat(Files.move(directory.resolve("n.npz"), directory.resolve("earlier.npz"))).exists();
        assertThat(hasBiases("--start-from D/earlier.npz")).isTrue();
        Ran refused = Ran.run(directory, "fit D/s.npz --start-from D/earlier.npz --no-biases --out D/other.npz");
        assertThat(refused.code()).isNotZero();
        assertThat(refused.err()).contains("biases").contains("--no-biases");
    }
}
