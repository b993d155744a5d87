package kappa.ingest.recording.matlab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.archive.RecordingFile;
import kappa.ingest.recording.archive.RecordingFormat;
import kappa.ingest.recording.npz.Npz;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions out of files of SciPy and of h5py in MATLAB's layout, bin by bin against what NumPy says they hold. */
class MatlabRecordingTest {

    private static final int TRIALS = 5;
    private static final int BINS = 7;
    private static final int NEURONS = 3;

    @TempDir
    static Path directory;

    private static float[] counts;
    private static float[] flat;
    private static float[] rates;
    private static float[] inputs;
    private static float[] behavior;
    private static long[] lengths;

    @BeforeAll
    static void writeFiles() throws InterruptedException {
        MatlabFileTest.write(directory);
        try (Npz truth = Npz.open(directory.resolve("truth.npz"))) {
            counts = truth.array("counts").floats();
            flat = truth.array("flat").floats();
            rates = truth.array("rates").floats();
            inputs = truth.array("inputs").floats();
            behavior = truth.array("behavior").floats();
            lengths = truth.array("trial_length").longs();
        }
    }

    private static Recording open(String name, RecordingOptions options) {
        Path file = directory.resolve(name + ".mat");
        assertThat(RecordingFile.format(file)).isEqualTo(RecordingFormat.MATLAB);
        return RecordingFile.open(file, options);
    }

    private static RecordingOptions map(String... names) {
        return RecordingOptions.builder()
                .names(Map.of(names[0], names[1], names[2], names[3], names[4], names[5])).build();
    }

    /** The leading bins of a trial out of [trials, bins, width]. */
    private static float[] trial(float[] all, int trial, int width) {
        int from = trial * BINS * width;
        return Arrays.copyOfRange(all, from, from + (int) lengths[trial] * width);
    }

    private static void assertCounts(Recording session) {
        assertThat(session.observation()).isEqualTo(Observation.COUNTS);
        assertThat(session.binWidthSeconds()).isEqualTo(0.02);
        assertThat(session.trials()).isEqualTo(TRIALS);
        for (int trial = 0; trial < TRIALS; trial++) {
            assertThat(session.bins(trial)).isEqualTo((int) lengths[trial]);
            assertThat(session.activity(trial)).as("trial %d", trial).isEqualTo(trial(counts, trial, NEURONS));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"v5", "v7", "big-endian", "v7.3", "v7.3-compressed", "struct", "struct-v7.3"})
    void shouldReadASessionWhoseArraysHaveTheNamesOfOne(String name) {
        try (Recording session = open(name, RecordingOptions.NONE)) {
            assertThat(session.name()).isEqualTo(name);
            assertCounts(session);
            assertThat(session.inputs()).isEqualTo(1);
            for (int trial = 0; trial < TRIALS; trial++) {
                assertThat(session.inputs(trial)).isEqualTo(trial(inputs, trial, 1));
                assertThat(session.behavior(trial).orElseThrow()).isEqualTo(trial(behavior, trial, 2));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"named", "named-compressed", "named-rows", "named-v7.3"})
    void shouldReadNamesOutOfCellsAndRowsOfCharacters(String name) {
        try (Recording session = open(name, RecordingOptions.NONE)) {
            assertCounts(session);
            assertThat(session.describe().neurons()).containsExactly("M1-a", "PMd 2", "é3");
        }
    }

    @Test
    void shouldNumberNeuronsWhoseNamesAreNoTexts() {
        try (Recording session = open("misnamed", RecordingOptions.NONE)) {
            assertThat(session.describe().neurons()).containsExactly("0", "1", "2");
            assertThat(session.remarks()).anyMatch(remark -> remark.endsWith("array 'neuron_names' holds something else"
                    + " than one text in cell 1, expected texts, such as {'a1', 'a2'}"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"other-names", "other-names-v7.3"})
    void shouldReadFieldsOfStructsUnderTheNamesThatTheyAreGiven(String name) {
        try (Recording session = open(name,
                map("counts", "spikes.binned", "bin_width", "spikes.meta.dt", "trial_length", "spikes.meta.trials"))) {
            assertCounts(session);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"unequal", "unequal-v7.3"})
    void shouldCutTrialsOfUnequalLengthByAColumnOfThem(String name) {
        try (Recording session = open(name, RecordingOptions.NONE)) {
            assertCounts(session);
        }
    }

    @Test
    void shouldReadOneStretchOfBins() {
        try (Recording session = open("one-stretch", RecordingOptions.NONE)) {
            assertThat(session.hasTrials()).isFalse();
            assertThat(session.activity(0)).isEqualTo(flat);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rates", "rates-v7.3"})
    void shouldKeepWhatIsNotObserved(String name) {
        try (Recording session = open(name, RecordingOptions.NONE)) {
            assertThat(session.observation()).isEqualTo(Observation.RATES);
            for (int trial = 0; trial < TRIALS; trial++) {
                assertThat(session.activity(trial))
                        .isEqualTo(Arrays.copyOfRange(rates, trial * BINS * NEURONS, (trial + 1) * BINS * NEURONS));
            }
        }
    }

    @Test
    void shouldSayInOneLineWhatAFileLacks() {
        assertThatThrownBy(() -> open("unreadable", RecordingOptions.NONE)).isInstanceOf(InvalidInputException.class)
                .message().contains("array 'counts' is a cell array", "counts = cat(1, counts{:})")
                .doesNotContain("\n");
        assertThatThrownBy(() -> open("other-names", RecordingOptions.NONE)).isInstanceOf(InvalidInputException.class)
                .message().contains("the file holds spikes (struct", "spikes.binned (uint8 [5, 7, 3])", "--map")
                .doesNotContain("\n");
        assertThatThrownBy(() -> open("v4", RecordingOptions.NONE)).isInstanceOf(InvalidInputException.class).message()
                .contains("not a MATLAB file of v5, v6, v7 or v7.3", "save -v7").doesNotContain("\n");
        assertThatThrownBy(() -> open("v7", RecordingOptions.builder().align("x")
                .window(new RecordingOptions.Window(0, 1)).build())).isInstanceOf(InvalidInputException.class).message()
                .contains("--align is for NWB files", "a MATLAB file").doesNotContain("\n");
    }
}
