package kappa.ingest.recording;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.SharedCase;
import kappa.ingest.SharedData;
import kappa.ingest.recording.archive.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that public reports of bugs led to: what is said of each, or why it is refused, word for word. */
class SharedCasesTest {

    private static final String REFUSED = "refused: ";

    private static final String TRIALS = "06-trials-odd";

    @TempDir
    static Path directory;

    @ParameterizedTest
    @CsvSource({"01-spike-times-in-samples, 'h5py, numpy'", "02-trial-relative-spike-times, 'h5py, numpy'",
        "04-two-unit-tables, 'h5py, numpy'", "05-no-trials-but-intervals, 'h5py, numpy'",
        "06-trials-odd, 'h5py, numpy'",
        "07-silent-unit-repeated-index, 'h5py, numpy'", "09-external-link, 'h5py, numpy'", "11-npz-kinds, numpy",
        "12-raw-fluorescence, numpy", "14-kilosort-phy-folder, numpy"})
    void shouldSayOfEachFileWhatLooksWrong(String name, String modules) throws IOException, InterruptedException {
        Path folder = SharedCase.make(name, modules, directory);
        try (Stream<Path> files = Files.list(folder)) {
            Map<String, List<String>> found = new TreeMap<>();
            files.filter(file -> file.toString().matches(".*(\\.(nwb|npz|npy)|/phy)"))
                    .forEach(file -> found.put(name + "/" + file.getFileName(), said(file)));
            found.values().removeIf(List::isEmpty);
            assertThat(found).isEqualTo(ExpectedWarnings.below(name));
        }
    }

    @ParameterizedTest
    @CsvSource({"samples.nwb, 30000", "samples-notrials.nwb, 30000", "milliseconds.nwb, 1000"})
    void shouldSayNothingOnceItIsToldTheUnitOfSpikeTimes(String file, double rate)
            throws IOException, InterruptedException {
        Path folder = SharedCase.make("01-spike-times-in-samples", "h5py, numpy", directory);
        try (Recording session = RecordingFile.open(folder.resolve(file),
                RecordingOptions.builder().rate(rate).build())) {
            assertThat(ExpectedWarnings.found(session)).isEmpty();
        }
    }

    @Test
    void shouldNotCallTrialsOverlappingThatAreOutOfOrder() throws IOException, InterruptedException {
        Path folder = SharedCase.make(TRIALS, "h5py, numpy", directory);
        try (Recording session = RecordingFile.open(folder.resolve("out-of-order.nwb"), RecordingOptions.NONE)) {
            assertThat(session.remarks()).noneMatch(remark -> remark.contains("begin before"));
        }
    }

    /** The warnings, or the one line with which it is refused. */
    private static List<String> said(Path file) {
        try (Recording session = RecordingFile.open(file, RecordingOptions.NONE)) {
            return ExpectedWarnings.found(session);
        } catch (InvalidInputException e) {
            return List.of(REFUSED + e.getMessage().replace(file.toString() + ": ", ""));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"chewie.npz", "alm.npz", "dm.npz", "cdm.npz", "cdm_full.npz", "dm-heldout.npz",
        "cdm-heldout.npz", "cdm_full-heldout.npz", "nwb/cdm60.nwb", "nwb/pynwb.nwb"})
    void shouldSayOfTheSharedRecordingsNothingButWhatIsThere(String name) {
        try (Recording session = RecordingFile.open(SharedData.file(name), RecordingOptions.NONE)) {
            assertThat(ExpectedWarnings.found(session)).isEqualTo(ExpectedWarnings.of(name));
        }
    }
}
