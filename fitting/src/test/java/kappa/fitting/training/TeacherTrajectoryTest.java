package kappa.fitting.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.model.Network;
import kappa.fitting.task.Condition;
import kappa.fitting.task.TaskTrial;
import kappa.ingest.SharedData;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.npz.NpzRecording;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The networks of the LINT authors, run here, against what a reference implementation made of them. */
class TeacherTrajectoryTest {

    @ParameterizedTest
    @CsvSource({"dm", "cdm", "cdm_full"})
    void shouldRunTheAuthorsTeachersAsTheReferenceDoes(String name) {
        Network teacher = NetworkFile.read(SharedData.file("teachers/" + name + ".npz"));
        Recording session = NpzRecording.open(SharedData.file(name + "-heldout.npz"), null);
        PackedNetwork packed = new PackedNetwork(KernelProvider.matrices()).pack(teacher);
        TrialBatch batch = new TrialBatch(KernelProvider.matrices());
        int right = 0;
        for (int i = 0; i < session.trials(); i++) {
            float[] expected = session.activity(i);
            TaskTrial trial = new TaskTrial(new Condition(0, 0, 0), session.bins(i), session.inputs(i),
                    session.targets(i).orElseThrow(), session.mask(i).orElseThrow(), new int[]{session.bins(i)});
            double[] worst = new double[1];
            batch.forward(_ -> packed, List.of(trial), 0, List.of(new SplittableRandom(0)), (t, _, rates, at) -> {
                for (int n = 0; n < session.neurons(); n++) {
                    worst[0] = Math.max(worst[0],
                            Math.abs(rates[at + n] - expected[t * session.neurons() + n]));
                }
            });
            // The reference is float32 arithmetic too, over up to 75 bins.
            assertThat(worst[0]).as("trial %d", i).isLessThan(1e-5);
            right += batch.readout(0) * trial.target() > 0 ? 1 : 0;
        }
        assertThat(right).as("right choices of 60").isGreaterThanOrEqualTo(57);
    }
}
