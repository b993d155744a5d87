package kappa.ingest.recording.xdf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import kappa.ingest.InvalidInputException;
import kappa.ingest.PythonScript;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.StreamOptions;
import kappa.ingest.recording.npz.Npz;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of a writer after the specification against what NumPy makes of the same samples. */
class XdfRecordingTest {

    private static final long ALL_IN_MEMORY = 1L << 30;

    /** How well the clocks of two hosts are known, as a share of a bin. */
    private static final float CLOCKS = 0.005f;

    @TempDir
    static Path directory;

    @BeforeAll
    static void writeFiles() throws InterruptedException {
        write(directory);
    }

    /** Writes all these files. */
    static void write(Path directory) throws InterruptedException {
        PythonScript.run("xdf_files.py", "numpy", directory);
    }

    /** Options as the command line would give them. */
    static final class Asked {
        private final RecordingOptions.Builder options = RecordingOptions.builder();
        private String stream;
        private String kind;
        private List<String> markers = List.of();
        private String start;
        private String end;
        private List<String> inputs = List.of();

        Asked stream(String name) {
            stream = name;
            return this;
        }

        Asked kind(String name) {
            kind = name;
            return this;
        }

        Asked markers(String name, String trialStart, String trialEnd, String... markerInputs) {
            markers = List.of(name);
            start = trialStart;
            end = trialEnd;
            inputs = List.of(markerInputs);
            return this;
        }

        Asked inputs(String... names) {
            options.inputs(List.of(names));
            return this;
        }

        Asked behavior(String... names) {
            options.behavior(List.of(names));
            return this;
        }

        Asked observe(Observation observation) {
            options.observe(observation);
            return this;
        }

        Asked onlyTrials(String filter) {
            options.trials(filter);
            return this;
        }

        Asked width(double seconds) {
            options.binWidth(seconds);
            return this;
        }

        RecordingOptions build() {
            return options.streams(new StreamOptions(Optional.ofNullable(stream), Optional.ofNullable(kind), markers,
                    Optional.ofNullable(start), Optional.ofNullable(end), inputs)).build();
        }
    }

    static Path file(String name) {
        return directory.resolve(name + ".xdf");
    }

    private static XdfRecording open(String name, Asked asked) {
        return XdfRecording.open(file(name), asked.build(), ALL_IN_MEMORY);
    }

    /** All of {@code regular}: markers, a behaviour and an input that is sampled. */
    static Asked everything() {
        return new Asked().markers("Task", "trial .*", "end", "go=go", "coherence=coh (.*)").inputs("Light")
                .behavior("Eye").stream("EEG");
    }

    private static List<RecordedBin> bins(XdfRecording session) {
        List<RecordedBin> bins = new ArrayList<>();
        try (BinSource source = session.source()) {
            RecordedBin bin = session.describe().newBin();
            while (source.next(bin)) {
                RecordedBin copy = session.describe().newBin();
                copy.set(bin);
                bins.add(copy);
            }
        }
        return bins;
    }

    /** Compares a session bin by bin with what its script says. */
    private static void assertTruth(String name, XdfRecording session) {
        try (Npz truth = Npz.open(directory.resolve(name + ".npz"))) {
            List<RecordedBin> bins = bins(session);
            long[] trial = truth.array("trial").longs();
            long[] epoch = truth.array("epoch").longs();
            long[] end = truth.array("end").longs();
            float[] activity = truth.array("activity").floats();
            assertThat(bins).hasSize(trial.length);
            int n = session.neurons();
            for (int t = 0; t < trial.length; t++) {
                RecordedBin bin = bins.get(t);
                assertThat(bin.activity).as("activity of bin %d", t)
                        .isEqualTo(Arrays.copyOfRange(activity, t * n, (t + 1) * n));
                assertThat(bin.trial).as("trial of bin %d", t).isEqualTo(trial[t]);
                assertThat(bin.epoch).as("epoch of bin %d", t).isEqualTo((int) epoch[t]);
                assertThat(bin.rigTimeNs).as("end of bin %d", t).isEqualTo(end[t]);
                assertThat(bin.lost > 0).as("losses of bin %d", t).isEqualTo(Float.isNaN(bin.activity[0]));
            }
            if (truth.names().contains("phase")) {
                assertThat(bins.stream().mapToLong(bin -> bin.phase).toArray()).isEqualTo(truth.array("phase").longs());
            }
            assertColumns(truth, "inputs", session.inputs(), bins.stream().map(bin -> bin.inputs).toList());
            assertColumns(truth, "behavior", session.behaviors(), bins.stream().map(bin -> bin.behavior).toList());
        }
    }

