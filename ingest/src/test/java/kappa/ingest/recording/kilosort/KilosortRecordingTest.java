package kappa.ingest.recording.kilosort;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Folders written by NumPy as Kilosort and phy leave them, against what NumPy counts in them. */
class KilosortRecordingTest {

    @TempDir
    static Path directory;

    @BeforeAll
    static void writeFolders() throws InterruptedException {
        PythonScript.run("kilosort_folders.py", "numpy", directory);
    }

    private static Recording open(String folder, RecordingOptions options) {
        return RecordingFile.open(directory.resolve(folder), options);
    }

    private static RecordingOptions width(double seconds) {
        return RecordingOptions.builder().binWidth(seconds).build();
    }

    private static RecordingOptions units(String filter) {
        return RecordingOptions.builder().units(filter).build();
    }

    /** Counts of some clusters, by NumPy. */
    private static float[] truth(Path folder, int ms, int... ids) {
        try (Npz npz = Npz.open(folder.resolve("truth.npz"))) {
            float[] counts = npz.array("counts_" + ms + "ms").floats();
            long[] all = npz.array("ids").longs();
            int[] columns = IntStream.of(ids).map(id -> Arrays.binarySearch(all, id)).toArray();
            float[] chosen = new float[counts.length / all.length * ids.length];
            for (int i = 0; i < chosen.length; i++) {
                chosen[i] = counts[i / ids.length * all.length + columns[i % ids.length]];
            }
            return chosen;
        }
    }

    private static int[] ids(Recording session) {
        return session.describe().neurons().stream().mapToInt(Integer::parseInt).toArray();
    }

    @ParameterizedTest
    @CsvSource({"curated, 20", "curated, 5", "uncurated, 20", "uncurated, 5"})
    void shouldCountSpikesAsNumPyDoesBinByBin(String folder, int ms) {
        try (Recording session = open(folder, width(ms / 1000.0))) {
            assertThat(session.observation()).isEqualTo(Observation.COUNTS);
            assertThat(session.hasTrials()).isFalse();
            assertThat(session.name()).isEqualTo(folder);
            assertThat(session.activity(0)).isEqualTo(truth(directory.resolve(folder), ms, ids(session)));
        }
    }

