package kappa.ingest.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.recording.npz.NpzWriter;
import kappa.ingest.wire.PlaybackControl;
import kappa.ingest.wire.Reason;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a recording becomes as a session, wherever it is sought. */
class PlaybackTest {

    private static final double WIDTH_S = 0.02;
    private static final int TRIAL_BINS = 5;

    @TempDir
    static Path directory;

    /** 4 trials of 5 bins; neuron 0 counts the bins of the recording from 0. */
    private static Recording trials;

    /** The same 20 bins without trials. */
    private static Recording continuous;

    @BeforeAll
    static void record() {
        trials = recording("trials", 4, TRIAL_BINS, 2);
        continuous = recording("continuous", 20, 2);
    }

    /** @param shape trials, bins and neurons, or bins and neurons */
    private static Recording recording(String name, int... shape) {
        int neurons = shape[shape.length - 1];
        int[] counts = new int[20 * neurons];
        for (int t = 0; t < 20; t++) {
            counts[t * neurons] = t;
        }
        Path file = directory.resolve(name + ".npz");
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.put("counts", counts, shape);
            npz.put("bin_width", WIDTH_S);
        }
        return NpzRecording.open(file, null);
    }

    /** What one bin said, as "bin of the recording @ rig time in ms, sample, epoch, trial". */
    private static List<String> play(Playback playback, int bins) {
        List<String> said = new ArrayList<>();
        RecordedBin bin = playback.describe().newBin();
        while (said.size() < bins && playback.next(bin)) {
            said.add((int) bin.activity[0] + " @ " + bin.rigTimeNs / 1_000_000 + " sample " + bin.sample
                    + " epoch " + bin.epoch + " trial " + bin.trial
                    + (bin.trialEnd ? " end" : ""));
        }
        return said;
    }

    @Test
    void shouldKeepTheRecordingsOwnTimesAndTrials() {
        Playback playback = new Playback(trials, 0, trials.bins(), false);
        assertThat(playback.bins()).isEqualTo(20);
        List<String> said = play(playback, 100);
        assertThat(said).hasSize(20).startsWith("0 @ 20 sample 1 epoch 0 trial 0", "1 @ 40 sample 2 epoch 0 trial 0")
                .contains("4 @ 100 sample 5 epoch 0 trial 0 end").endsWith("19 @ 400 sample 20 epoch 0 trial 3 end");
        assertThat(playback.bins()).isEqualTo(20);
    }

    @Test
    void shouldPlayAPartFromTheTrialThatHoldsItsBeginning() {
        Playback playback = new Playback(trials, 7, 12, false);
        assertThat(playback.bins()).isEqualTo(7);
        assertThat(play(playback, 100)).hasSize(7).startsWith("5 @ 120 sample 6 epoch 0 trial 1")
                .endsWith("11 @ 240 sample 12 epoch 0 trial 2");
    }

    @Test
    void shouldLoopWithoutEndInEpochsAndTrialsThatGrow() {
        Playback playback = new Playback(trials, 10, 18, true);
        assertThat(playback.bins()).isEqualTo(-1);
        List<String> said = play(playback, 17);
        assertThat(said.subList(0, 8)).startsWith("10 @ 220 sample 11 epoch 0 trial 2")
                .endsWith("17 @ 360 sample 18 epoch 0 trial 3");
        assertThat(said.get(8)).isEqualTo("10 @ 220 sample 11 epoch 1 trial 4");
        assertThat(said.get(16)).isEqualTo("10 @ 220 sample 11 epoch 2 trial 6");
    }

    @Test
    void shouldBeginATrialAndAnEpochWhereItIsSought() {
        Playback playback = new Playback(trials, 0, trials.bins(), false);
        play(playback, 3);
        playback.seek(12 * WIDTH_S);
        assertThat(playback.bins()).as("3 before and 10 from trial 2 on").isEqualTo(13);
        assertThat(play(playback, 1)).as("a jump ahead keeps the recording's trial numbers")
                .containsExactly("10 @ 220 sample 11 epoch 1 trial 2");
        playback.seek(0);
        assertThat(play(playback, 1)).as("a jump back goes on counting").containsExactly(
                "0 @ 20 sample 1 epoch 2 trial 3");
        Playback without = new Playback(continuous, 0, continuous.bins(), false);
        play(without, 3);
        without.seek(12 * WIDTH_S);
        assertThat(play(without, 1)).as("without trials, the very bin")
                .containsExactly("12 @ 260 sample 13 epoch 1 trial 0");
    }

    @Test
    void shouldGoOnAfterJumpsAsIfItHadNeverStopped() {
        for (Recording recording : List.of(trials, continuous)) {
            for (int stop = 1; stop < 30; stop++) {
                Playback uninterrupted = sought(recording);
                List<String> expected = play(uninterrupted, 40);
                Playback stopped = sought(recording);
                RecordedBin bin = stopped.describe().newBin();
                for (int t = 0; t < stop; t++) {
                    stopped.next(bin);
                }
                Playback resumed = new Playback(recording, 5, 17, true);
                resumed.resume(11 + stop, bin);
                assertThat(play(resumed, 40 - stop)).as("stopped after %d", stop)
                        .isEqualTo(expected.subList(stop, 40));
            }
        }
    }

    /** In its second round, just after a jump. */
    private static Playback sought(Recording recording) {
        Playback playback = new Playback(recording, 5, 17, true);
        play(playback, 11);
        playback.seek(11 * WIDTH_S);
        return playback;
    }

    @Test
    void shouldGoOnWithASessionThatWasPublishedBeforeBinsHadClocks() {
        Playback playback = new Playback(trials, 0, trials.bins(), false);
        RecordedBin last = playback.describe().newBin();
        last.trial = 1;
        playback.resume(7, last);
        assertThat(play(playback, 1)).containsExactly("7 @ 160 sample 8 epoch 0 trial 1");
    }

    @Test
    void shouldSayWhichPartOrPlaceARecordingDoesNotHave() {
        assertThatThrownBy(() -> new Playback(trials, 5, 21, false)).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("bins 5 to 21 of trials.npz").hasMessageContaining("20");
        RecordedBin beyond = trials.describe().newBin();
        beyond.clocked = true;
        beyond.sample = 21;
        assertThatThrownBy(() -> new Playback(trials, 0, trials.bins(), false).resume(21, beyond))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("bin 21").hasMessageContaining("20");
        Playback part = new Playback(trials, 10, 18, true);
        PlaybackControl.Builder wish = PlaybackControl.newBuilder().setSchemaVersion(1);
        assertThat(part.fault(wish.clone().setSeekS(10 * WIDTH_S).build())).isEmpty();
        assertThat(part.fault(wish.clone().setPause(true).setSpeed(Double.POSITIVE_INFINITY).build())).isEmpty();
        for (PlaybackControl.Builder bad : List.of(wish.clone(), wish.clone().setSeekS(9 * WIDTH_S),
                wish.clone().setSeekS(18 * WIDTH_S), wish.clone().setSeekS(Double.NaN), wish.clone().setSeekS(-1),
                wish.clone().setSpeed(0), wish.clone().setSpeed(Double.NaN), wish.clone().setSpeed(-1),
                wish.clone().setPause(true).setSchemaVersion(2))) {
            assertThat(part.fault(bad.build())).as(bad.toString()).hasValueSatisfying(
                    fault -> assertThat(fault.reason()).isEqualTo(Reason.BAD_CONTROL));
        }
    }
}