    private static void assertColumns(Npz truth, String name, int width, List<float[]> rows) {
        if (width == 0) {
            return;
        }
        float[] expected = truth.array(name).floats();
        assertThat(expected).hasSize(rows.size() * width);
        for (int t = 0; t < rows.size(); t++) {
            for (int c = 0; c < width; c++) {
                if (Float.isNaN(expected[t * width + c])) {
                    assertThat(rows.get(t)[c]).as("%s %d of bin %d", name, c, t).isNaN();
                } else {
                    assertThat(rows.get(t)[c]).as("%s %d of bin %d", name, c, t)
                            .isCloseTo(expected[t * width + c], within(CLOCKS));
                }
            }
        }
    }

    // ------------------------------------------------------------------ against the truth

    @ParameterizedTest
    @ValueSource(strings = {"regular", "explicit-stamps", "no-footers"})
    void shouldBinARegularStreamWithMarkersInputsAndBehaviour(String name) {
        assertThat(XdfRecording.isXdf(file(name))).isTrue();
        try (XdfRecording session = open(name, everything())) {
            assertThat(session.describe().neurons()).containsExactly("Fp1", "Fp2", "Cz");
            assertThat(session.describe().inputs()).containsExactly("go", "coherence", "light");
            assertThat(session.describe().behaviors()).containsExactly("x", "y");
            assertThat(session.observation()).isEqualTo(Observation.CURRENTS);
            assertThat(session.observationChoice()).contains("\"EEG\"", "currents", "regular");
            assertTruth("regular", session);
            assertThat(session.remarks())
                    .contains("44 samples are missing between stamps; their bins are not observed");
        }
    }

    @ParameterizedTest
    @CsvSource({"spikes, Sorter", "named-spikes, Sorter"})
    void shouldCountSpikesThatAreOutOfOrderAndFollowMarkersOfAnotherHost(String name, String stream) {
        try (XdfRecording session = open(name, new Asked().stream(stream).markers("Task", "trial .*", null))) {
            assertThat(session.describe().neurons()).containsExactly(name.equals("spikes")
                    ? new String[]{"unit 0", "unit 1", "unit 2", "unit 3", "unit 4"}
                    : new String[]{"beta", "alpha", "delta", "gamma", "epsilon"});
            assertThat(session.observation()).isEqualTo(Observation.COUNTS);
            assertTruth(name, session);
        }
    }

