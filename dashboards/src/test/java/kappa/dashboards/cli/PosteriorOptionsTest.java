package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import kappa.fitting.simulation.TrialRandom;
import kappa.ingest.recording.npz.Npz;
import kappa.ingest.recording.npz.NpzWriter;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PosteriorOptionsTest {

    private static final int TRIALS = 5;
    private static final int BINS = 45;
    private static final int NEURONS = 12;

    @TempDir
    static Path directory;

    /** Counts that follow a common random walk, cut into trials and as one stretch. */
    @BeforeAll
    static void record() {
        SplittableRandom random = new SplittableRandom(1);
        int[] counts = new int[TRIALS * BINS * NEURONS];
        double state = 0;
        for (int i = 0; i < counts.length; i++) {
            state = i % (BINS * NEURONS) == 0 ? 0 : i % NEURONS == 0 ? state + 0.3 * random.nextGaussian() : state;
            counts[i] = TrialRandom.poisson(random, 0.4 * (1 + Math.tanh(i % 2 == 0 ? state : -state)));
        }
        write("trials.npz", counts, TRIALS, BINS, NEURONS);
        write("stretch.npz", counts, TRIALS * BINS, NEURONS);
    }

    private static void write(String name, int[] counts, int... shape) {
        try (NpzWriter npz = NpzWriter.create(directory.resolve(name))) {
            npz.put("counts", counts, shape);
            npz.put("bin_width", 0.02);
        }
    }

    private static JsonNode posterior(String options) throws Exception {
        Ran ran = Ran.run(directory, "fit D/" + options + " --rank 1 --posterior particles --particles 200 --json");
        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode figures = ran.json();
        assertThat(figures.get("verdict").asText()).endsWith(figures.at("/posterior/verdict").asText());
        return figures.get("posterior");
    }

    @Test
    void shouldGiveTheSameFiguresForAnyNumberOfThreads() throws Exception {
        JsonNode one = posterior("trials.npz --threads 1");
        JsonNode three = posterior("trials.npz --threads 3");
        assertThat((ObjectNode) three).isEqualTo(one);
        assertThat(one.get("particles").asInt()).isEqualTo(200);
        assertThat(one.get("bins").asInt()).isEqualTo(TRIALS * BINS);
        assertThat(one.get("monte_carlo_error").asDouble()).isBetween(0.01, 1.0);
        assertThat(one.get("lowest_effective_sample_size").asDouble()).isBetween(1.0, 200.0);
    }

    @Test
    void shouldWriteEachBinOnceWithWhatTheFiguresSayOfIt() throws Exception {
        for (String session : new String[]{"trials.npz", "stretch.npz"}) {
            Path file = directory.resolve("posterior-of-" + session);
            JsonNode figures = posterior(session + " --posterior-out " + file);
            int T = TRIALS * BINS;
            try (Npz npz = Npz.open(file)) {
                assertThat(numbers(npz, "bin")).isEqualTo(IntStream.range(0, T).asDoubleStream().toArray());
                assertThat(npz.array("covariance").shape()).containsExactly(T, 1, 1);
                assertThat(npz.array("paths").shape()).containsExactly(10, T, 1);
                double[] mean = numbers(npz, "mean");
                double[] gaussian = numbers(npz, "gaussian_mean");
                double[] variance = numbers(npz, "gaussian_covariance");
                double[] differences = IntStream.range(0, T)
                        .mapToDouble(t -> Math.abs(mean[t] - gaussian[t]) / Math.sqrt(variance[t])).sorted().toArray();
                assertThat((float) differences[T / 2])
                        .isEqualTo((float) figures.get("mean_difference_median").asDouble());
            }
        }
    }

    private static double[] numbers(Npz npz, String name) {
        return npz.array(name).doubles();
    }

    @Test
    void shouldPrintTheComparisonInWords() {
        Ran ran = Ran.run(directory, "fit D/trials.npz --rank 1 --posterior particles --particles 100");
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out()).contains("posterior by 100 particles", "Monte Carlo error",
                "lowest effective sample size");
    }

    @Test
    void shouldNotOverwriteAFileThatKappaDidNotWrite() throws Exception {
        Path foreign = Files.writeString(directory.resolve("foreign.npz"), "mine");
        Ran.assertFails(directory, "fit D/trials.npz --rank 1 --posterior particles --posterior-out D/foreign.npz",
                "--posterior-out", "foreign.npz", "--force");
        assertThat(foreign).hasContent("mine");
    }
}
