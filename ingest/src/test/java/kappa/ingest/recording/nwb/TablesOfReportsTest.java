package kappa.ingest.recording.nwb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import kappa.ingest.InvalidInputException;
import kappa.ingest.SharedCase;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.RecordingOptions.Window;
import kappa.ingest.recording.archive.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tables of units and trials as public reports have them: which are read, and what is said of the others. */
class TablesOfReportsTest {

    @TempDir
    Path directory;

    private Path make(String name) throws IOException, InterruptedException {
        return SharedCase.make(name, "numpy, h5py", directory);
    }

    private static RecordingOptions tables(String... names) {
        return RecordingOptions.builder().unitTables(List.of(names)).build();
    }

    // ------------------------------------------------------------------ one table of units for each probe

    @Test
    void shouldJoinTheUnitsOfAllProbesAndNameTheirTables() throws IOException, InterruptedException {
        Path file = make("04-two-unit-tables").resolve("two-probes.nwb");
        try (Recording both = RecordingFile.open(file, RecordingOptions.NONE);
                Recording first = RecordingFile.open(file, tables("units_probeA"));
                Recording second = RecordingFile.open(file, tables("ecephys/units_probeB"))) {
            assertThat(both.describe().neurons()).containsExactly("units_probeA 0", "units_probeA 1", "units_probeA 2",
                    "units_probeB 0", "units_probeB 1", "units_probeB 2", "units_probeB 3", "units_probeB 4");
            assertThat(first.describe().neurons()).containsExactly("0", "1", "2");
            assertThat(second.describe().neurons()).hasSize(5);
            assertThat(both.observationChoice()).contains("3 of 3 of /processing/ecephys/units_probeA",
                    "5 of 5 of /processing/ecephys/units_probeB");
            assertThat(both.remarks()).contains("the units of 2 tables are joined; --units TABLE takes those of one");
            for (int trial = 0; trial < both.trials(); trial++) {
                float[] joined = both.activity(trial);
                float[] a = first.activity(trial);
                float[] b = second.activity(trial);
                for (int t = 0; t < both.bins(trial); t++) {
                    assertThat(Arrays.copyOfRange(joined, 8 * t, 8 * t + 3))
                            .isEqualTo(Arrays.copyOfRange(a, 3 * t, 3 * t + 3));
                    assertThat(Arrays.copyOfRange(joined, 8 * t + 3, 8 * t + 8))
                            .isEqualTo(Arrays.copyOfRange(b, 5 * t, 5 * t + 5));
                }
            }
        }
        NwbContents contents = NwbContents.of(file);
        assertThat(contents.unitTables()).extracting(NwbContents.Table::name).containsExactly("units_probeA",
                "units_probeB");
        assertThat(contents.sessionUnits()).isEqualTo(8);
    }

    @Test
    void shouldChooseUnitsOfJoinedTablesByAFilter() throws IOException, InterruptedException {
        Path file = make("04-two-unit-tables").resolve("two-probes.nwb");
        RecordingOptions options = RecordingOptions.builder().unitTables(List.of("units_probeB", "units_probeA"))
                .units("id >= 1")
                .build();
        assertThatThrownBy(() -> RecordingFile.open(file, options)).isInstanceOf(InvalidInputException.class).message()
                .contains("/processing/ecephys/units_probeB has no column id", "expected one of");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            value = {"units | no such table of units ; /processing/ecephys/units_probeA, /processing",
                "units_probeA,units_probeA | names /processing/ecephys/units_probeA twice"})
    void shouldNameTheTablesThereAre(String names, String told) throws IOException, InterruptedException {
        Path file = make("04-two-unit-tables").resolve("two-probes.nwb");
        assertThatThrownBy(() -> RecordingFile.open(file, tables(names.split(","))))
                .isInstanceOf(InvalidInputException.class)
                .message().startsWith(file + ": --units ").contains(told.split(" ; ", -1)).doesNotContain("\n");
    }

    // ------------------------------------------------------------------ trials in another table

    @Test
    void shouldTakeTheRowsOfAnyTableOfIntervalsForTrials() throws IOException, InterruptedException {
        Path file = make("05-no-trials-but-intervals").resolve("presentations.nwb");
        RecordingOptions options = RecordingOptions.builder().trialTable("drifting_gratings_presentations")
                .align("start_time").window(new Window(0, 1)).inputs(List.of("orientation")).build();
        try (Recording session = RecordingFile.open(file, options);
                Recording whole = RecordingFile.open(file, RecordingOptions.NONE)) {
            assertThat(session.trials()).isEqualTo(95);
            assertThat(session.bins(0)).isEqualTo(50);
            assertThat(session.inputs(1)).containsOnly(45);
            assertThat(session.rigTimeNs(2, 0, 100)).as("the third begins at 3.5 s").isEqualTo(3_520_000_000L);
            // The whole recording begins on a bin's edge, so that its bins are those of a trial that begins at 1 s.
            int from = (int) ((1_020_000_000L - whole.rigTimeNs(0, 0, 0)) / 20_000_000L);
            assertThat(session.activity(0)).isEqualTo(whole.activity(0, from, 50));
            assertThat(whole.hasTrials()).isFalse();
            assertThat(whole.remarks()).anyMatch(line -> line.startsWith("no table of trials: one stretch")
                    && line.endsWith("; --trials TABLE takes one of drifting_gratings_presentations, epochs"));
        }
        RecordingOptions epochs = RecordingOptions.builder().trialTable("/intervals/epochs").build();
        try (Recording session = RecordingFile.open(file, epochs)) {
            assertThat(session.trials()).isEqualTo(2);
            assertThat(session.bins(1)).isEqualTo(3000);
        }
    }

