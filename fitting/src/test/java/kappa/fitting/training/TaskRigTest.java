package kappa.fitting.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import kappa.fitting.network.NetworkFile;
import kappa.fitting.network.TrialRandom;
import kappa.fitting.task.Task;
import kappa.ingest.session.NpzSession;
import kappa.ingest.session.SessionSource;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.Observation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskRigTest {

    private static final Task TASK = Task.of(Task.Name.WM);
    private static final NetworkFile.Contents NETWORK = NetworkFile.LowRank.initial(30, 2, 1, Task.ALPHA,
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
        try (SessionSource recorded = NpzSession.open(file, null).source(); SessionSource rig = rig(false)) {
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
}
