package kappa.fitting.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.model.Silencing;
import kappa.fitting.simulation.TrialRandom;
import kappa.fitting.task.Task;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.Intervention;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import kappa.ingest.recording.npz.NpzRecording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskRigTest {

    private static final Task TASK = Task.of(Task.Name.WM);
    private static final Network NETWORK = LowRankNetwork.initial(30, 2, 1, Task.ALPHA,
            TrialRandom.of(9, -1));
    private static final TaskSimulator.Settings SETTINGS = new TaskSimulator.Settings(10, Observation.COUNTS, 0.4, 0.05,
            0, 0.5, 1, 6);

    @TempDir
    private Path directory;

    private static TaskRig rig(boolean endless) {
        return new TaskRig("wm", NETWORK, TASK, SETTINGS, endless);
    }

    @Test
    void shouldStreamWhatASessionFileOfTheSameSettingsHolds() {
        Path file = directory.resolve("session.npz");
        try (TrialRunner runner = new TrialRunner(2)) {
            TaskSimulator.record(NETWORK, TASK, SETTINGS, runner, file, _ -> {});
        }
        try (BinSource recorded = NpzRecording.open(file, null).source(); BinSource rig = rig(false)) {
            assertThat(rig.bins()).isEqualTo(recorded.bins());
            assertThat(rig.describe().neurons()).hasSize(15);
            assertThat(rig.describe().phases()).isEqualTo(TASK.phases());
            RecordedBin expected = recorded.describe().newBin();
            RecordedBin actual = rig.describe().newBin();
            while (recorded.next(expected)) {
                assertThat(rig.next(actual)).isTrue();
                assertThat(actual.phase).isBetween(1, 5);
                assertThat(actual).usingRecursiveComparison().ignoringFields("phase", "behavior").isEqualTo(expected);
            }
            assertThat(rig.next(actual)).isFalse();
        }
    }

    @Test
    void shouldGoOnAfterSkippingAsIfItHadNot() {
        try (BinSource whole = rig(true); BinSource skipping = rig(true)) {
            assertThat(whole.bins()).isEqualTo(-1);
            RecordedBin a = whole.describe().newBin();
            for (int t = 0; t < 333; t++) {
                whole.next(a);
            }
            skipping.skip(331);
            RecordedBin b = skipping.describe().newBin();
            skipping.next(b);
            skipping.next(b);
            assertThat(b).usingRecursiveComparison().isEqualTo(a);
        }
    }

    @Test
    void shouldEndEachTrialOnceAndInItsDecision() {
        try (BinSource rig = rig(false)) {
            RecordedBin bin = rig.describe().newBin();
            int ends = 0;
            while (rig.next(bin)) {
                if (bin.trialEnd) {
                    assertThat(bin.trial).isEqualTo(ends++);
                    assertThat(bin.phase).isEqualTo(TASK.phases().size());
                }
            }
            assertThat(ends).isEqualTo(10);
        }
    }

    private static Intervention request(int trials, int every, int firstBin, int bins, Integer... neurons) {
        return new Intervention("i-1", List.of(neurons), trials, every, firstBin, bins);
    }

    /** The reference is the same rig on a network that was silenced beforehand. */
    @Test
    void shouldSilenceNeuronsOfItsNetworkInEachSecondTrialAndMarkTheBins() {
        int[] silent = {2, 5, 11};
        int[] recorded = TaskSimulator.subset(NETWORK.neurons(), SETTINGS);
        int[] hidden = Arrays.stream(silent).map(i -> recorded[i]).toArray();
        try (TaskRig rig = rig(false);
                TaskRig intact = rig(false);
                TaskRig without = new TaskRig("wm", NETWORK.silencing(hidden, Silencing.MASK), TASK, SETTINGS, false)) {
            rig.obey(request(2, 0, 0, 0, 2, 5, 11));
            RecordedBin bin = rig.describe().newBin();
            RecordedBin plain = intact.describe().newBin();
            RecordedBin masked = without.describe().newBin();
            double change = 0;
            while (rig.next(bin)) {
                intact.next(plain);
                without.next(masked);
                boolean perturbed = bin.trial == 0 || bin.trial == 2;
                assertThat(bin.silenced.isEmpty()).as("trial %d", bin.trial).isEqualTo(!perturbed);
                assertThat(bin.intervention).isEqualTo(perturbed ? "i-1" : "");
                assertThat(bin.behavior[0]).isEqualTo((perturbed ? masked : plain).behavior[0], within(1e-5f));
                change = Math.max(change, Math.abs(bin.behavior[0] - plain.behavior[0]));
                for (int i = 0; i < bin.activity.length; i++) {
                    boolean isSilent = perturbed && (i == 2 || i == 5 || i == 11);
                    assertThat(bin.silenced.get(i)).isEqualTo(isSilent);
                    if (isSilent) {
                        assertThat(bin.activity[i]).isZero();
                    }
                }
            }
            assertThat(change).as("the readout of a random network without a tenth of it").isGreaterThan(0.01);
        }
    }

    @Test
    void shouldSilenceDuringTheBinsAskedForAndStopWhenCalledOff() {
        try (TaskRig rig = rig(true)) {
            rig.obey(request(100, 1, 10, 5, 3));
            RecordedBin bin = rig.describe().newBin();
            int at = 0;
            for (int trial = 0; trial < 4; at = bin.trialEnd ? 0 : at + 1, trial += bin.trialEnd ? 1 : 0) {
                rig.next(bin);
                assertThat(bin.silenced.isEmpty()).as("trial %d, bin %d", trial, at)
                        .isEqualTo(trial >= 2 || at < 10 || at >= 15);
                if (bin.trialEnd && trial == 1) {
                    rig.obey(request(0, 0, 0, 0));
                }
            }
        }
    }
}
