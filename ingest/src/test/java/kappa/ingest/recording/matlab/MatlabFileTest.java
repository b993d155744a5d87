package kappa.ingest.recording.matlab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.PythonScript;
import kappa.ingest.recording.arrays.NumericArray;
import kappa.ingest.recording.npz.Npz;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of SciPy and of h5py in MATLAB's layout against what NumPy says they hold. */
class MatlabFileTest {

    @TempDir
    static Path directory;

    @BeforeAll
    static void writeFiles() throws InterruptedException {
        write(directory);
    }

    /** Writes all these files. */
    static void write(Path directory) throws InterruptedException {
        PythonScript.run("matlab.py", "scipy.io, h5py", directory);
    }

    private static Path file(String name) {
        return directory.resolve(name + ".mat");
    }

    private static double[] elements(NumericArray array) {
        double[] values = new double[(int) array.elements()];
        array.doubles(0, values.length, values);
        return values;
    }

    private static double[] truth(String name) {
        try (Npz truth = Npz.open(directory.resolve("truth.npz"))) {
            return truth.array(name).doubles();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"v5", "v7", "big-endian", "v7.3", "v7.3-compressed", "struct", "struct-v7.3"})
    void shouldReadArraysInTheOrderOfTheirIndices(String name) {
        assertThat(MatlabFile.isMatlab(file(name))).isTrue();
        try (MatlabFile mat = MatlabFile.open(file(name))) {
            NumericArray counts = mat.find("counts").orElseThrow();
            assertThat(counts.shape()).containsExactly(5, 7, 3);
            assertThat(counts.integral()).isEqualTo(!name.equals("big-endian"));
            assertThat(elements(counts)).isEqualTo(truth("counts"));
            // MATLAB has no last extent of 1.
            assertThat(mat.find("inputs").orElseThrow().shape()).containsExactly(5, 7);
            assertThat(elements(mat.find("inputs").orElseThrow())).isEqualTo(truth("inputs"));
            assertThat(elements(mat.find("behavior").orElseThrow())).isEqualTo(truth("behavior"));
            assertThat(elements(mat.find("trial_length").orElseThrow())).isEqualTo(truth("trial_length"));
            assertThat(mat.find("bin_width").orElseThrow().scalar()).isEqualTo(0.02);
            assertThat(mat.find("targets")).isEmpty();
        }
    }

    @Test
    void shouldReadAnyPartOfAnArray() {
        try (MatlabFile mat = MatlabFile.open(file("v7"))) {
            NumericArray counts = mat.find("counts").orElseThrow();
            double[] all = truth("counts");
            for (int from = 0; from < all.length; from++) {
                for (int count : new int[]{0, 1, 5, 23}) {
                    if (from + count <= all.length) {
                        double[] part = new double[count];
                        counts.doubles(from, count, part);
                        assertThat(part).isEqualTo(Arrays.copyOfRange(all, from, from + count));
                    }
                }
            }
            assertThatThrownBy(() -> counts.doubles(all.length, 1, new double[1]))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThat(counts.at(23)).isEqualTo("counts[1, 0, 2]");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"types", "types-compressed", "types-v7.3"})
    void shouldReadNumbersOfEveryType(String name) {
        try (MatlabFile mat = MatlabFile.open(file(name))) {
            double[] whole = IntStream.range(0, 24).asDoubleStream().toArray();
            for (String type : List.of("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
                    "float32",
                    "float64")) {
                NumericArray array = mat.find("a_" + type).orElseThrow();
                assertThat(array.shape()).as(type).containsExactly(2, 3, 4);
                assertThat(elements(array)).as(type).isEqualTo(whole);
            }
            assertThat(elements(mat.find("a_logical").orElseThrow()))
                    .isEqualTo(IntStream.range(0, 24).mapToDouble(i -> i % 2).toArray());
            assertThat(mat.variables()).extracting(MatlabVariable::type).contains("single", "double", "logical",
                    "uint16");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"other-names", "other-names-v7.3"})
    void shouldNameFieldsOfStructs(String name) {
        try (MatlabFile mat = MatlabFile.open(file(name))) {
            assertThat(mat.names()).contains("spikes", "spikes.binned", "spikes.meta.dt", "note");
            assertThat(elements(mat.find("spikes.binned").orElseThrow())).isEqualTo(truth("counts"));
            assertThat(mat.find("spikes.meta.dt").orElseThrow().scalar()).isEqualTo(0.02);
            assertThat(elements(mat.find("spikes.meta.trials").orElseThrow())).isEqualTo(truth("trial_length"));
            assertThat(mat.listing()).contains("spikes.binned (uint8 [5, 7, 3])", "note (char");
        }
    }

