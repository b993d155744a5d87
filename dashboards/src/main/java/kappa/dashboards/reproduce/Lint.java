package kappa.dashboards.reproduce;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import kappa.fitting.evaluation.Evaluation;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.offline.FittingAlgorithms;
import kappa.fitting.offline.OfflineFit;
import kappa.fitting.offline.PrequentialFit;
import kappa.fitting.task.Task;
import kappa.fitting.training.TaskSimulator;
import kappa.fitting.training.TrialRunner;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.archive.RecordingFile;

/** Sessions of networks that do a task, fits to them, and scores against noise-free rates of fresh trials. Stateless. */
final class Lint {

    /** Mean count of a bin at rest. */
    private static final double GAIN = 0.4;
    private static final int TEST_TRIALS = 50;
    private static final long FRESH = 0x66726573L;

    private Lint() {}

    /**
     * What is fitted.
     *
     * @param trials of the session that is fitted
     * @param observed fraction of the neurons that are recorded
     */
    record Settings(Observation observation, int trials, double observed, long seed, int threads) {}

    /** How well a fit runs freely on fresh trials, against the noise-free rates of the neurons that it was fitted to. */
    static Evaluation score(Network fit, Network teacher, Task task, Settings settings) {
        return recorded(teacher, task, new Settings(Observation.RATES, TEST_TRIALS, settings.observed,
                settings.seed ^ FRESH, settings.threads), settings.seed, recording -> Evaluation.of(fit, recording));
    }

    /** A low-rank fit to one pass over a session of the teacher. */
    static LowRankNetwork fit(Network teacher, Task task, int rank, FittingAlgorithms algorithm, Settings settings) {
        return fit(teacher, task, rank, algorithm, settings, 1);
    }

    /** A low-rank fit to several passes over a session: more than one is offline. */
    static LowRankNetwork fit(Network teacher, Task task, int rank, FittingAlgorithms algorithm, Settings settings,
            int passes) {
        return recorded(teacher, task, settings, settings.seed, recording -> {
            FitPlan plan = new FitPlan(recording.describe().neurons().size(), rank, task.inputs(), Task.ALPHA,
                    settings.observation, settings.seed, FitPlan.DEFAULT_STEPS_PER_TRIAL, FitPlan.DEFAULT_BUFFER_BYTES);
            try (Team team = new Team(settings.threads)) {
                PrequentialFit fit = new PrequentialFit(plan, KernelProvider.kernels(),
                        algorithm.create(plan, KernelProvider.kernels(), team));
                OfflineFit.run(recording, plan, List.of(fit), List.of(), passes, (_, _) -> {});
                return fit.model().model().network();
            }
        });
    }

    /** Records a session of the teacher for as long as it is used. */
    static <T> T recorded(Network teacher, Task task, Settings settings, long subset,
            Function<Recording, T> use) {
        try {
            Path file = Files.createTempFile("kappa-reproduce", ".npz");
            try (TrialRunner runner = new TrialRunner(settings.threads)) {
                TaskSimulator.record(teacher, task,
                        new TaskSimulator.Settings(settings.trials, settings.observation, GAIN, 0, 0,
                                settings.observed, subset, settings.seed),
                        runner, file, _ -> {});
                try (Recording recording = RecordingFile.open(file,
                        RecordingOptions.observed(settings.observation))) {
                    return use.apply(recording);
                }
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
