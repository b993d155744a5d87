package kappa.ingest.recording.nwb;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import kappa.ingest.SharedData;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.RecordingOptions.Window;
import kappa.ingest.recording.npz.Npz;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real files, written by PyNWB and in its layout, against what h5py counts in them. */
class NwbRecordingTest {

    static Path data(String name) {
        return SharedData.file("nwb/" + name);
    }

    /** Options in the order of the command line; null for one that is not given. */
    private static RecordingOptions options(Double width, String align, Window window, List<String> inputs,
            List<String> behavior, String units, String trials, String series) {
        return RecordingOptions.builder().binWidth(width).align(align).window(window).inputs(inputs).behavior(behavior)
                .units(units).trials(trials).series(series).build();
    }

    private static RecordingOptions width(double seconds) {
        return options(seconds, null, null, List.of(), List.of(), null, null, null);
    }

    @ParameterizedTest(name = "{0} at {1} ms, {2} spikes in memory")
    @CsvSource({"pynwb, 1, 1000000", "pynwb, 5, 1000000", "pynwb, 20, 1000000", "cdm60, 1, 1000000",
        "cdm60, 5, 1000000", "cdm60, 20, 1000000", "cdm60, 1, 70000", "cdm60, 20, 64"})
    void shouldCountSpikesAsTheFilesGivenBesideThem(String name, int ms, int inMemory) {
        try (Npz truth = Npz.open(data(name + "-counts.npz"));
                NwbRecording session = NwbRecording.open(data(name + ".nwb"), width(ms / 1000.0), inMemory)) {
            long[] lengths = truth.array("trial_length_" + ms + "ms").longs();
            float[] counts = truth.array("counts_" + ms + "ms").floats();
            assertThat(session.trials()).isEqualTo(lengths.length);
            assertThat(session.describe().neurons()).containsExactly(Arrays.stream(truth.array("unit_id").longs())
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

    @Test
    void shouldReadWhatPyNwbWrites() {
        RecordingOptions options = options(0.1, "move_onset_time", new Window(-0.5, 1), List.of("condition", "split"),
                List.of("hand_pos", "BTS/lick"), "heldout == false", "split == val", null);
        try (NwbRecording session = NwbRecording.open(data("pynwb.nwb"), options)) {
            assertThat(session.describe().neurons()).containsExactly("0", "1");
            assertThat(session.trials()).isEqualTo(1);
            assertThat(session.bins(0)).isEqualTo(15);
            assertThat(session.describe().inputs()).containsExactly("condition", "split=train", "split=val");
            assertThat(session.inputs(0, 7, 1)).containsExactly(1, 0, 1);
            assertThat(session.describe().behaviors()).containsExactly("hand_pos x", "hand_pos y", "lick");
            assertThat(session.behavior(0).orElseThrow()).hasSize(45);
            // Unit 1 spikes at 6.36961687 s, which is 0.8696 s into a trial that begins at 6 - 0.5 s.
            float[] activity = session.activity(0);
            assertThat(activity[8 * 2 + 1]).isEqualTo(1);
        }
        RecordingOptions roi = options(null, null, null, List.of(), List.of(), null, null, "RoiResponseSeries");
        try (NwbRecording session = NwbRecording.open(data("pynwb.nwb"), roi)) {
            assertThat(session.neurons()).isEqualTo(4);
            assertThat(session.binWidthSeconds()).isEqualTo(1 / 30.0);
        }
    }

    @Test
    void shouldStreamBinsWithTheRecordingsOwnTime() {
        try (NwbRecording session = NwbRecording.open(data("cdm60.nwb"), width(0.02));
                BinSource source = session.source()) {
            assertThat(source.describe().neurons()).hasSize(64);
            assertThat(source.bins()).isEqualTo(60 * 68);
            RecordedBin bin = source.describe().newBin();
            assertThat(source.next(bin)).isTrue();
            assertThat(bin.rigTimeNs).as("the end of the first bin of a trial that begins at 0.5 s")
                    .isEqualTo(520_000_000L);
            source.skip(67);
            assertThat(source.next(bin)).isTrue();
            assertThat(bin.trial).isEqualTo(1);
            assertThat(bin.rigTimeNs).as("of one that begins at 2.06 s").isEqualTo(2_080_000_000L);
        }
    }
}
