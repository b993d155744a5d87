package kappa.ingest.nwb;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import kappa.ingest.session.Npz;
import kappa.ingest.session.RecordingOptions;
import kappa.ingest.session.RecordingOptions.Window;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real files, written by PyNWB and in its layout, against what h5py counts in them. */
class NwbSessionTest {

    static Path data(String name) {
        String given = System.getProperty("kappa.data");
        Path data = given == null
                ? Path.of(System.getProperty("kappa.root", ".."), "..", "shared", "data")
                : Path.of(given);
        Path file = data.resolve("nwb").resolve(name);
        Assumptions.assumeTrue(Files.exists(file), "shared data are not on this machine");
        return file;
    }

    /** Options in the order of the command line; null for one that is not given. */
    private static RecordingOptions options(Double width, String align, Window window, List<String> inputs,
            List<String> behavior, String units, String trials, String series) {
        return new RecordingOptions(Optional.empty(), width == null ? OptionalDouble.empty() : OptionalDouble.of(width),
                Optional.ofNullable(align), Optional.ofNullable(window), inputs, behavior, Optional.ofNullable(units),
                Optional.ofNullable(trials), Optional.ofNullable(series));
    }

    private static RecordingOptions width(double seconds) {
        return options(seconds, null, null, List.of(), List.of(), null, null, null);
    }

    @ParameterizedTest(name = "{0} at {1} ms, {2} spikes in memory")
    @CsvSource({"pynwb, 1, 1000000", "pynwb, 5, 1000000", "pynwb, 20, 1000000", "cdm60, 1, 1000000",
        "cdm60, 5, 1000000", "cdm60, 20, 1000000", "cdm60, 1, 70000", "cdm60, 20, 64"})
    void shouldCountSpikesAsTheFilesGivenBesideThem(String name, int ms, int inMemory) {
        try (Npz truth = Npz.open(data(name + "-counts.npz"));
                NwbSession session = NwbSession.open(data(name + ".nwb"), width(ms / 1000.0), inMemory)) {
            long[] lengths = truth.array("trial_length_" + ms + "ms").longs();
            float[] counts = truth.array("counts_" + ms + "ms").floats();
            assertThat(session.trials()).isEqualTo(lengths.length);
            assertThat(session.neuronNames()).containsExactly(Arrays.stream(truth.array("unit_id").longs())
                    .mapToObj(Long::toString).toArray(String[]::new));
            int from = 0;
            for (int trial = 0; trial < lengths.length; trial++) {
                assertThat(session.bins(trial)).isEqualTo((int) lengths[trial]);
                int numbers = (int) lengths[trial] * session.neurons();
                assertThat(session.activity(trial)).as("trial %d", trial)
                        .isEqualTo(Arrays.copyOfRange(counts, from, from + numbers));
                from += numbers;
            }
        }
    }
}
