package kappa.ingest.recording.arrays;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import kappa.ingest.InvalidInputException;
import kappa.ingest.PythonScript;
import kappa.ingest.SharedCase;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.archive.RecordingFile;
import kappa.ingest.recording.archive.RecordingFormat;
import kappa.ingest.recording.npz.Npz;
import kappa.ingest.recording.npz.RecordingWriter;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One array in a file, text, and arrays under other names, written by NumPy and others, against the truth. */
class ArrayFilesTest {

    private static final RecordingOptions WIDTH = RecordingOptions.builder().binWidth(0.02).build();

    private static final List<String> NAMES = List.of("unit 0", "unit 1", "unit 2", "unit 3", "unit 4", "unit 5",
            "unit 6");

    @TempDir
    static Path directory;

    @BeforeAll
    static void writeFiles() throws InterruptedException {
        PythonScript.run("array_files.py", "numpy", directory);
    }

    private static float[] truth(String array) {
        try (Npz npz = Npz.open(directory.resolve("truth.npz"))) {
            return npz.array(array).floats();
        }
    }

    private static float[] all(Recording session) {
        float[] all = new float[Math.toIntExact(session.bins()) * session.neurons()];
        int at = 0;
        for (int trial = 0; trial < session.trials(); trial++) {
            float[] activity = session.activity(trial);
            System.arraycopy(activity, 0, all, at, activity.length);
            at += activity.length;
        }
        return all;
    }

