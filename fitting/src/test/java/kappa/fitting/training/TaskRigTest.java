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
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.SessionSource;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.Intervention;
import kappa.ingest.wire.WireChecks;
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
        try (SessionSource recorded = NpzRecording.open(file, null).source(); SessionSource rig = rig(false)) {
            assertThat(rig.bins()).isEqualTo(recorded.bins());
            assertThat(rig.describe().getNeuronsCount()).isEqualTo(15);
            assertThat(rig.describe().getPhasesList()).isEqualTo(TASK.phases());
            Bin.Builder expected = Bin.newBuilder();
            Bin.Builder actual = Bin.newBuilder();
            while (recorded.next(expected)) {
                assertThat(rig.next(actual)).isTrue();
                assertThat(actual.getPhase()).isBetween(1, 5);
                assertThat(actual.clearPhase().clearBehavior().build()).isEqualTo(expected.build());
            }
            assertThat(rig.next(actual)).isFalse();
        }
    }

    @Test
    void shouldGoOnAfterSkippingAsIfItHadNot() {
        try (SessionSource whole = rig(true); SessionSource skipping = rig(true)) {
            assertThat(whole.bins()).isEqualTo(-1);
            Bin.Builder a = Bin.newBuilder();
            for (int t = 0; t < 333; t++) {
                whole.next(a);
            }
            skipping.skip(331);
            Bin.Builder b = Bin.newBuilder();
            skipping.next(b);
            skipping.next(b);
            assertThat(b.build()).isEqualTo(a.build());
        }
    }

    @Test
    void shouldEndEachTrialOnceAndInItsDecision() {
        try (SessionSource rig = rig(false)) {
            Bin.Builder bin = Bin.newBuilder();
            int ends = 0;
            while (rig.next(bin)) {
                if (bin.getTrialEnd()) {
                    assertThat(bin.getTrial()).isEqualTo(ends++);
                    assertThat(bin.getPhase()).isEqualTo(TASK.phases().size());
                }
            }
            assertThat(ends).isEqualTo(10);
        }
    }

    private static Intervention request(int trials, int every, int firstBin, int bins, Integer... neurons) {
        return Intervention.newBuilder().setSchemaVersion(1).setId("i-1").setTrials(trials).setEvery(every)
                .setFirstBin(firstBin).setBins(bins).addAllNeurons(List.of(neurons)).build();
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
            Bin.Builder bin = Bin.newBuilder();
            Bin.Builder plain = Bin.newBuilder();
            Bin.Builder masked = Bin.newBuilder();
            double change = 0;
            while (rig.next(bin)) {
                intact.next(plain);
                without.next(masked);
                boolean perturbed = bin.getTrial() == 0 || bin.getTrial() == 2;
                assertThat(bin.getSilenced().isEmpty()).as("trial %d", bin.getTrial()).isEqualTo(!perturbed);
                assertThat(bin.getIntervention()).isEqualTo(perturbed ? "i-1" : "");
                assertThat(bin.getBehavior(0)).isEqualTo((perturbed ? masked : plain).getBehavior(0), within(1e-5f));
                change = Math.max(change, Math.abs(bin.getBehavior(0) - plain.getBehavior(0)));
                for (int i = 0; i < bin.getCountsCount(); i++) {
                    boolean isSilent = perturbed && (i == 2 || i == 5 || i == 11);
                    assertThat(WireChecks.marked(bin.getSilenced(), i)).isEqualTo(isSilent);
                    if (isSilent) {
                        assertThat(bin.getCounts(i)).isZero();
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
            Bin.Builder bin = Bin.newBuilder();
            int at = 0;
            for (int trial = 0; trial < 4; at = bin.getTrialEnd() ? 0 : at + 1, trial += bin.getTrialEnd() ? 1 : 0) {
                rig.next(bin);
                assertThat(bin.getSilenced().isEmpty()).as("trial %d, bin %d", trial, at)
                        .isEqualTo(trial >= 2 || at < 10 || at >= 15);
                if (bin.getTrialEnd() && trial == 1) {
                    rig.obey(request(0, 0, 0, 0));
                }
            }
        }
    }
}
