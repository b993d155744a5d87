package kappa.dashboards.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import kappa.ingest.SharedData;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.npz.Npz;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.recording.npz.NpzWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** NWB files on the command line: what they hold, and what becomes of them. */
class NwbCommandsTest {

    @TempDir
    Path directory;

    private static Path data(String name) {
        return SharedData.file("nwb/" + name);
    }

    @Test
    void shouldWriteTheCountsOfAnNwbFileAsAnNpzSession() {
        Path out = directory.resolve("session.npz");
        Ran ran = Ran.run("convert", data("cdm60.nwb").toString(), "--bin-width", "0.005", "--inputs", "condition",
                "--behavior", "inputs", "--out", out.toString(), "--json");
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out()).hasLineCount(1).contains("\"trials\":60", "\"bins\":16320", "\"inputs\":[\"condition\"]",
                "\"behavior\":[\"in0\",\"in1\",\"in2\",\"in3\"]", "\"unobserved\":0.0");
        try (Npz truth = Npz.open(data("cdm60-counts.npz"));
                Npz npz = Npz.open(out)) {
            assertThat(npz.array("counts").shape()).containsExactly(60, 272, 64);
            assertThat(npz.array("counts").dtype()).isEqualTo("uint8");
            assertThat(npz.array("counts").floats()).isEqualTo(truth.array("counts_5ms").floats());
            assertThat(npz.array("inputs").shape()).containsExactly(60, 272, 1);
            assertThat(npz.array("behavior").shape()).containsExactly(60, 272, 4);
        }
    }

    @Test
    void shouldKeepWhatAnNpzSessionHoldsWhenItIsConverted() {
        Path session = directory.resolve("a.npz");
        float[] activity = {0.5f, Float.NaN, -3, 4, 5, 6, 7, 8};
        try (NpzWriter npz = NpzWriter.create(session)) {
            npz.put("activity", activity, 4, 2);
            npz.put("trial_length", new int[]{1, 3}, 2);
            npz.put("targets", new float[]{1, 2, 3, 4}, 4, 1);
            npz.put("mask", new float[]{0, 1, 1, 0}, 4, 1);
            npz.put("bin_width", 0.02);
        }
        Path out = directory.resolve("b.npz");
        Ran ran = Ran.run("convert", session.toString(), "--observe", "rates", "--out", out.toString());
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.err()).contains("note: read it with --observe rates");
        try (Recording copy = NpzRecording.open(out, Observation.RATES)) {
            assertThat(copy.trials()).isEqualTo(2);
            assertThat(copy.activity(0)).containsExactly(Arrays.copyOf(activity, 2));
            assertThat(copy.activity(1)).containsExactly(Arrays.copyOfRange(activity, 2, 8));
            assertThat(copy.targets(1).orElseThrow()).containsExactly(2, 3, 4);
            assertThat(copy.mask(1).orElseThrow()).containsExactly(1, 1, 0);
        }
    }

    @Test
    void shouldSayWhatAnNwbFileHoldsAndWhichCommandsReplayIt() {
        Path file = data("pynwb.nwb");
        Ran ran = Ran.run("inspect", file.toString());
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out()).contains("kind NWB 2.7.0", "units 3, 15 spikes", "heldout: bool (1 true)",
                "split: text (train, val)", "timeseries: ragged other",
                "series /processing/behavior/hand_pos (TimeSeries): 100 samples x 2, 10 Hz, 0.000 to 9.900 s, m",
                "  ./kappa live --session " + file + System.lineSeparator(),
                "--units 'heldout == false' --align move_onset_time --window -0.2:0.8",
                "--series processing/ophys/Fluorescence/RoiResponseSeries");
        Ran json = Ran.run("inspect", file.toString(), "--json");
        assertThat(json.out()).hasLineCount(1).contains("\"kind\":\"nwb\"", "\"units\":3", "\"spikes\":15",
                "\"heldout\":\"bool\"", "\"channels\":[\"x\",\"y\"]", "./kappa live --session " + file);
    }

    @Test
    void shouldFitAndEvaluateAnNwbFileWithTheSameOptions() {
        Path file = data("cdm60.nwb");
        Path net = directory.resolve("net.npz");
        Ran fit = Ran.run("fit", file.toString(), "--only-trials", "condition == 1", "--behavior", "inputs", "--rank",
                "1",
                "--steps-per-trial", "1", "--input-basis", "off", "--out", net.toString(), "--json");
        assertThat(fit.code()).as(fit.err()).isZero();
        assertThat(fit.out()).contains("\"bins\":1020");
        Ran evaluated = Ran.run("evaluate", net.toString(), file.toString(), "--json");
        assertThat(evaluated.code()).as(evaluated.err()).isZero();
        assertThat(evaluated.out()).contains("\"bins\":4080");
    }
}
