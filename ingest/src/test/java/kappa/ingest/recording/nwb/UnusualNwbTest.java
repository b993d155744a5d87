package kappa.ingest.recording.nwb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.PythonScript;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.RecordingOptions.Window;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of every kind a lab or a broken disk can come up with, written by h5py: each loads, or fails with one line. */
class UnusualNwbTest {

    @TempDir
    static Path directory;

    @BeforeAll
    static void writeFiles() throws InterruptedException {
        write(directory);
    }

    /** Writes all these files. */
    static void write(Path directory) throws InterruptedException {
        PythonScript.run("unusual_nwb.py", "numpy, h5py", directory);
    }

    private static Path file(String name) {
        return directory.resolve(name + ".nwb");
    }

    /** Options as the command line would give them. */
    private static final class Asked {
        private Observation observe;
        private Double width;
        private Double rate;
        private String align;
        private Window window;
        private List<String> inputs = List.of();
        private List<String> behavior = List.of();
        private String units;
        private String trials;
        private String series;

        RecordingOptions options() {
            return RecordingOptions.builder().observe(observe).binWidth(width).rate(rate).align(align).window(window)
                    .inputs(inputs)
                    .behavior(behavior).units(units).trials(trials).series(series).build();
        }

        NwbRecording open(String name) {
            return NwbRecording.open(file(name), options());
        }
    }

    private static Asked width(double seconds) {
        Asked asked = new Asked();
        asked.width = seconds;
        return asked;
    }

    private static Asked series(String name) {
        Asked asked = new Asked();
        asked.series = name;
        return asked;
    }

    // ------------------------------------------------------------------ what loads

    @ParameterizedTest
    @ValueSource(strings = {"index-uint8", "index-uint16", "index-uint32", "index-uint64", "index-int32", "big-endian",
        "float32-times", "lzf", "gzip-shuffle-fletcher", "unsorted", "nan-spikes", "nan-trials", "short-trials",
        "no-colnames", "colnames-of-nothing", "latest", "user-block", "units-elsewhere", "compact", "columns", "series",
        "group-in-itself", "virtual-elsewhere"})
    void shouldLoad(String name) {
        try (NwbRecording session = width(0.5).open(name)) {
            assertThat(session.describe().neurons()).containsExactly("7", "8", "9");
            assertThat(session.trials()).isEqualTo(2);
            assertThat(session.activity(0)).containsExactly(2, 0, 0, 0, 0, 1);
            assertThat(session.activity(1)).containsExactly(0, 0, 1, 1, 0, 0);
            assertThat(session.rigTimeNs(1, 1, 3)).isEqualTo(2_000_000_000L);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"nan-spikes | 2 spikes have no finite time and are left out",
        "unsorted | spikes of 2 units were not in order and are sorted: unit 7, 9",
        "nan-trials | 2 of 4 trials left out: their start_time and stop_time is NaN",
        "short-trials | 1 of 3 trials left out: they last less than a bin of 0.5 s",
        "overlapping-trials | 2 trials begin before the one before them is over: its last spikes are in both",
        "no-trials | no table of trials: one stretch from 0.000 to 2.000 s"})
    void shouldTellWhatWasMadeOf(String name, String remark) {
        try (NwbRecording session = width(0.5).open(name)) {
            assertThat(session.remarks()).contains(remark);
        }
    }

    @Test
    void shouldReplayTrialsThatOverlapOneAfterTheOther() {
        try (NwbRecording session = width(0.5).open("overlapping-trials")) {
            assertThat(session.trials()).isEqualTo(3);
            assertThat(session.bins(1)).isEqualTo(4);
            assertThat(session.activity(1)).containsExactly(2, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0);
            assertThat(session.rigTimeNs(1, 0, 2)).isEqualTo(500_000_000L); // before the end of trial 0
        }
    }

    @Test
    void shouldTakeAFileWithoutTrialsAsOneStretch() {
        try (NwbRecording session = width(0.5).open("no-trials")) {
            assertThat(session.hasTrials()).isFalse();
            assertThat(session.activity(0)).containsExactly(2, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0);
        }
    }

    @Test
    void shouldHideWhatWasNotObserved() {
        try (NwbRecording session = width(0.25).open("observed")) {
            float no = Float.NaN;
            // Unit 7's two intervals touch; unit 8 has none; unit 9's end within a bin. Nothing is valid from 1.5 to 1.6 s.
            assertThat(session.activity(0)).containsExactly(2, no, 0, 0, no, 0, 0, no, 1, 0, no, no);
            assertThat(session.activity(1)).containsExactly(0, no, 0, 0, no, 1, no, no, no, 0, no, 0);
        }
    }

