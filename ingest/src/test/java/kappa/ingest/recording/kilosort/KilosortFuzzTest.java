package kappa.ingest.recording.kilosort;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import kappa.ingest.InvalidInputException;
import kappa.ingest.PythonScript;
import kappa.ingest.fuzz.Fuzzer;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.archive.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** Folders of a sorter with one file in which anything may be wrong: each is read, or refused with one line. */
@Isolated("the memory of the whole process is measured")
class KilosortFuzzTest {

    private static final int INPUTS_IN_CI = 1_500;

    /** Counts of clusters up to the largest id, and a few bins. */
    private static final long MAX_ALLOCATED = 128L << 20;

    @TempDir
    Path directory;

    @Test
    void shouldReadOrRefuseEveryFolder() throws IOException, InterruptedException {
        PythonScript.run("kilosort_folders.py", "numpy", directory);
        Path memory = Path.of("/dev/shm");
        Path folder = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "kappa-fuzz")
                : Files.createDirectory(directory.resolve("fuzz"));
        List<String> names = List.of("spike_times.npy", "spike_clusters.npy", "params.py", "cluster_group.tsv",
                "cluster_info.tsv");
        try {
            Fuzzer fuzzer = new Fuzzer("kilosort", MAX_ALLOCATED).tokens("sample_rate", "cluster_id", "group", "\t",
                    "good", "noise", "<u8", "|O", "(1099511627776,)", "shape", "1e308", "-1", "NaN");
            for (String name : names) {
                byte[] sound = Files.readAllBytes(directory.resolve("curated").resolve(name));
                fuzzer.seed((names.indexOf(name) + "\n" + new String(sound, ISO_8859_1))
                        .getBytes(ISO_8859_1));
            }
            Fuzzer.Report report = fuzzer.run(INPUTS_IN_CI, input -> read(folder, names, input));
            assertThat(report.accepted()).isPositive();
            assertThat(report.kinds()).isGreaterThan(15);
        } finally {
            for (String name : names) {
                Files.deleteIfExists(folder.resolve(name));
            }
            Files.deleteIfExists(folder);
        }
    }

    /** The first byte of an input says which file the rest is. */
    private String read(Path folder, List<String> names, byte[] input) throws IOException {
        for (String name : names) {
            Path sound = directory.resolve("curated").resolve(name);
            if (!Files.exists(folder.resolve(name)) || Files.mismatch(folder.resolve(name), sound) >= 0) {
                Files.write(folder.resolve(name), Files.readAllBytes(sound));
            }
        }
        String name = names.get(input.length == 0 ? 0 : Math.floorMod(input[0] - '0', names.size()));
        Files.write(folder.resolve(name), Arrays.copyOfRange(input, Math.min(2, input.length), input.length));
        try (Recording session = RecordingFile.open(folder, RecordingOptions.NONE)) {
            int bins = Math.min(50, session.bins(0));
            session.activity(0, 0, bins);
            session.activity(0, session.bins(0) - bins, bins);
        } catch (InvalidInputException e) {
            assertThat(e.getMessage()).isNotBlank().doesNotContain("\n");
            return e.getMessage();
        }
        return null;
    }
}
