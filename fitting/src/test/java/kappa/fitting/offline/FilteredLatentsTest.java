package kappa.fitting.offline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import kappa.fitting.fit.OnlineFitter;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.FitPlan;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.npz.NpzRecording;
import kappa.ingest.recording.npz.NpzWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilteredLatentsTest {

    private static final int TRIALS = 12;
    private static final int BINS = 30;
    private static final int N = 8;

    @TempDir
    Path directory;

    /** Half of the neurons fire with the input, the others against it. */
    private Recording session() {
        SplittableRandom random = new SplittableRandom(11);
        int[] counts = new int[TRIALS * BINS * N];
        float[] inputs = new float[TRIALS * BINS];
        for (int at = 0; at < TRIALS * BINS; at++) {
            inputs[at] = at / BINS % 2 == 0 ? 1 : -1;
            for (int i = 0; i < N; i++) {
                counts[at * N + i] = random.nextDouble() < 0.5 + (i % 2 == 0 ? 0.4 : -0.4) * inputs[at] ? 1 : 0;
            }
        }
        // The last trial repeats the first.
        System.arraycopy(counts, 0, counts, (TRIALS - 1) * BINS * N, BINS * N);
        System.arraycopy(inputs, 0, inputs, (TRIALS - 1) * BINS, BINS);
        Path file = directory.resolve("session.npz");
        try (NpzWriter npz = NpzWriter.create(file)) {
            npz.put("counts", counts, TRIALS, BINS, N);
            npz.put("inputs", inputs, TRIALS, BINS, 1);
            npz.put("bin_width", 0.02);
        }
        return NpzRecording.open(file, null);
    }

    @Test
    void shouldFilterEveryTrialFromTheSameStartWithOneModel() {
        FitPlan plan = new FitPlan(N, 2, 1, 0.2, Observation.COUNTS, 1, 10, FitPlan.DEFAULT_BUFFER_BYTES);
        try (Recording session = session(); Team team = new Team(1)) {
            PrequentialFit fit = new PrequentialFit(plan, KernelProvider.kernels(),
                    new OnlineFitter(plan, KernelProvider.kernels(), team));
            OfflineFit.run(session, plan, List.of(fit), List.of(), 1, (_, _) -> {});
            List<float[]> latents = FilteredLatents.of(session, plan, KernelProvider.kernels(), fit.model());
            assertThat(latents).hasSize(TRIALS).allMatch(trial -> trial.length == BINS * 2);
            // Neither the trials before it nor what was learned since the first one moves kappa.
            assertThat(latents.getLast()).containsExactly(latents.getFirst()).isNotEqualTo(latents.get(1));
        }
    }
}
