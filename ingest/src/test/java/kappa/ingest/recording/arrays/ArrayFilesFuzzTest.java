package kappa.ingest.recording.arrays;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import kappa.ingest.InvalidInputException;
import kappa.ingest.PythonScript;
import kappa.ingest.fuzz.Fuzzer;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.npz.NpyRecording;
import kappa.ingest.recording.text.TextRecording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** Files of one array, and text, with anything wrong in them: each is read, or refused with one line. */
@Isolated("the memory of the whole process is measured")
class ArrayFilesFuzzTest {

    private static final int INPUTS_IN_CI = 2_000;

    /** What is constant, a block of numbers, and 20 bytes a trial of a file of at most 64 KiB. */
    private static final long MAX_ALLOCATED = 64L << 20;

    private static final RecordingOptions WIDTH = RecordingOptions.builder().binWidth(0.02).build();

    @TempDir
    Path directory;

    private interface Opener {
        Recording open(Path file);
    }

    private Fuzzer.Target target(String extension, Opener opener) throws IOException {
        Path memory = Path.of("/dev/shm");
        Path file = Files.isWritable(memory)
                ? Files.createTempFile(memory, "kappa-fuzz", extension)
                : directory.resolve("fuzz" + extension);
        file.toFile().deleteOnExit();
        return input -> {
            Files.write(file, input);
            try (Recording session = opener.open(file)) {
                int last = session.trials() - 1;
                int bins = Math.min(50, session.bins(last));
                session.activity(0, 0, 1);
                session.activity(last, session.bins(last) - bins, bins);
            } catch (InvalidInputException e) {
                assertThat(e.getMessage()).startsWith(file + ": ").doesNotContain("\n");
                return e.getMessage();
            }
            return null;
        };
    }

    @Test
    void shouldReadOrRefuseEveryArray() throws IOException, InterruptedException {
        PythonScript.run("array_files.py", "numpy", directory);
        Fuzzer fuzzer = new Fuzzer("npy", MAX_ALLOCATED).tokens("descr", "fortran_order", "True", "False", "shape", "(",
                ")", ",", "'", "<f4", "<f8", "|O", "<U12", "|b1", "()", "(0,)", "(4294967296, 256)", "(65536, 65536)");
        for (String name : new String[]{"counts-u1", "counts-big-endian", "counts-trials-fortran", "rates-f4"}) {
            fuzzer.seed(Files.readAllBytes(directory.resolve(name + ".npy")));
        }
        Fuzzer.Report report = fuzzer.run(INPUTS_IN_CI, target(".npy", file -> NpyRecording.open(file, WIDTH)));
        assertThat(report.accepted()).isPositive();
        assertThat(report.kinds()).isGreaterThan(12);
    }

    @Test
    void shouldReadOrRefuseEveryText() throws IOException {
        Fuzzer fuzzer = new Fuzzer("text", MAX_ALLOCATED)
                .seed("a,b,c\n0,1,2\n3,4,5\n".getBytes(UTF_8))
                .seed("time\tx\ty\r\n0\t0.5\t\r\n1\tNaN\t-1\r\n".getBytes(UTF_8))
                .seed("n0 n1\n 1  2\n 3  4\n".getBytes(UTF_8)).seed("\ufeff\"a;b\";c\n1;2\n".getBytes(UTF_8))
                .tokens(",", ";", "\t", " ", "\n", "\r\n", "\"", "NaN", "NA", "inf", "1e999", "-1", "0x1p3", "#");
        Fuzzer.Report report = fuzzer.run(INPUTS_IN_CI, target(".csv", file -> TextRecording.open(file, WIDTH)));
        assertThat(report.accepted()).isPositive();
        assertThat(report.kinds()).isGreaterThan(6);
    }
}
