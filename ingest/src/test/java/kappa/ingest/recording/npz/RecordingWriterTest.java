package kappa.ingest.recording.npz;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import kappa.ingest.recording.InputBasis;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.WithInputBasis;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordingWriterTest {

    @TempDir
    private Path directory;

    private Recording recording(String activity, float[] numbers, int... trialLengths) {
        Path file = directory.resolve("recording.npz");
        int bins = numbers.length / 2;
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.put(activity, numbers, bins, 2);
            npz.put("trial_length", trialLengths, trialLengths.length);
            npz.put("bin_width", 0.02);
            float[] channel = new float[bins];
            for (int t = 0; t < bins; t++) {
                channel[t] = t + 0.5f;
            }
            npz.put("inputs", channel, bins, 1);
            npz.put("behavior", channel, bins, 1);
            npz.put("targets", channel, bins, 1);
            npz.put("mask", channel, bins, 1);
        }
        return new WithInputBasis(NpzRecording.open(file, null), new InputBasis(2, 3));
    }

    private void assertSame(Recording written, Recording recording) {
        assertThat(written.trials()).isEqualTo(recording.trials());
        assertThat(written.observation()).isEqualTo(recording.observation());
        assertThat(written.binWidthSeconds()).isEqualTo(recording.binWidthSeconds());
        for (int trial = 0; trial < recording.trials(); trial++) {
            assertThat(written.activity(trial)).isEqualTo(recording.activity(trial));
            assertThat(written.inputs(trial)).isEqualTo(recording.inputs(trial));
            assertThat(written.behavior(trial).orElseThrow()).isEqualTo(recording.behavior(trial).orElseThrow());
            assertThat(written.targets(trial).orElseThrow()).isEqualTo(recording.targets(trial).orElseThrow());
            assertThat(written.mask(trial).orElseThrow()).isEqualTo(recording.mask(trial).orElseThrow());
        }
    }

    @Test
    void shouldWriteEveryArrayOfTrialsOfUnequalLengthAndSayWhichCountsAreNotKnown() {
        Recording recording = recording("counts", new float[]{0, 300, 2, Float.NaN, 4, 5, 6, 7, 8, 9}, 2, 3);
        Path out = directory.resolve("out.npz");
        List<Long> told = new ArrayList<>();
        RecordingWriter.Activity activity = RecordingWriter.write(recording, out, (done, total) -> {
            assertThat(total).isEqualTo(5);
            told.add(done);
        });
        assertThat(activity).isEqualTo(new RecordingWriter.Activity(0, 300, 1, 40));
        // Each of the four readings counts for a quarter.
        assertThat(told).startsWith(0L, 1L, 1L, 2L).endsWith(5L);
        assertSame(NpzRecording.open(out, null), recording);
    }

    @Test
    void shouldWriteKnownCountsAsSmallWholeNumbers() {
        Recording recording = recording("counts", new float[]{0, 1, 2, 3, 4, 5, 6, 255}, 2, 2);
        Path out = directory.resolve("out.npz");
        assertThat(RecordingWriter.write(recording, out, (done, total) -> {}))
                .isEqualTo(new RecordingWriter.Activity(0, 255, 0, 8));
        assertSame(NpzRecording.open(out, Observation.COUNTS), recording);
    }
}
