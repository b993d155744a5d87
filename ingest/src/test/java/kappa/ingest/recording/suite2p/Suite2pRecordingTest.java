package kappa.ingest.recording.suite2p;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.PythonScript;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.archive.RecordingFile;
import kappa.ingest.recording.archive.RecordingFormat;
import kappa.ingest.recording.npz.Npz;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders written by NumPy as suite2p leaves them, against what NumPy makes of them. */
class Suite2pRecordingTest {

    @TempDir
    static Path directory;

    @BeforeAll
    static void writeFolders() throws InterruptedException {
        PythonScript.run("suite2p_folders.py", "numpy", directory);
    }

    private static Recording open(String folder, RecordingOptions options) {
        return RecordingFile.open(directory.resolve(folder), options);
    }

    private static int[] rois(Recording session) {
        return session.describe().neurons().stream().mapToInt(Integer::parseInt).toArray();
    }

    /** Traces of some regions, by NumPy. */
    private static float[] truth(String folder, String array, int... rois) {
        try (Npz npz = Npz.open(directory.resolve(folder).resolve("truth.npz"))) {
            float[] all = npz.array(array).floats();
            int width = npz.array(array).shape()[1];
            float[] chosen = new float[all.length / width * rois.length];
            for (int i = 0; i < chosen.length; i++) {
                chosen[i] = all[i / rois.length * width + rois[i % rois.length]];
            }
            return chosen;
        }
    }

    private static int[] cells(String folder) {
        try (Npz npz = Npz.open(directory.resolve(folder).resolve("truth.npz"))) {
            return Arrays.stream(npz.array("cells").longs()).mapToInt(Math::toIntExact).toArray();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"plane0", "fortran", "no-iscell"})
    void shouldSubtractTheNeuropilOfCellsAsNumPyDoesBinByBin(String folder) {
        assertThat(RecordingFile.format(directory.resolve(folder))).isEqualTo(RecordingFormat.SUITE2P);
        try (Recording session = open(folder, RecordingOptions.NONE)) {
            assertThat(session.observation()).isEqualTo(Observation.CURRENTS);
            assertThat(session.hasTrials()).isFalse();
            assertThat(session.binWidthSeconds()).isEqualTo(1 / 30.0);
            assertThat(rois(session)).isEqualTo(cells(folder));
            assertThat(session.activity(0)).isEqualTo(truth(folder, "corrected", rois(session)));
        }
    }

    @Test
    void shouldStreamTheSameFramesThatItReadsAtOnce() {
        try (Recording session = open("plane0", RecordingOptions.NONE); BinSource source = session.source()) {
            float[] all = session.activity(0);
            RecordedBin bin = source.describe().newBin();
            int n = session.neurons();
            int t = 0;
            for (; source.next(bin); t++) {
                assertThat(bin.activity).as("frame %d", t).isEqualTo(Arrays.copyOfRange(all, t * n, (t + 1) * n));
            }
            assertThat(t).isEqualTo(2500);
            assertThat(session.activity(0, 1200, 3)).isEqualTo(Arrays.copyOfRange(all, 1200 * n, 1203 * n));
        }
    }

    @Test
    void shouldTakeOtherTracesWhereAsked() {
        RecordingOptions spks = RecordingOptions.builder().series("spks").units("roi >= 0").build();
        try (Recording session = open("plane0", spks)) {
            assertThat(session.activity(0)).isEqualTo(truth("plane0", "spks", rois(session)));
            assertThat(session.observationChoice()).contains("currents: spks of 37 of 37 regions of interest");
        }
        RecordingOptions raw = RecordingOptions.builder().series("F").build();
        try (Recording session = open("no-fneu", raw)) {
            assertThat(session.activity(0)).isEqualTo(truth("plane0", "raw", rois(session)));
        }
    }

    @Test
    void shouldChooseRegionsByTheClassifier() {
        RecordingOptions options = RecordingOptions.builder().units("probability > 0.5 and iscell == true").build();
        try (Recording session = open("plane0", options); Npz truth = Npz.open(directory.resolve("plane0/truth.npz"))) {
            assertThat(truth.names()).contains("cells");
            assertThat(session.neurons()).isBetween(1, cells("plane0").length - 1);
            assertThat(IntStream.of(rois(session)).boxed()).isSubsetOf(IntStream.of(cells("plane0")).boxed().toList());
        }
    }

    @ParameterizedTest
    @CsvSource({"plane0, 30", "protocol-0, 7.5", "protocol-1, 7.5", "protocol-2, 7.5", "protocol-3, 7.5",
        "protocol-4, 7.5", "protocol-5, 7.5", "whole-rate, 300"})
    void shouldReadTheFrameRateOutOfAPickleWithoutRunningIt(String folder, double rate) {
        try (Recording session = open(folder, RecordingOptions.NONE)) {
            assertThat(session.binWidthSeconds()).isEqualTo(1 / rate);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"no-rate", "no-ops", "two-rates", "wrapped-rate"})
    void shouldAskForTheFrameRateWhereTheFolderDoesNotSayItPlainly(String folder) {
        assertThatThrownBy(() -> open(folder, RecordingOptions.NONE)).isInstanceOf(InvalidInputException.class)
                .hasMessage(directory.resolve(folder)
                        + ": no ops.npy whose fs is a plain number: expected --rate HZ, frames per second of a plane");
        try (Recording session = open(folder, RecordingOptions.builder().rate(15.5).build())) {
            assertThat(session.binWidthSeconds()).isEqualTo(1 / 15.5);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"no-fneu | Fneu.npy: no such file ; --series F",
        "unequal | Fneu ; shape [37, 2499]: expected [37, 2500]", "short-iscell | iscell ; expected [37, 2]",
        "flat | shape [2500]: expected [regions, frames]", "no-cells | none of its 37 rows is such that iscell == true",
        "objects | Python objects", "cut | F.npy ; takes more than the 10000 bytes"})
    void shouldRefuseInOneLine(String folder, String told) {
        assertThatThrownBy(() -> open(folder, RecordingOptions.NONE)).isInstanceOf(InvalidInputException.class)
                .message()
                .startsWith(directory.resolve(folder).toString()).contains(told.split(" ; ", -1)).doesNotContain("\n");
    }

    @Test
    void shouldRefuseABinThatIsNoNumber() {
        RecordingOptions all = RecordingOptions.builder().units("roi >= 0").build();
        try (Recording session = open("infinite", all)) {
            assertThatThrownBy(() -> session.activity(0)).isInstanceOf(InvalidInputException.class).message()
                    .contains("F[", "makes Infinity", "expected a finite number");
        }
    }

    @Test
    void shouldSayWhatIsWrongWithAnOption() {
        assertThatThrownBy(() -> open("plane0", RecordingOptions.observed(Observation.COUNTS)))
                .isInstanceOf(InvalidInputException.class).message().contains("--observe is counts");
        assertThatThrownBy(() -> open("plane0", RecordingOptions.builder().series("G").build()))
                .isInstanceOf(InvalidInputException.class).message().contains("--series is G, expected F or spks");
        assertThatThrownBy(() -> open("plane0", RecordingOptions.builder().binWidth(0.1).build()))
                .isInstanceOf(InvalidInputException.class).message().contains("--bin-width is for NPZ files",
                        "a folder of suite2p");
        assertThatThrownBy(() -> open("plane0", RecordingOptions.builder().units("x == 1").build()))
                .isInstanceOf(InvalidInputException.class).message()
                .contains("no column x, expected one of roi, iscell, probability");
    }
}