    @Test
    void shouldChooseUnitsAndTrialsByTheirColumns() {
        Asked asked = width(0.5);
        asked.units = "heldout == false and depth > 150";
        asked.trials = "side != 'left'";
        try (NwbRecording session = asked.open("columns")) {
            assertThat(session.describe().neurons()).containsExactly("9");
            assertThat(session.trials()).isEqualTo(1);
            assertThat(session.activity(0)).containsExactly(1, 0);
        }
        for (String filter : List.of("heldout == true", "area == PMd", "depth <= 200 and depth >= 200",
                "area == \"PMd\"", "depth<300 AND depth>100")) {
            asked.units = filter;
            try (NwbRecording session = asked.open("columns")) {
                assertThat(session.describe().neurons()).as(filter).containsExactly("8");
            }
        }
    }

    @Test
    void shouldAlignTrialsAndMakeInputsOfTheirColumns() {
        Asked asked = width(0.5);
        asked.align = "go";
        asked.window = new Window(-0.5, 1.0);
        asked.inputs = List.of("side", "correct", "contrast");
        try (NwbRecording session = asked.open("columns")) {
            assertThat(session.trials()).isEqualTo(1);
            assertThat(session.remarks()).contains("1 of 2 trials left out: their go is NaN");
            assertThat(session.describe().inputs()).containsExactly("side=left", "side=right", "correct", "contrast");
            assertThat(session.activity(0)).containsExactly(2, 0, 0, 0, 0, 1, 0, 0, 1);
            assertThat(session.inputs(0)).containsExactly(1, 0, 1, 0.25f, 1, 0, 1, 0.25f, 1, 0, 1, 0.25f);
        }
    }

    @Test
    void shouldBinBehaviorAndInterpolateIt() {
        Asked asked = width(0.25);
        asked.behavior = List.of("behavior/Position/hand", "slow");
        asked.inputs = List.of("late", "linked by its stamps");
        try (NwbRecording session = asked.open("series")) {
            assertThat(session.describe().behaviors()).containsExactly("hand x", "hand y", "slow");
            float[] behavior = session.behavior(0).orElseThrow();
            // Samples 0 to 24 of the ramp of 0.01 steps have mean 0.12; conversion is 2, offset 1.
            assertThat(behavior[0]).isEqualTo(1.24f);
            assertThat(behavior[1]).isEqualTo(0.76f);
            assertThat(new float[]{behavior[2], behavior[5], behavior[8]}).as("samples at 0 and 0.5 s, a line between")
                    .containsExactly(0, 0.75f, 1);
            assertThat(session.behavior(1).orElseThrow()).as("unknown after the last known sample").contains(2,
                    Float.NaN);
            assertThat(session.describe().inputs()).containsExactly("late", "linked by its stamps");
            assertThat(session.inputs(0)).containsExactly(0, 3, 0, 3, 0, 4, 1, 4);
            assertThat(session.inputs(1)).containsExactly(1, 5, 2, 5, 2, 6, 2, 6);
        }
    }

    @Test
    void shouldTakeTheChannelsOfATimeSeriesForNeurons() {
        Asked counts = series("counts");
        counts.observe = Observation.COUNTS;
        try (NwbRecording session = counts.open("series")) {
            assertThat(session.binWidthSeconds()).isEqualTo(0.5);
            assertThat(session.observation()).isEqualTo(Observation.COUNTS);
            assertThat(session.activity(0)).containsExactly(0, 1, 4, 3, 4, 10);
        }
        counts.width = 1.0;
        try (NwbRecording session = counts.open("series")) {
            assertThat(session.activity(1)).as("sums of two samples").containsExactly(15, 17, 38);
        }
        Asked mean = series("counts");
        mean.width = 1.0;
        try (NwbRecording session = mean.open("series")) {
            assertThat(session.observation()).isEqualTo(Observation.CURRENTS);
            assertThat(session.activity(1)).as("means of two samples").containsExactly(7.5f, 8.5f, 19);
        }
        try (NwbRecording session = series("rates").open("series")) {
            assertThat(session.observation()).isEqualTo(Observation.RATES);
            assertThat(session.observationChoice()).contains("rates", "within [-1, 1]");
            float[] rates = session.activity(0, 40, 3);
            for (int i = 0; i < rates.length; i++) {
                assertThat(rates[i]).isEqualTo((float) (-1 + 2 / 199.0 * (80 + i)));
            }
        }
    }

    @Test
    void shouldLeaveSamplesOutWhoseTimeStampsAreWrong() {
        Asked asked = series("two bad stamps");
        asked.width = 0.05;
        try (NwbRecording session = asked.open("series")) {
            float[] mean = session.activity(0, 0, 3);
            assertThat(mean).as("sample 7 would be in the second bin").containsExactly(2, (5 + 6 + 8 + 9) / 4f, 12);
            assertThat(session.activity(0)).doesNotContain(Float.NaN);
            assertThat(session.times().orElseThrow().series()).singleElement()
                    .matches(times -> times.badStamps() == 2 && times.firstBad() == 7 && times.samples() == 400);
        }
    }