    @Test
    void shouldBeginAnEpochWhereTheClockBeganAnew() {
        try (XdfRecording session = open("resets", new Asked().markers("Task", "trial .*", null))) {
            assertTruth("resets", session);
            assertThat(session.remarks())
                    .anyMatch(remark -> remark.contains("clock of the stream began anew 2 times"));
        }
        try (XdfRecording session = open("resets", new Asked())) {
            assertThat(session.trials()).isEqualTo(1);
            assertThat(session.hasTrials()).isFalse();
            assertThat(bins(session).stream().mapToInt(bin -> bin.epoch).distinct().toArray()).containsExactly(0, 1, 2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"float32", "double64", "int8", "int16", "int32", "int64"})
    void shouldReadEveryFormatOfNumbers(String format) {
        try (XdfRecording session = open("formats", new Asked().stream(format));
                Npz truth = Npz.open(directory.resolve("formats-" + format + ".npz"))) {
            assertThat(session.observation()).isEqualTo(Observation.COUNTS);
            assertThat(session.bins()).isEqualTo(100);
            assertThat(session.activity(0)).isEqualTo(truth.array("activity").floats());
        }
    }

    @Test
    void shouldGiveTheSameBinsByTrialAndAsAStream() {
        try (XdfRecording session = open("regular", everything())) {
            List<RecordedBin> bins = bins(session);
            int next = 0;
            for (int trial = 0; trial < session.trials(); trial++) {
                float[] activity = session.activity(trial);
                float[] inputs = session.inputs(trial);
                float[] behavior = session.behavior(trial).orElseThrow();
                for (int t = 0; t < session.bins(trial); t++, next++) {
                    RecordedBin bin = bins.get(next);
                    assertThat(bin.trial).isEqualTo(trial);
                    assertThat(session.rigTimeNs(trial, t, next)).isEqualTo(bin.rigTimeNs);
                    assertThat(Arrays.copyOfRange(activity, 3 * t, 3 * t + 3)).isEqualTo(bin.activity);
                    assertThat(Arrays.copyOfRange(inputs, 3 * t, 3 * t + 3)).isEqualTo(bin.inputs);
                    assertThat(Arrays.copyOfRange(behavior, 2 * t, 2 * t + 2)).isEqualTo(bin.behavior);
                }
            }
            assertThat(next).isEqualTo(bins.size());
            try (BinSource source = session.source()) {
                source.skip(100);
                RecordedBin bin = session.describe().newBin();
                assertThat(source.next(bin)).isTrue();
                assertThat(bin.rigTimeNs).isEqualTo(bins.get(100).rigTimeNs);
                assertThat(bin.trial).isEqualTo(bins.get(100).trial);
            }
        }
    }

    @Test
    void shouldKeepBinsBesideMemoryWhereTheyAreMany() {
        try (XdfRecording small = XdfRecording.open(file("regular"), everything().build(), 1000);
                XdfRecording large = open("regular", everything())) {
            List<RecordedBin> expected = bins(large);
            List<RecordedBin> found = bins(small);
            assertThat(found).hasSameSizeAs(expected);
            for (int t = 0; t < expected.size(); t++) {
                assertThat(found.get(t).activity).isEqualTo(expected.get(t).activity);
                assertThat(found.get(t).inputs).isEqualTo(expected.get(t).inputs);
                assertThat(found.get(t).behavior).isEqualTo(expected.get(t).behavior);
                assertThat(found.get(t)).usingRecursiveComparison().ignoringFields("activity", "inputs", "behavior")
                        .isEqualTo(expected.get(t));
            }
        }
    }

    @Test
    void shouldLeaveOutBinsBetweenTrialsWhereThatIsAsked() {
        try (XdfRecording session = open("regular", everything().onlyTrials("phase  ==  trial"))) {
            assertThat(session.trials()).isEqualTo(5);
            assertThat(bins(session)).allMatch(bin -> bin.phase == 1);
            // 1.6 s, and the bins in which a trial begins and ends in part.
            assertThat(session.bins(0)).isEqualTo(81);
            assertThat(bins(session).get(80).trialEnd).isTrue();
        }
    }

    // ------------------------------------------------------------------ what is asked for

    @ParameterizedTest
    @ValueSource(strings = {"name='EEG'", "type='EEG' and channel_count=3", "nominal_srate>400",
        "starts-with(desc/channels/channel/label,'Fp')"})
    void shouldFindAStreamByAPredicate(String predicate) {
        try (XdfRecording session = open("regular", new Asked().stream(predicate))) {
            assertThat(session.describe().neurons()).containsExactly("Fp1", "Fp2", "Cz");
            assertThat(session.hasTrials()).isFalse();
        }
    }

    @Test
    void shouldTakeTheOnlyRegularStreamOfNumbersUnlessAnotherIsAskedFor() {
        try (XdfRecording session = open("resets", new Asked())) {
            assertThat(session.observationChoice()).contains("\"LFP\"");
        }
        assertThatThrownBy(() -> open("regular", new Asked())).isInstanceOf(InvalidInputException.class).message()
                .contains("2 streams can be the activity", "--stream", "\"EEG\"", "\"Eye\"").doesNotContain("\n");
        try (XdfRecording session = open("regular", new Asked().behavior("Eye"))) {
            assertThat(session.observationChoice()).contains("\"EEG\"");
        }
    }

    @Test
    void shouldTakeSamplesAsWhatIsAskedFor() {
        try (XdfRecording session = open("resets", new Asked().kind("rates"))) {
            assertThat(session.observation()).isEqualTo(Observation.RATES);
        }
        try (XdfRecording session = open("resets", new Asked().observe(Observation.RATES))) {
            assertThat(session.observation()).isEqualTo(Observation.RATES);
            assertThat(session.observationChoice()).endsWith("rates, as asked");
        }
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', nullValues = "-", value = {
        "Nobody | - | --stream Nobody: no such stream, expected one of \"EEG\"",
        "Task | - | holds texts, expected numbers", "EEG | Task | needs --trial-start or --marker-input",
        "Eye | Nobody | --markers Nobody: no such stream",
        "nominal_srate > | - | expected a name, or an XPath predicate",
        "channel_count>0 | - | fits \"EEG\""})
    void shouldSayInOneLineWhatCannotBeDone(String stream, String markers, String line) {
        Asked asked = new Asked().stream(stream).kind("currents");
        if (markers != null) {
            asked.markers(markers, markers.equals("Nobody") ? "trial .*" : null, null);
        }
        assertThatThrownBy(() -> open("regular", asked)).isInstanceOf(InvalidInputException.class).message()
                .contains(line).doesNotContain("\n");
    }

