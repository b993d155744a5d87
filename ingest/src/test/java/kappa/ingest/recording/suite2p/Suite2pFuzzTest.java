package kappa.ingest.recording.suite2p;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
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

/** Folders of suite2p with one file in which anything may be wrong: each is read, or refused with one line. */
@Isolated("the memory of the whole process is measured")
class Suite2pFuzzTest {

    private static final int INPUTS_IN_CI = 1_500;

    /** A block of frames, and what is constant. */
    private static final long MAX_ALLOCATED = 64L << 20;

    @TempDir
    Path directory;

    @Test
    void shouldReadOrRefuseEveryFolder() throws IOException, InterruptedException {
        PythonScript.run("suite2p_folders.py", "numpy", directory);
        Path sound = directory.resolve("small");
        try (FolderTarget folder = new FolderTarget(sound, List.of("F.npy", "Fneu.npy", "iscell.npy", "ops.npy"),
                path -> {
                    try (Recording session = RecordingFile.open(path, RecordingOptions.NONE)) {
                        int bins = Math.min(50, session.bins(0));
                        session.activity(0, 0, bins);
                        session.activity(0, session.bins(0) - bins, bins);
                    }
                })) {
            Fuzzer fuzzer = new Fuzzer("suite2p", MAX_ALLOCATED).tokens("fs", "\u008c\u0002fs",
                    "X\u0002\u0000\u0000\u0000fs",
                    "G", "K", "\u0094", "\u0095", ".", "<f4", "|O", "(1099511627776, 2)", "(3, 8)", "(8, 3)");
            folder.seeds().forEach(fuzzer::seed);
            for (int protocol = 0; protocol < 6; protocol++) {
                byte[] ops = Files.readAllBytes(directory.resolve("protocol-" + protocol + "/ops.npy"));
                fuzzer.once(FolderTarget.input(3, ops));
            }
            fuzzer.seed(FolderTarget.input(3,
                    "\u0093NUMPY\u0001\u0000\u0000\u0000}X\u0002\u0000\u0000\u0000fsK\u001es.".getBytes(ISO_8859_1)));
            Fuzzer.Report report = fuzzer.run(INPUTS_IN_CI, folder);
            assertThat(report.accepted()).isPositive();
            assertThat(report.kinds()).isGreaterThan(12);
        }
    }
}