    @Test
    void shouldTakeSpikeTimesInSamples() {
        Asked asked = width(0.01);
        asked.rate = 50.0;
        for (int inMemory : new int[]{100, 2}) {
            try (NwbRecording session = NwbRecording.open(file("index-uint8"), asked.options(), inMemory)) {
                // 0.01, 0.02, 1.5; none; 0.5 and 1.25, in samples of 20 ms
                assertThat(session.activity(0, 0, 4)).containsExactly(2, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0);
            }
        }
    }

    @Test
    void shouldReadTheFillValueWhereNothingWasWritten() {
        try (NwbRecording session = series("never written").open("series")) {
            assertThat(session.activity(0)).containsOnly(0.5f);
        }
        try (NwbRecording session = series("half written").open("series")) {
            assertThat(session.activity(0)).containsOnly(0.25f);
            assertThat(session.activity(1)).containsOnly(0.5f);
        }
    }

    @Test
    void shouldTellOfAllThereIs() {
        NwbContents contents = NwbContents.of(file("columns"));
        assertThat(contents.units().orElseThrow().columns()).extracting(column -> column.name() + " " + column.kind())
                .containsExactly("spike_times ragged number", "heldout bool", "area text", "depth number",
                        "electrode_group other", "tags ragged text");
        assertThat(contents.units().orElseThrow().column("area").orElseThrow().values()).isEqualTo("M1, M1 deep, PMd");
        assertThat(contents.spikes()).isEqualTo(5);
        assertThat(NwbContents.of(file("virtual-elsewhere")).remarks()).singleElement().asString()
                .contains("/acquisition/virtual", "virtual data set");
        assertThat(NwbContents.of(file("series")).series()).filteredOn(series -> !series.problem().isEmpty())
                .extracting(NwbContents.Series::path).containsExactlyInAnyOrder("/acquisition/movie",
                        "/acquisition/timeless",
                        "/acquisition/unequal", "/acquisition/unordered", "/acquisition/wordy",
                        "/processing/behavior/linked");
    }