    @ParameterizedTest
    @CsvSource({"counts-i8.npy, 1", "counts-u1.npy, 1", "counts-big-endian.npy, 1", "counts-fortran.npy, 1",
        "counts-f8.npy, 1", "counts-trials.npy, 10", "counts-trials-fortran.npy, 10", "counts-savetxt.csv, 1",
        "counts-blanks.txt, 1", "counts-excel.csv, 1"})
    void shouldTakeWholeNumbersForCountsAndReadEveryBin(String file, int trials) {
        try (Recording session = RecordingFile.open(directory.resolve(file), WIDTH)) {
            assertThat(session.observation()).isEqualTo(Observation.COUNTS);
            assertThat(session.trials()).isEqualTo(trials);
            assertThat(session.hasTrials()).isEqualTo(trials > 1);
            assertThat(session.binWidthSeconds()).isEqualTo(0.02);
            assertThat(session.name()).isEqualTo(file.substring(0, file.length() - 4));
            assertThat(all(session)).isEqualTo(truth("counts"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rates-f8.npy", "rates-f4.npy", "rates-tabs.tsv", "rates-pandas.csv"})
    void shouldTakeOtherNumbersForRatesWithinOneAndReadEveryBin(String file) {
        try (Recording session = RecordingFile.open(directory.resolve(file), WIDTH)) {
            assertThat(session.observation()).isEqualTo(Observation.RATES);
            assertThat(all(session)).isEqualTo(truth("rates"));
        }
    }

    @ParameterizedTest
    @CsvSource({"counts-savetxt.csv, TEXT", "rates-tabs.tsv, TEXT", "rates-pandas.csv, TEXT", "counts-excel.csv, TEXT"})
    void shouldNameTheNeuronsAsTheFirstRowDoes(String file, RecordingFormat format) {
        assertThat(RecordingFile.format(directory.resolve(file))).isEqualTo(format);
        try (Recording session = RecordingFile.open(directory.resolve(file), WIDTH)) {
            assertThat(session.describe().neurons()).isEqualTo(NAMES);
        }
    }

    @Test
    void shouldStreamTheBinsOfATextFile() {
        try (Recording session = RecordingFile.open(directory.resolve("counts-savetxt.csv"), WIDTH);
                BinSource source = session.source()) {
            RecordedBin bin = source.describe().newBin();
            float[] counts = truth("counts");
            for (int t = 0; source.next(bin); t++) {
                assertThat(bin.activity).isEqualTo(Arrays.copyOfRange(counts, 7 * t, 7 * t + 7));
            }
            assertThat(session.activity(0, 2, 1)).as("back to the first block")
                    .isEqualTo(Arrays.copyOfRange(counts, 14, 21));
        }
    }

    @Test
    void shouldTakeAnArrayForWhatIsAsked() {
        RecordingOptions currents = RecordingOptions.builder().binWidth(0.1).observe(Observation.CURRENTS).build();
        try (Recording session = RecordingFile.open(directory.resolve("counts-i8.npy"), currents)) {
            assertThat(session.observation()).isEqualTo(Observation.CURRENTS);
        }
        try (Recording session = RecordingFile.open(directory.resolve("currents.npy"), WIDTH)) {
            assertThat(session.observation()).isEqualTo(Observation.CURRENTS);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"flat.npy | shape [300]: expected [trials, bins, neurons] or [bins, neurons]",
        "text.npy | strings", "objects.npy | Python objects ; trial_length=[len(t) for t in x]",
        "infinite.npy | = Infinity: expected a finite number", "cut.npy | takes more than the 5000 bytes of the file",
        "long.npy | holds 16804 bytes of elements, but its shape [300, 7] takes 16800",
        "announces-0.npy | extent 1099511627776: expected at most 2147483647",
        "announces-1.npy | shape [1048576, 1048576] of uint8 takes more than the 192 bytes of the file",
        "no-names.csv | line 1 ; expected the names of the neurons, such as n0,n1,n2",
        "names-only.csv | holds the names of the neurons only", "blank.csv | holds no row",
        "twice.csv | names 'a' twice", "unnamed.csv | a column with nothing",
        "short-row.csv | bin 1 has 1 fields, expected 2",
        "long-row.csv | bin 1 has 3 fields, expected 2", "words.csv | bin 1, column 'b': 'four', expected a number",
        "decimal-comma.csv | bin 0, column 'a': '0,5', expected a number with a decimal point"})
    void shouldRefuseInOneLine(String file, String told) {
        assertThatThrownBy(() -> RecordingFile.open(directory.resolve(file), WIDTH))
                .isInstanceOf(InvalidInputException.class).message().startsWith(directory.resolve(file) + ": ")
                .contains(told.split(" ; ", -1)).doesNotContain("\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"counts-i8.npy", "counts-savetxt.csv"})
    void shouldAskHowLongABinIs(String file) {
        assertThatThrownBy(() -> RecordingFile.open(directory.resolve(file), RecordingOptions.NONE))
                .isInstanceOf(InvalidInputException.class).message()
                .contains("'bin_width' is missing", "one array of shape [300, 7]", "--bin-width S");
    }

    @Test
    void shouldReadArraysUnderOtherNames() {
        RecordingOptions other = RecordingOptions.builder()
                .names(Map.of("counts", "spikes", "bin_width", "dt", "neuron_names", "labels")).build();
        try (Recording session = RecordingFile.open(directory.resolve("other-names.npz"), other)) {
            assertThat(session.trials()).isEqualTo(10);
            assertThat(session.describe().neurons()).isEqualTo(NAMES);
            assertThat(all(session)).isEqualTo(truth("counts"));
        }
        RecordingOptions unnamed = RecordingOptions.builder().names(Map.of("counts", "arr_0")).binWidth(0.02).build();
        try (Recording session = RecordingFile.open(directory.resolve("unnamed.npz"), unnamed)) {
            assertThat(all(session)).isEqualTo(truth("counts"));
        }
    }

    @Test
    void shouldSayWhatIsWrongWithAMap() {
        Path file = directory.resolve("other-names.npz");
        assertThatThrownBy(() -> RecordingFile.open(file, RecordingOptions.NONE))
                .isInstanceOf(InvalidInputException.class)
                .message().contains("no array 'activity' or 'counts'", "--map counts=ARRAY");
        assertThatThrownBy(() -> RecordingFile.open(file,
                RecordingOptions.builder().names(Map.of("spikes", "counts")).build()))
                .isInstanceOf(InvalidInputException.class).message()
                .contains("--map spikes=counts: expected NAME=ARRAY with one of the names counts, activity, bin_width");
        assertThatThrownBy(() -> RecordingFile.open(file,
                RecordingOptions.builder().names(Map.of("counts", "spike")).build()))
                .isInstanceOf(InvalidInputException.class).message()
                .contains("--map counts=spike: " + file + " has no array 'spike', it holds spikes, dt, labels");
        assertThatThrownBy(() -> RecordingFile.open(file,
                RecordingOptions.builder().names(Map.of("counts", "spikes", "bin_width", "dt")).binWidth(0.1).build()))
                .isInstanceOf(InvalidInputException.class).message()
                .contains("--bin-width is 0.1, expected none with " + file + ", whose bin_width is 0.02");
    }

    @ParameterizedTest
    @ValueSource(strings = {"named.npz", "bytes-names.npz"})
    void shouldKeepTheNamesThatASessionFileHas(String file) {
        try (Recording session = RecordingFile.open(directory.resolve(file), RecordingOptions.NONE)) {
            assertThat(session.describe().neurons()).isEqualTo(NAMES);
            assertThat(session.remarks()).isEmpty();
        }
    }

    @Test
    void shouldKeepTheRigsTimesThatASessionFileHas() {
        try (Recording session = RecordingFile.open(directory.resolve("named.npz"), RecordingOptions.NONE)) {
            assertThat(session.rigTimeNs(0, 0, 0)).isEqualTo(1_000_000_000L);
            assertThat(session.rigTimeNs(0, 299, 299)).isEqualTo(6_980_000_000L);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bad-names.npz", "object-names.npz"})
    void shouldNumberNeuronsWhoseNamesCannotBeUsedAndSaySo(String file) {
        try (Recording session = RecordingFile.open(directory.resolve(file), RecordingOptions.NONE)) {
            assertThat(session.describe().neurons()).containsExactly("0", "1", "2", "3", "4", "5", "6");
            assertThat(session.rigTimeNs(0, 0, 0)).isEqualTo(20_000_000L);
            assertThat(session.remarks()).hasSize(2).anyMatch(line -> line.startsWith("'neuron_names' is not used"))
                    .anyMatch(line -> line.startsWith("'rig_time_ns' is not used"));
        }
    }

    @Test
    void shouldWriteNamesAndTimesThatAReaderWouldNotGuess() {
        Path out = directory.resolve("converted.npz");
        try (Recording session = RecordingFile.open(directory.resolve("named.npz"), RecordingOptions.NONE)) {
            RecordingWriter.write(session, out, (done, total) -> {});
        }
        try (Recording copy = RecordingFile.open(out, RecordingOptions.NONE)) {
            assertThat(copy.describe().neurons()).isEqualTo(NAMES);
            assertThat(copy.rigTimeNs(0, 7, 7)).isEqualTo(1_140_000_000L);
            assertThat(all(copy)).isEqualTo(truth("counts"));
        }
        Path plain = directory.resolve("plain.npz");
        try (Recording session = RecordingFile.open(directory.resolve("counts-i8.npy"), WIDTH)) {
            RecordingWriter.write(session, plain, (done, total) -> {});
        }
        try (Npz npz = Npz.open(plain)) {
            assertThat(npz.names()).containsExactlyInAnyOrder("bin_width", "counts");
        }
    }

    // ------------------------------------------------------------------ what a public report led to

    @Test
    void shouldReadEveryKindOfTheReportOrSayWhatMendsIt() throws IOException, InterruptedException {
        Path folder = SharedCase.make("11-npz-kinds", "numpy", directory);
        List<String> sound = List.of("bigendian-fortran.npz", "float16.npz", "bool.npz", "binwidth-array.npz",
                "trial_length-float.npz", "datetime-extra.npz", "npy-version2.npz");
        for (String name : sound) {
            try (Recording session = RecordingFile.open(folder.resolve(name), RecordingOptions.NONE)) {
                assertThat(session.neurons()).as(name).isEqualTo(8);
                assertThat(session.bins()).as(name).isEqualTo(1000);
            }
        }
        for (String name : List.of("counts.npy", "binwidth-missing.npz")) {
            try (Recording session = RecordingFile.open(folder.resolve(name), WIDTH);
                    Recording same = RecordingFile.open(folder.resolve("bigendian-fortran.npz"),
                            RecordingOptions.NONE)) {
                assertThat(all(session)).as(name).isEqualTo(all(same));
            }
        }
        RecordingOptions spikes = RecordingOptions.builder().names(Map.of("counts", "spikes")).build();
        try (Recording session = RecordingFile.open(folder.resolve("other-names.npz"), spikes)) {
            assertThat(session.trials()).isEqualTo(20);
        }
        Map<String, String> refused = Map.of("object-ragged.npz", "trial_length=[len(t) for t in x]", "structured.npz",
                "structured dtype", "text.npz", "strings", "complex.npz", "complex", "longdouble.npz", "float64",
                "negative-missing.npz", "= -1.0: expected a spike count", "fractional.npz", "expected a spike count",
                "binwidth-text.npz", "strings", "lzma.npz", "what np.savez or np.savez_compressed writes",
                "unnamed.npz", "--map counts=ARRAY");
        refused.forEach((name, told) -> assertThatThrownBy(
                () -> RecordingFile.open(folder.resolve(name), RecordingOptions.NONE)).as(name)
                .isInstanceOf(InvalidInputException.class).message().contains(told).doesNotContain("\n"));
    }
}
