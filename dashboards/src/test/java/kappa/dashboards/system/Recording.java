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
import kappa.fitting.file.NetworkFile;
import kappa.fitting.model.LowRankNetwork;
import kappa.ingest.Await;
import kappa.ingest.SharedData;
import kappa.ingest.recording.npz.NpzWriter;

/** The recordings that the processes are tested on. */
final class Recording {

    /** Bins of the real recording. */
    static final int CHEWIE_BINS = 3648;

    static final Duration LIMIT = Await.LIMIT;

    private static Outcome chewie;

    private Recording() {}

    /** What came of a session. */
    record Outcome(JsonNode figures, LowRankNetwork model) {

        static Outcome of(KappaProcess process, Path network) {
            return new Outcome(process.figures(), (LowRankNetwork) NetworkFile.read(network));
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

    /** 96 reaches recorded in motor cortex, 71 neurons; shared data that is not part of the checkout. */
    static Path chewieFile() {
        return SharedData.file("chewie.npz");
    }

    /** What one process that nobody disturbs makes of chewie at full speed; run once for all tests. */
    static synchronized Outcome chewieUndisturbed() {
        if (chewie == null) {
            try {
                Path directory = Files.createTempDirectory("kappa-undisturbed");
                Path network = directory.resolve("net.npz");
                try (KappaProcess live = KappaProcess.start(directory, "live", "--session", chewieFile().toString(),
                        "--rank", "2", "--speed", "max", "--until-end", "--json", "--out", network.toString(), "--port",
                        "0", "--data", directory.resolve("data").toString())) {
                    live.awaitSuccess(LIMIT);
                    chewie = Outcome.of(live, network);
                }
                delete(directory);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return chewie;
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
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
