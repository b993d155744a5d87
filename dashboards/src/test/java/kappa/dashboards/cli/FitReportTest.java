package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import kappa.dashboards.BesideOthers;
import kappa.ingest.recording.npz.NpzWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code fit --report} shows of small sessions. */
@BesideOthers
class FitReportTest {

    private static final int TRIALS = 16;
    private static final int BINS = 30;
    private static final int N = 10;

    @TempDir
    static Path directory;

    /** Rates that follow the sign of the one input. */
    private static Path session(String name, boolean trials) {
        SplittableRandom random = new SplittableRandom(5);
        int[] counts = new int[TRIALS * BINS * N];
        float[] inputs = new float[TRIALS * BINS];
        for (int at = 0; at < TRIALS * BINS; at++) {
            int trial = at / BINS;
            inputs[at] = at % BINS < 5 ? 0 : (trial % 2 == 0 ? 1 : -1) * (0.2f + 0.05f * trial);
            for (int i = 0; i < N; i++) {
                counts[at * N + i] = random.nextDouble() < 0.4 + (i % 2 == 0 ? 0.3 : -0.3) * inputs[at] ? 1 : 0;
            }
        }
        Path file = directory.resolve(name);
        try (NpzWriter npz = NpzWriter.create(file)) {
            if (trials) {
                npz.put("counts", counts, TRIALS, BINS, N);
                npz.put("inputs", inputs, TRIALS, BINS, 1);
            } else {
                npz.put("counts", counts, TRIALS * BINS, N);
                npz.put("inputs", inputs, TRIALS * BINS, 1);
            }
            npz.put("input_names", List.of("motion"), 1);
            npz.put("bin_width", 0.02);
        }
        return file;
    }

    private static String page(String line) throws IOException {
        Ran ran = Ran.run(directory, "fit " + line);
        assertThat(ran.code()).as(ran.err()).isZero();
        String page = Files.readString(directory.resolve("report/index.html"));
        assertThat(page).contains("In short").doesNotContain("NaN", "src=", "href=\"");
        return page;
    }

    @Test
    void shouldShowScoresConditionsByNameAndDynamics() throws IOException {
        session("trials.npz", true);
        String page = page("D/trials.npz --ranks 1,2 --baselines --steps-per-trial 5 --report D/report");
        assertThat(page).containsSubsequence("In short", "Without input: ", "How well it predicts",
                "Score of each trial before it was learned from", "Mean score over trials 2 to the end",
                "Score by rank",
                "Kappa and rates by condition", "\u03ba1 by condition", "motion &gt; 0", "observed, and free run",
                "Dynamics",
                "no input", "motion held", "Tables", "psth+tracker", "recommended", "To repeat it",
                "./kappa fit " + directory + "/trials.npz --ranks 1,2");
        assertThat(directory.resolve("report/01-Score-of-each-trial-before-it-was-learned-from.csv")).content()
                .contains("\nkalman,", "\nsmoothed,");
    }

    @Test
    void shouldShowTheLastBinsOfASessionWithoutTrials() throws IOException {
        session("continuous.npz", false);
        assertThat(page("D/continuous.npz --rank 3 --steps-per-trial 2 --report D/report"))
                .contains("\u03ba of the last 480 bins").doesNotContain("by condition", "Phase portrait");
    }

    @Test
    void shouldShowScoresAloneOfAFitThatNoNetworkFileHolds() throws IOException {
        session("linear.npz", true);
        assertThat(page("D/linear.npz --rank 1 --dynamics linear --steps-per-trial 2 --report D/report"))
                .contains("How well it predicts", "Adam steps").doesNotContain("by condition", "Dynamics");
    }

    @Test
    void shouldRefuseADirectoryBeforeItFits() {
        session("file.npz", true);
        Ran.assertFails(directory, "fit D/none.npz --rank 1 --report D/file.npz/x", "--report", "cannot be made");
    }
}