    @Test
    void shouldStreamTheSameBinsThatItReadsAtOnce() {
        try (Recording session = open("curated", width(0.005)); BinSource source = session.source()) {
            float[] all = session.activity(0);
            RecordedBin bin = source.describe().newBin();
            int n = session.neurons();
            for (int t = 0; source.next(bin); t++) {
                assertThat(bin.activity).as("bin %d", t).isEqualTo(Arrays.copyOfRange(all, t * n, (t + 1) * n));
                assertThat(bin.rigTimeNs).isEqualTo((t + 1) * 5_000_000L);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            value = {"group == good | 0,6", "group == mua | 2,5", "group != noise | 0,2,5,6,8,9,10,11,14",
                "group == unsorted | 8,9,10,11,14", "KSLabel == good | 0,1,2,4,5,6,7,8,9,10,11",
                "KSLabel == good and group == noise | 1,4,7", "ContamPct < 30 | 0,1,2", "Amplitude >= 12.5 | 0,14",
                "id == 14 | 14"})
    void shouldChooseClustersByTheirTables(String filter, String ids) {
        int[] expected = Arrays.stream(ids.split(",")).mapToInt(Integer::parseInt).toArray();
        try (Recording session = open("curated", units(filter))) {
            assertThat(ids(session)).containsExactly(expected);
            assertThat(session.activity(0)).isEqualTo(truth(directory.resolve("curated"), 20, expected));
        }
    }

    @Test
    void shouldLeaveOutNoiseUnlessAskedAndSaySo() {
        try (Recording session = open("curated", RecordingOptions.NONE)) {
            assertThat(ids(session)).containsExactly(0, 2, 5, 6, 8, 9, 10, 11, 14);
            assertThat(session.observationChoice()).contains("spikes of 9 of 12 clusters");
            assertThat(session.remarks()).contains("3 clusters are noise and left out",
                    "clusters by group: 2 good, 2 mua, 3 noise, 5 unsorted",
                    "--units 'group == good' takes the good ones only", "bins of 20 ms; --bin-width overrides");
        }
    }

    @Test
    void shouldTakeTheRateThatIsGivenWhereTheFolderHasNone() {
        RecordingOptions options = RecordingOptions.builder().rate(30000.0).units("id >= 0").build();
        try (Recording session = open("no-rate", options)) {
            assertThat(session.activity(0)).isEqualTo(truth(directory.resolve("no-rate"), 20, ids(session)));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"no-rate | no params.py with a line sample_rate ; --rate HZ",
        "falling | spike_times[2000] = 5 after ; samples that do not fall", "negative | spike_times[0] = -3 ; from 0",
        "fractional | expected a whole number", "far | 1.0E17 ; at most 9e9 s",
        "unequal | expected 4999 elements, one for each spike", "wide | shape [5000, 2] ; [spikes] or [spikes, 1]",
        "empty | holds no spike", "negative-id | = -1 ; the id of a cluster", "large-id | = 1048576 ; below 1048576",
        "objects | Python objects", "rate-zero | sample_rate = 0", "rate-text | no params.py with a line sample_rate",
        "cut | spike_times.npy ; takes more than the 20000 bytes of the file, which was cut",
        "announces-much | extent 1099511627776",
        "bad-table | cluster_group.tsv ; line 3 ; 'seven'"})
    void shouldRefuseInOneLine(String folder, String told) {
        String[] parts = told.replace("1.0E17", "100000000000000000").split(" ; ", -1);
        assertThatThrownBy(() -> open(folder, RecordingOptions.NONE)).isInstanceOf(InvalidInputException.class)
                .message()
                .startsWith(directory.resolve(folder).toString()).contains(parts).doesNotContain("\n");
    }

    @Test
    void shouldSayWhatIsWrongWithAnOption() {
        assertThatThrownBy(() -> open("uncurated", units("group == good"))).isInstanceOf(InvalidInputException.class)
                .message().contains("no column 'group', expected one of id");
        assertThatThrownBy(() -> open("curated", units("group == bad"))).isInstanceOf(InvalidInputException.class)
                .message().contains("none of its 12 rows is such that group == bad");
        RecordingOptions all = RecordingOptions.builder().rate(30000.0).build();
        assertThatThrownBy(() -> open("no-rate", all)).isInstanceOf(InvalidInputException.class).message()
                .contains("all 12 are noise", "--units chooses");
        assertThatThrownBy(() -> open("curated", RecordingOptions.observed(Observation.RATES)))
                .isInstanceOf(InvalidInputException.class).message().contains("--observe is rates, expected counts");
        assertThatThrownBy(() -> open("curated", RecordingOptions.builder().series("x").build()))
                .isInstanceOf(InvalidInputException.class).message().contains("--series is for NWB files",
                        "a folder of Kilosort or phy");
    }

    @Test
    void shouldNameTheFolderWithinAFolder() {
        assertThatThrownBy(() -> RecordingFile.open(directory, RecordingOptions.NONE))
                .isInstanceOf(InvalidInputException.class).message()
                .contains("it holds ", directory.resolve("bad-table") + ", a folder of Kilosort or phy");
    }

    @Test
    void shouldReadTheFolderOfTheReport() throws IOException, InterruptedException {
        Path folder = SharedCase.make("14-kilosort-phy-folder", "numpy", directory).resolve("phy");
        assertThat(RecordingFile.format(folder)).isEqualTo(RecordingFormat.KILOSORT);
        try (Recording session = RecordingFile.open(folder, units("group == good"))) {
            assertThat(ids(session)).as("3 is good but was merged into 14, which nobody has judged").containsExactly(1,
                    5,
                    7);
        }
        try (Recording session = RecordingFile.open(folder, units("id >= 0"))) {
            float spikes = 0;
            for (float count : session.activity(0)) {
                spikes += count;
            }
            assertThat(spikes).isEqualTo(5000);
            assertThat(ids(session)).containsExactly(0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 14);
        }
    }
}