    @ParameterizedTest(name = "{0} of {1}")
    @CsvSource(delimiter = '|', value = {
        "counts | unreadable | is a cell array | trial_length = cellfun(@(x) size(x, 1), counts(:)); counts = cat(1, counts{:})",
        "text | unreadable | is text | text = str2double(text)",
        "sparse | unreadable-compressed | is sparse | sparse = full(sparse)",
        "complex | unreadable | is complex | complex = real(complex)",
        "struct | unreadable-compressed | is a struct | name one of its fields, struct.a, struct.b",
        "trials | unreadable | is a struct array | counts = cat(1, trials.counts)",
        "counts | unreadable-v7.3 | is a cell array | counts = cat(1, counts{:})",
        "text | unreadable-v7.3 | is text | text = str2double(text)",
        "sparse | unreadable-v7.3 | is sparse | sparse = full(sparse)",
        "complex | unreadable-v7.3 | is complex | complex = real(complex)",
        "struct | unreadable-v7.3 | is a struct | name one of its fields, struct.a, struct.b",
        "trials.counts | unreadable-v7.3 | is a field of a struct array | counts = cat(1, trials.counts)",
        "table | unreadable-v7.3 | is an object of the class table | table = table2array(table)"})
    void shouldSayHowToSaveWhatItCannotRead(String variable, String name, String what, String remedy) {
        try (MatlabFile mat = MatlabFile.open(file(name))) {
            assertThat(mat.names()).contains(variable);
            assertThatThrownBy(() -> mat.find(variable)).isInstanceOf(InvalidInputException.class).message()
                    .startsWith(file(name) + ": array '" + variable + "' " + what).contains(remedy)
                    .doesNotContain("\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"unreadable", "unreadable-compressed", "unreadable-v7.3"})
    void shouldReadAnEmptyArrayAsOne(String name) {
        try (MatlabFile mat = MatlabFile.open(file(name))) {
            assertThat(mat.find("empty").orElseThrow().elements()).isZero();
        }
    }

    @Test
    void shouldNameAFileOfVersion4() {
        assertThat(MatlabFile.isMatlab(file("v4"))).isFalse();
        assertThatThrownBy(() -> MatlabFile.open(file("v4"))).isInstanceOf(InvalidInputException.class).message()
                .contains("save -v7");
    }

    @ParameterizedTest
    @ValueSource(strings = {"v5", "v7", "v7.3"})
    void shouldRefuseAFileThatWasCut(String name) throws IOException {
        byte[] bytes = Files.readAllBytes(file(name));
        Path cut = directory.resolve("cut-" + name + ".mat");
        for (int length : new int[]{0, 60, 128, 131, 140, 200, bytes.length / 2, bytes.length - 1}) {
            Files.write(cut, Arrays.copyOf(bytes, length));
            assertThatThrownBy(() -> {
                try (MatlabFile mat = MatlabFile.open(cut)) {
                    for (MatlabVariable variable : mat.variables()) {
                        mat.find(variable.name());
                    }
                    mat.find("counts").orElseThrow(() -> new InvalidInputException(cut + ": no counts"));
                }
            }).as("%d bytes", length).isInstanceOf(InvalidInputException.class).message().startsWith(cut.toString())
                    .doesNotContain("\n");
        }
    }

    @Test
    void shouldRefuseArraysThatTakeMoreMemoryThanThereIs() throws IOException {
        try (Mat5File mat = Mat5File.open(file("v7"), 256)) {
            assertThat(mat.read(mat.variables().get("trial_length")).elements()).isEqualTo(5);
            assertThatThrownBy(() -> mat.read(mat.variables().get("behavior")))
                    .isInstanceOf(InvalidInputException.class)
                    .message().contains("behavior", "-Xmx").doesNotContain("\n");
        }
    }

    @Test
    void shouldTakeNoMemoryForWhatIsOnlyClaimed() throws IOException {
        byte[] bytes = Files.readAllBytes(file("v5"));
        ByteBuffer mat = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        // Extents of 2^30 elements for each of the arrays.
        for (int at = Mat5File.HEADER; at + 20 < bytes.length; at += 4) {
            if (mat.getInt(at) == 5 && mat.getInt(at + 4) == 12) {
                mat.putInt(at + 8, 1 << 30);
            }
        }
        Path large = Files.write(directory.resolve("claims.mat"), bytes);
        try (MatlabFile file = MatlabFile.open(large)) {
            assertThatThrownBy(() -> file.find("counts")).isInstanceOf(InvalidInputException.class).message()
                    .contains("damaged MATLAB file: variable counts", "which is not what its shape")
                    .doesNotContain("\n");
        }
    }
}