    @Test
    void shouldNameTheTablesThatCouldHoldTrials() throws IOException, InterruptedException {
        Path file = make("05-no-trials-but-intervals").resolve("presentations.nwb");
        RecordingOptions align = RecordingOptions.builder().align("start_time").window(new Window(0, 1)).build();
        assertThatThrownBy(() -> RecordingFile.open(file, align)).isInstanceOf(InvalidInputException.class)
                .hasMessage("--align is start_time, expected a file with a table of trials: this one has none"
                        + "; --trials TABLE takes one of drifting_gratings_presentations, epochs");
        RecordingOptions wrong = RecordingOptions.builder().trialTable("gratings").build();
        assertThatThrownBy(() -> RecordingFile.open(file, wrong)).isInstanceOf(InvalidInputException.class)
                .hasMessage(file + ": --trials gratings: no such table of intervals, expected one of"
                        + " drifting_gratings_presentations, epochs");
    }

    // ------------------------------------------------------------------ odd tables

    @Test
    void shouldReadTrialsThatAreOutOfOrderAndLeaveOutTheOneThatIsOpen() throws IOException, InterruptedException {
        Path folder = make("06-trials-odd");
        try (Recording session = RecordingFile.open(folder.resolve("out-of-order.nwb"), RecordingOptions.NONE)) {
            assertThat(session.trials()).isEqualTo(30);
        }
        try (Recording session = RecordingFile.open(folder.resolve("last-open.nwb"), RecordingOptions.NONE)) {
            assertThat(session.trials()).isEqualTo(28);
        }
        for (String name : List.of("unequal-columns", "stop-before-start")) {
            assertThatThrownBy(() -> RecordingFile.open(folder.resolve(name + ".nwb"), RecordingOptions.NONE)).as(name)
                    .isInstanceOf(InvalidInputException.class).message().doesNotContain("\n");
        }
    }

    @Test
    void shouldReadUnitsThatNeverFire() throws IOException, InterruptedException {
        Path folder = make("07-silent-unit-repeated-index");
        try (Recording session = RecordingFile.open(folder.resolve("silent.nwb"), RecordingOptions.NONE)) {
            float[] sums = new float[6];
            for (int trial = 0; trial < session.trials(); trial++) {
                float[] counts = session.activity(trial);
                for (int i = 0; i < counts.length; i++) {
                    sums[i % 6] += counts[i];
                }
            }
            assertThat(sums[0] + sums[2] + sums[3] + sums[5]).isZero();
            assertThat(sums[1]).isGreaterThan(sums[4]).isGreaterThan(100);
        }
        try (Recording session = RecordingFile.open(folder.resolve("no-spike-at-all.nwb"), RecordingOptions.NONE)) {
            assertThat(session.activity(0)).containsOnly(0);
        }
        assertThatThrownBy(() -> RecordingFile.open(folder.resolve("no-spike_times-column.nwb"), RecordingOptions.NONE))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("has no column spike_times");
        assertThatThrownBy(() -> RecordingFile.open(folder.resolve("empty-units.nwb"), RecordingOptions.NONE))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("has no rows");
    }

    @Test
    void shouldFollowNoLinkIntoAnotherFile() throws IOException, InterruptedException {
        Path folder = make("09-external-link");
        try (Recording session = RecordingFile.open(folder.resolve("processed.nwb"), RecordingOptions.NONE)) {
            assertThat(session.neurons()).isEqualTo(3);
        }
        assertThatThrownBy(() -> RecordingFile.open(folder.resolve("units-linked.nwb"), RecordingOptions.NONE))
                .isInstanceOf(InvalidInputException.class).message()
                .contains("/units is a link to", "in another file: expected the data in this file");
    }

    // ------------------------------------------------------------------ a file that is not whole

    @Test
    void shouldSayThatAFileWasCut() throws IOException, InterruptedException {
        Path file = make("05-no-trials-but-intervals").resolve("presentations.nwb");
        byte[] whole = Files.readAllBytes(file);
        for (int length : new int[]{whole.length - 1, whole.length / 2, 200}) {
            Path cut = Files.write(directory.resolve("cut.nwb"), Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> RecordingFile.open(cut, RecordingOptions.NONE))
                    .isInstanceOf(InvalidInputException.class).message().startsWith(cut + ": has " + length
                            + " bytes, but says it has " + whole.length + ": it was cut");
        }
    }
}
