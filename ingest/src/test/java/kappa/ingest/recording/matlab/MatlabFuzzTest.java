package kappa.ingest.recording.matlab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import kappa.ingest.InvalidInputException;
import kappa.ingest.fuzz.Fuzzer;
import kappa.ingest.recording.arrays.NumericArray;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** MATLAB files of SciPy and h5py with anything wrong in them: each is read, or refused with one line. */
@Isolated("the memory of the whole process is measured")
class MatlabFuzzTest {

    private static final int INPUTS_IN_CI = 1_500;

    /** A file of 64 KiB, unfolded as far as deflate goes, and what is constant. */
    private static final long MAX_ALLOCATED = 128L << 20;

    @TempDir
    static Path directory;

    private Path file;

    @BeforeAll
    static void writeSeeds() throws InterruptedException {
        MatlabFileTest.write(directory);
    }

    /** Opens a file and reads the ends of all of its arrays. */
    private String read(byte[] bytes) throws IOException {
        Files.write(file, bytes);
        String line = null;
        try {
            MatlabFile.isMatlab(file);
            try (MatlabFile mat = MatlabFile.open(file)) {
                assertThat(mat.listing()).doesNotContain("\n");
                for (String name : mat.names()) {
                    try {
                        mat.texts(name).ifPresent(texts -> assertThat(texts).doesNotContainNull());
                    } catch (InvalidInputException e) {
                        assertThat(e.getMessage()).startsWith(file.toString()).doesNotContain("\n");
                    }
                    try {
                        read(mat.find(name));
                    } catch (InvalidInputException e) {
                        line = e.getMessage();
                    }
                }
            }
        } catch (InvalidInputException e) {
            line = e.getMessage();
        }
        if (line != null) {
            assertThat(line).startsWith(file.toString()).doesNotContain("\n");
        }
        return line;
    }

    private static void read(Optional<NumericArray> found) {
        NumericArray array = found.orElseThrow();
        long elements = array.elements();
        if (elements > 0) {
            array.floats(elements - 1, 1);
            array.floats(0, (int) Math.min(elements, 100));
            array.at(elements - 1);
        }
    }

    private void fuzz(String family, int inputs, String... seeds) throws IOException {
        Path memory = Path.of("/dev/shm");
        file = Files.isWritable(memory)
                ? Files.createTempFile(memory, "kappa-fuzz", ".mat")
                : directory.resolve("fuzz.mat");
        file.toFile().deleteOnExit();
        Fuzzer fuzzer = new Fuzzer(family, MAX_ALLOCATED).tokens("MATLAB 5.0 MAT-file", "MATLAB_class", "MATLAB_empty",
                "MATLAB_sparse", "counts", "\0\1IM", "\1\0MI", "\16\0\0\0", "\17\0\0\0", "\6\0\0\0\10\0\0\0",
                "\1\0\0\0\0\0\0\0", "x\u009c");
        for (String seed : seeds) {
            fuzzer.seed(Files.readAllBytes(directory.resolve(seed + ".mat")));
        }
        Fuzzer.Report report = fuzzer.run(inputs, this::read);
        assertThat(report.accepted()).isPositive();
        assertThat(report.kinds()).isGreaterThan(20);
    }

    @Test
    void shouldReadOrRefuseEveryFileOfLevel5() throws IOException {
        fuzz("mat 5", INPUTS_IN_CI, "v5", "v7", "big-endian", "struct", "types", "unreadable", "unreadable-compressed",
                "other-names", "named", "named-compressed", "named-rows");
    }

    @Test
    void shouldReadOrRefuseEveryFileOfVersion73() throws IOException {
        fuzz("mat 7.3", INPUTS_IN_CI, "v7.3", "v7.3-compressed", "struct-v7.3", "unreadable-v7.3", "types-v7.3",
                "named-v7.3");
    }
}
