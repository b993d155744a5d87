package kappa.fitting.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import kappa.fitting.evaluation.Evaluation;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.simulation.TrialRandom;
import kappa.fitting.task.Task;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.npz.NpzRecording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaskSimulatorTest {

    private static final int NEURONS = 40;
    private static final long SEED = 4;

    @TempDir
    private Path directory;

    private static Network network(Task task, boolean full) {
        return full
                ? FullRankNetwork.initial(NEURONS, task.inputs(), Task.ALPHA, TrialRandom.of(SEED, -1))
                : LowRankNetwork.initial(NEURONS, 2, task.inputs(), Task.ALPHA, TrialRandom.of(SEED, -1));
    }

    private static TaskSimulator.Settings settings(Observation observation, double gain, double noise,
            double observed) {
        return new TaskSimulator.Settings(11, observation, gain, 0, noise, observed, 1, SEED);
    }

    private TaskSimulator.Recorded record(Network network, Task task, TaskSimulator.Settings settings,
            int threads, Path file) {
        try (TrialRunner runner = new TrialRunner(threads)) {
            return TaskSimulator.record(network, task, settings, runner, file, _ -> {});
        }
    }

    @ParameterizedTest
    @CsvSource({"cdm, false, RATES", "dms, true, RATES", "wm, false, CURRENTS", "wm, true, CURRENTS"})
    void shouldRecordWhatTheNetworkDoes(String name, boolean full, Observation observation) {
        Task task = Task.named(name);
        Path file = directory.resolve("session.npz");
        Network network = network(task, full);
        TaskSimulator.Recorded recorded = record(network, task, settings(observation, 0.4, 0, 1), 2, file);
        NpzRecording session = NpzRecording.open(file, observation);
        assertThat(session.trials()).isEqualTo(11);
        assertThat(session.bins()).isEqualTo(recorded.bins());
        for (int i = 0; i < session.trials(); i++) {
            assertThat(session.bins(i)).isEqualTo(task.trial(SEED, i).bins());
            assertThat(session.inputs(i)).containsExactly(task.trial(SEED, i).inputs());
            assertThat(session.mask(i)).get().isEqualTo(task.trial(SEED, i).mask());
            assertThat(session.targets(i)).get().isEqualTo(task.trial(SEED, i).targets());
        }
        // An independent run of the same network in double precision.
        assertThat(Evaluation.of(network, session).r2()).isGreaterThan(1 - 1e-9);
    }

    @Test
    void shouldDrawPoissonCountsThatFitAByte() {
        Task task = Task.of(Task.Name.DM);
        Path file = directory.resolve("counts.npz");
        Network network = network(task, false);
        TaskSimulator.Recorded recorded = record(network, task, settings(Observation.COUNTS, 0.4, 0, 1), 1, file);
        // 33,000 counts of mean 0.4: 0.0035. Rates average to about zero over neurons.
        assertThat(recorded.meanActivity()).isCloseTo(0.4, within(0.05));
        assertThat(NpzRecording.open(file, null).observation()).isEqualTo(Observation.COUNTS);
        assertThat(Evaluation.of(network, NpzRecording.open(file, null)).bitsPerSpike().orElseThrow()).isPositive();
    }

    @Test
    void shouldWriteTheSameBytesForAnyNumberOfThreads() throws IOException {
        Task task = Task.of(Task.Name.WM);
        Network network = network(task, true);
        TaskSimulator.Settings settings = new TaskSimulator.Settings(19, Observation.COUNTS, 30, 0.05, 0, 1, 1, SEED);
        record(network, task, settings, 1, directory.resolve("one.npz"));
        record(network, task, settings, 3, directory.resolve("three.npz"));
        assertThat(Files.readAllBytes(directory.resolve("three.npz")))
                .isEqualTo(Files.readAllBytes(directory.resolve("one.npz")));
    }

    @Test
    void shouldRecordTheSameSubsetInSessionsThatBelongTogether() {
        Task task = Task.of(Task.Name.DM);
        Network network = network(task, false);
        Path whole = directory.resolve("whole.npz");
        Path part = directory.resolve("part.npz");
        record(network, task, settings(Observation.RATES, 0.4, 0, 1), 1, whole);
        record(network, task, settings(Observation.RATES, 0.4, 0, 0.25), 1, part);
        float[] all = NpzRecording.open(whole, null).activity(3);
        float[] some = NpzRecording.open(part, null).activity(3);
        int observed = NEURONS / 4;
        int found = -1;
        for (int j = 0; j < observed; j++) {
            int i = found + 1;
            while (i < NEURONS && all[40 * NEURONS + i] != some[40 * observed + j]) {
                i++;
            }
            assertThat(i).as("neuron %d of the subset is one of the whole, in ascending order", j).isLessThan(NEURONS);
            found = i;
        }
        assertThat(some).hasSize(75 * observed);
    }

    @Test
    void shouldAddObservationNoise() {
        Task task = Task.of(Task.Name.DM);
        Path file = directory.resolve("noisy.npz");
        Network network = network(task, false);
        record(network, task, settings(Observation.CURRENTS, 0.4, 0.3, 1), 2, file);
        NpzRecording session = NpzRecording.open(file, Observation.CURRENTS);
        Path clean = directory.resolve("clean.npz");
        record(network, task, settings(Observation.CURRENTS, 0.4, 0, 1), 2, clean);
        NpzRecording exact = NpzRecording.open(clean, Observation.CURRENTS);
        double squares = 0;
        float[] a = session.activity(0);
        float[] b = exact.activity(0);
        for (int i = 0; i < a.length; i++) {
            squares += Math.pow(a[i] - b[i], 2);
        }
        // 3,000 draws: the deviation is known to 1.3 %.
        assertThat(Math.sqrt(squares / a.length)).isCloseTo(0.3, within(0.02));
    }

    @Test
    void shouldRefuseWhatCannotBeRecorded() {
        assertThatThrownBy(() -> settings(Observation.COUNTS, 0, 0, 1)).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("gain: 0.0");
        assertThatThrownBy(() -> settings(Observation.COUNTS, 1, 0.1, 1)).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("observation noise: 0.1");
        assertThatThrownBy(() -> settings(Observation.RATES, 1, 0, 0)).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("neurons observed: 0.0");
        Task task = Task.of(Task.Name.DM);
        assertThatThrownBy(() -> record(network(task, false), Task.of(Task.Name.CDM),
                settings(Observation.RATES, 1, 0, 1), 1, directory.resolve("none.npz")))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("1 inputs");
    }
}
