package kappa.ingest.recording.kilosort;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import kappa.ingest.PythonScript;
import kappa.ingest.fuzz.FolderTarget;
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
        try (FolderTarget folder = new FolderTarget(directory.resolve("small"), List.of("spike_times.npy",
                "spike_clusters.npy", "params.py", "cluster_group.tsv", "cluster_info.tsv"), KilosortFuzzTest::read)) {
            Fuzzer fuzzer = new Fuzzer("kilosort", MAX_ALLOCATED).tokens("sample_rate", "cluster_id", "group", "\t",
                    "good", "noise", "<u8", "|O", "(1099511627776,)", "shape", "1e308", "-1", "NaN");
            folder.seeds().forEach(fuzzer::seed);
            Fuzzer.Report report = fuzzer.run(INPUTS_IN_CI, folder);
            assertThat(report.accepted()).isPositive();
            assertThat(report.kinds()).isGreaterThan(12);
        }
    }

    private static void read(Path folder) {
        try (Recording session = RecordingFile.open(folder, RecordingOptions.NONE)) {
            int bins = Math.min(50, session.bins(0));
            session.activity(0, 0, bins);
            session.activity(0, session.bins(0) - bins, bins);
        }
    }
}
