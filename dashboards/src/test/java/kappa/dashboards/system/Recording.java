package kappa.dashboards.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.Stream;
import kappa.dashboards.cli.Ran;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.Await;
import kappa.ingest.SharedData;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.recording.npz.NpzWriter;

/** The recordings that the processes are tested on. */
final class Recording {

    /** Those of the real recording are 38 bins each. */
    static final int CHEWIE_TRIAL_BINS = 38;

    /** Enough for four checkpoints; the long form of the tests takes the whole recording. */
    private static final int CHEWIE_TRIALS = Integer.getInteger("kappa.crashes", 1) >= 40 ? 96 : 40;

    /** Bins of the part of the real recording that the processes are given. */
    static final int CHEWIE_BINS = CHEWIE_TRIALS * CHEWIE_TRIAL_BINS;

    static final Duration LIMIT = Await.LIMIT;

    private static Path chewieFile;
    private static Outcome chewieUndisturbed;

    private Recording() {}

    /** What came of a session. */
    record Outcome(JsonNode figures, LowRankNetwork model) {

        static Outcome of(KappaProcess process, Path network) {
            return new Outcome(process.figures(), (LowRankNetwork) NetworkFile.read(network));
        }

        static Outcome of(Ran ran, Path network) {
            assertThat(ran.code()).as(ran.err()).isZero();
            try {
                return new Outcome(ran.json(), (LowRankNetwork) NetworkFile.read(network));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** To the bit: in lockstep nothing depends on time. */
        void shouldEqual(Outcome other) {
            assertThat(figures.get("prequential")).isEqualTo(other.figures.get("prequential"));
            assertThat(figures.get("model_version")).isEqualTo(other.figures.get("model_version"));
            assertThat(figures.get("steps")).isEqualTo(other.figures.get("steps"));
            assertThat(model.m()).isEqualTo(other.model.m());
            assertThat(model.n()).isEqualTo(other.model.n());
            assertThat(model.w()).isEqualTo(other.model.w());
        }
    }

    /** The first reaches recorded in motor cortex, 71 neurons; out of shared data that is not part of the checkout. */
    static synchronized Path chewieFile() {
        if (chewieFile == null) {
            try (NpzRecording whole = NpzRecording.open(SharedData.file("chewie.npz"), null)) {
                chewieFile = firstTrials(whole, temporary().resolve("chewie.npz"));
            }
        }
        return chewieFile;
    }

    private static Path firstTrials(NpzRecording whole, Path file) {
        int[] counts = new int[CHEWIE_BINS * whole.neurons()];
        float[] inputs = new float[CHEWIE_BINS * whole.inputs()];
        for (int trial = 0; trial < CHEWIE_TRIALS; trial++) {
            int from = trial * CHEWIE_TRIAL_BINS;
            float[] activity = whole.activity(trial, 0, CHEWIE_TRIAL_BINS);
            for (int i = 0; i < activity.length; i++) {
                counts[from * whole.neurons() + i] = (int) activity[i];
            }
            float[] u = whole.inputs(trial, 0, CHEWIE_TRIAL_BINS);
            System.arraycopy(u, 0, inputs, from * whole.inputs(), u.length);
        }
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.put("counts", counts, CHEWIE_TRIALS, CHEWIE_TRIAL_BINS, whole.neurons());
            npz.put("inputs", inputs, CHEWIE_TRIALS, CHEWIE_TRIAL_BINS, whole.inputs());
            npz.put("bin_width", whole.binWidthSeconds());
        }
        return file;
    }

    /**
     * What {@code fit} makes of chewie, which is to the bit what any pipeline makes of it in lockstep; run once for all tests.
     */
    static synchronized Outcome chewieUndisturbed() {
        if (chewieUndisturbed == null) {
            chewieUndisturbed = fitted(chewieFile(), temporary(), 2);
        }
        return chewieUndisturbed;
    }

    /** What {@code fit} makes of a recording, in this process. */
    static Outcome fitted(Path session, Path directory, int threads) {
        Path network = directory.resolve("fit-" + threads + ".npz");
        return Outcome.of(Ran.run("fit", session.toString(), "--rank", "2", "--threads", Integer.toString(threads),
                "--json", "--out", network.toString()), network);
    }

    /** A directory that is deleted when the tests are over. */
    private static Path temporary() {
        try {
            Path directory = Files.createTempDirectory("kappa-recording");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory)));
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Counts that follow a slow oscillation, with one input channel: one continuous session if {@code trials} is 0. */
    static Path synthetic(Path file, int bins, int neurons, int trials, double binWidthS) {
        Random random = new Random(11);
        int[] counts = new int[bins * neurons];
        float[] inputs = new float[bins];
        for (int t = 0; t < bins; t++) {
            inputs[t] = t / 50 % 2;
            for (int i = 0; i < neurons; i++) {
                double rate = 0.5 * (1 + 0.8 * Math.sin(t / 10.0 + 2 * Math.PI * i / neurons));
                counts[t * neurons + i] = poisson(random, rate);
            }
        }
        int[] shape = trials == 0 ? new int[]{bins} : new int[]{trials, bins / trials};
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.put("counts", counts, with(shape, neurons));
            npz.put("inputs", inputs, with(shape, 1));
            npz.put("bin_width", binWidthS);
        }
        return file;
    }

    private static int[] with(int[] shape, int last) {
        int[] out = Arrays.copyOf(shape, shape.length + 1);
        out[shape.length] = last;
        return out;
    }

    /** Knuth's product of uniforms, which is quick for small rates. */
    private static int poisson(Random random, double rate) {
        double limit = Math.exp(-rate);
        double product = random.nextDouble();
        int count = 0;
        while (product > limit) {
            product *= random.nextDouble();
            count++;
        }
        return count;
    }
}