    // ------------------------------------------------------------------ what fails

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"not-hdf5 | HDF5", "empty-file | HDF5",
        "hdf5-only | no NWB 2 file ; neurodata_type NWBFile", "nwb-1 | looks like NWB 1",
        "no-units | no table of units",
        "units-no-group | no table of units", "empty-units | /units: has no rows",
        "no-spikes-no-trials | nothing says when was recorded", "no-spike-times | no column spike_times",
        "no-index | no spike_times_index", "falling-index | element 1 is 2 ; 3 to 5", "index-beyond | element 2 is 6",
        "index-too-short | 2 elements, expected 3", "index-negative | element 1 is -1", "index-float | whole numbers",
        "index-overflow | /units/spike_times_index", "text-times | of text ; a time in seconds",
        "flat-times | shape [5, 1]", "ids-twice | id 7 is there twice", "absurd-spike | unit 7 ; 1.0E300 s",
        "far-spike | unit 7 ; 8.000000000", "no-stop-time | no column stop_time",
        "all-nan-trials | no trial is left of 2",
        "empty-trials | /intervals/trials: has no rows", "trial-of-ages | trial 0 ; 1.0E300",
        "uneven-trials | stop_time: 1 elements, expected 2", "unobserved | no unit is observed in any trial",
        "broken-link | a link to /nowhere", "link-to-itself | a link to /units/spike_times",
        "external-link | other.h5 ; in another file", "absurd-size | 1125899906842624 spikes",
        "absurd-table | 1099511627776 rows", "virtual-units | /units cannot be read: it holds a virtual data set",
        "region-references | /units cannot be read: it holds region references",
        "scale-offset | a compression jHDF has no filter for ; scaleoffset"})
    void shouldRefuse(String name, String told) {
        assertThatThrownBy(() -> new Asked().open(name)).isInstanceOf(InvalidInputException.class).message()
                .startsWith(file(name) + ": ").contains(told.split(" ; ", -1))
                .doesNotContain("\n");
    }

    /** An option, its value, and what the message names. */
    private record Wrong(String option, String value, String... told) {}

    static Stream<Wrong> wrongOptions() {
        return Stream.of(new Wrong("units", "nonsense", "--units is nonsense", "COLUMN == VALUE"),
                new Wrong("units", "ghost == 1", "no column ghost", "heldout"),
                new Wrong("units", "tags == a", "column tags", "ragged text"),
                new Wrong("units", "depth == deep", "column depth", "deep", "number"),
                new Wrong("units", "area < M1", "== or !="),
                new Wrong("units", "depth == 1 or depth == 2", "expected 'and'"),
                new Wrong("units", "depth == 1 and", "COLUMN == VALUE"),
                new Wrong("units", "depth == 1", "none of its 3 rows"),
                new Wrong("trials", "side == up", "none of its 2 rows"),
                new Wrong("align", "ghost", "no column ghost", "go"),
                new Wrong("align", "timeseries", "cannot use column timeseries"),
                new Wrong("inputs", "ghost", "ghost is neither a column", "side"),
                new Wrong("inputs", "contrast", "contrast is NaN in trial 1", "--only-trials 'contrast > -1e12'"),
                new Wrong("behavior", "ghost", "no time series ghost"),
                new Wrong("series", "ghost", "no time series"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongOptions")
    void shouldNameTheOptionThatIsWrong(Wrong wrong) {
        Asked asked = new Asked();
        switch (wrong.option) {
            case "units" -> asked.units = wrong.value;
            case "trials" -> asked.trials = wrong.value;
            case "inputs" -> asked.inputs = List.of(wrong.value);
            case "behavior" -> asked.behavior = List.of(wrong.value);
            case "series" -> asked.series = wrong.value;
            default -> {
                asked.align = wrong.value;
                asked.window = new Window(0, 1);
            }
        }
        assertThatThrownBy(() -> asked.open("columns")).isInstanceOf(InvalidInputException.class).message()
                .contains(wrong.told).doesNotContain("\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            value = {"hand | one of several ; /acquisition/Position/hand", "movie | shape [4, 2, 2]",
                "empty | no samples", "unordered | element 2 is 1.0", "unequal | [3]", "timeless | rate is NaN",
                "huge | 1e12 in magnitude", "wordy | holds text", "linked | one time for each row"})
    void shouldRefuseTheTimeSeries(String name, String told) {
        assertThatThrownBy(() -> series(name).open("series")).isInstanceOf(InvalidInputException.class).message()
                .contains(told.split(" ; ", -1)).doesNotContain("\n");
    }

    @Test
    void shouldRefuseTimesOutOfOrderThatDoNotFitInMemory() {
        assertThatThrownBy(() -> {
            try (NwbRecording session = NwbRecording.open(file("unsorted"), width(0.5).options(), 2)) {
                session.activity(0);
            }
        }).isInstanceOf(InvalidInputException.class).message().contains("/units/spike_times: element 1, of unit 7",
                "is 0.02 s after 1.5 s");
    }

    // ------------------------------------------------------------------ damage

    /** Reads what there is; lengths may be absurd, so only the ends of trials. */
    static void readAll(Path damaged) {
        Asked asked = new Asked();
        asked.inputs = List.of("side", "correct");
        try (NwbRecording session = NwbRecording.open(damaged, asked.options())) {
            for (int trial = 0; trial < session.trials(); trial++) {
                int bins = Math.min(50, session.bins(trial));
                session.activity(trial, 0, bins);
                session.activity(trial, session.bins(trial) - bins, bins);
                session.inputs(trial, 0, bins);
            }
        }
        NwbContents.of(damaged);
        Asked other = series("rates");
        other.behavior = List.of("slow");
        try (NwbRecording session = NwbRecording.open(damaged, other.options())) {
            int bins = Math.min(50, session.bins(0));
            session.activity(0, 0, bins);
            session.behavior(0, 0, bins);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"columns", "series", "latest", "pynwb"})
    @Timeout(60)
    void shouldLoadOrFailWithOneLineWhereverTheFileIsDamaged(String name) throws IOException {
        byte[] whole = Files.readAllBytes(name.equals("pynwb") ? NwbRecordingTest.data("pynwb.nwb") : file(name));
        Path damaged = directory.resolve("damaged.nwb");
        Random random = new Random(6);
        Set<Integer> cuts = new TreeSet<>();
        for (int i = 0; i < 20; i++) {
            cuts.add(random.nextInt(whole.length));
        }
        for (int cut : cuts) {
            Files.write(damaged, Arrays.copyOf(whole, cut));
            loadOrFail(damaged, "cut to " + cut + " bytes");
        }
        for (int i = 0; i < 150; i++) {
            byte[] flipped = whole.clone();
            int at = random.nextInt(whole.length);
            flipped[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
            Files.write(damaged, flipped);
            loadOrFail(damaged, "bit flipped in byte " + at);
        }
    }

    private static void loadOrFail(Path damaged, String what) {
        try {
            readAll(damaged);
        } catch (InvalidInputException e) {
            assertThat(e.getMessage()).as(what).isNotBlank().doesNotContain("\n");
        } catch (RuntimeException | StackOverflowError | InternalError e) {
            throw new AssertionError(what, e);
        }
    }
}