    @Test
    void shouldRefuseOptionsThatDoNotGoTogether() {
        assertThatThrownBy(() -> open("regular", new Asked().stream("EEG").onlyTrials("split == train")))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("'phase == trial'");
        assertThatThrownBy(() -> open("regular", new Asked().stream("EEG").onlyTrials("phase == trial")))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("--trial-start");
        assertThatThrownBy(() -> open("regular", new Asked().stream("EEG").kind("counts").observe(Observation.RATES)))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("--observe is rates, expected counts");
        assertThatThrownBy(() -> open("regular", new Asked().stream("EEG").behavior("EEG")))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("is the activity");
        assertThatThrownBy(() -> open("formats", new Asked().stream("never"))).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("holds no sample");
        assertThatThrownBy(() -> open("regular", new Asked().stream("EEG").width(60)))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("no bin of 60.0 s is complete");
    }

    // ------------------------------------------------------------------ damage

    @Test
    void shouldReadWhatIsThereOfAFileThatWasCut() throws IOException {
        byte[] bytes = Files.readAllBytes(file("regular"));
        Path cut = Files.write(directory.resolve("cut.xdf"), Arrays.copyOf(bytes, bytes.length * 3 / 4));
        try (XdfRecording session = XdfRecording.open(cut, everything().build());
                XdfRecording whole = open("regular", everything())) {
            assertThat(session.bins()).isBetween(400L, whole.bins() - 1);
            List<RecordedBin> expected = bins(whole);
            List<RecordedBin> found = bins(session);
            for (int t = 0; t < found.size() - 50; t++) {
                assertThat(found.get(t).activity).isEqualTo(expected.get(t).activity);
            }
            assertThat(session.remarks()).anyMatch(remark -> remark.contains("ends within a chunk"));
        }
    }

    @Test
    void shouldGoOnAfterTheNextBoundaryWhereBytesAreDamaged() throws IOException {
        byte[] bytes = Files.readAllBytes(file("spikes"));
        byte[] boundary = {0x43, (byte) 0xA5, 0x46, (byte) 0xDC};
        int first = -1;
        for (int i = 0; i < bytes.length && first < 0; i++) {
            first = Arrays.equals(bytes, i, i + 4, boundary, 0, 4) ? i : -1;
        }
        // From a third of the way to the first boundary on nothing makes sense.
        Arrays.fill(bytes, first / 3, first - 40, (byte) 0);
        Path damaged = Files.write(directory.resolve("damaged.xdf"), bytes);
        try (XdfRecording session = XdfRecording.open(damaged, new Asked().stream("Sorter").build());
                XdfRecording whole = open("spikes", new Asked().stream("Sorter"))) {
            assertThat(session.remarks()).anyMatch(remark -> remark.contains("bytes of the file are damaged"));
            assertThat(session.bins()).isEqualTo(whole.bins());
            // All spikes after the boundary, which stands 10 s after the beginning, are there.
            assertThat(Arrays.copyOfRange(session.activity(0), 5 * 550, 5 * 1500))
                    .isEqualTo(Arrays.copyOfRange(whole.activity(0), 5 * 550, 5 * 1500));
        }
    }

    @Test
    void shouldRefuseWhatIsNoXdfFile() throws IOException {
        Path other = Files.writeString(directory.resolve("other.xdf"), "XDF");
        assertThat(XdfRecording.isXdf(other)).isFalse();
        Path empty = Files.writeString(directory.resolve("empty.xdf"), "XDF:");
        assertThatThrownBy(() -> XdfRecording.open(empty, RecordingOptions.NONE))
                .isInstanceOf(InvalidInputException.class).message().startsWith(empty.toString())
                .contains("holds no stream");
        byte[] noise = new byte[10_000];
        new Random(1).nextBytes(noise);
        System.arraycopy("XDF:".getBytes(StandardCharsets.US_ASCII), 0, noise, 0, 4);
        Path random = Files.write(directory.resolve("random.xdf"), noise);
        assertThatThrownBy(() -> XdfRecording.open(random, RecordingOptions.NONE))
                .isInstanceOf(InvalidInputException.class).message().contains("holds no stream").doesNotContain("\n");
    }

    @Test
    void shouldSayWhatAFileHolds() {
        XdfContents contents = XdfContents.of(file("regular"));
        assertThat(contents.streams()).extracting(XdfContents.Stream::name)
                .containsExactly("EEG", "Task", "Eye", "Light");
        XdfContents.Stream eeg = contents.streams().getFirst();
        assertThat(eeg.samples()).isEqualTo(6000 - 44);
        assertThat(eeg.first()).isEqualTo(3050);
        assertThat(eeg.last()).isCloseTo(3050 + 5999 / 500.0, within(1e-9));
        assertThat(eeg.labels()).containsExactly("Fp1", "Fp2", "Cz");
        assertThat(contents.streams().get(1).markers()).contains("coh 0.5", "end", "go");
        assertThat(XdfContents.of(file("resets")).streams().getFirst().resets()).isEqualTo(2);
    }
}
