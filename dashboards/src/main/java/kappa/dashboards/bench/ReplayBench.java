package kappa.dashboards.bench;

import java.nio.file.Path;
import java.util.List;
import kappa.fitting.filter.LatentPath;
import kappa.fitting.fit.OnlineFitter;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.RnnKernels;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Start;
import kappa.fitting.model.Trial;
import kappa.fitting.offline.OfflineFit;
import kappa.fitting.offline.PrequentialFit;
import kappa.fitting.offline.SessionReader;
import kappa.fitting.pipeline.SessionPlan;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.task.Task;
import kappa.fitting.training.TaskSimulator;
import kappa.fitting.training.TrialRunner;
import kappa.ingest.recording.BinSource;
import kappa.ingest.recording.FitSettings;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.npz.NpzRecording;

/**
 * How many bins a second go through the filter alone, whose model stands, and through filter and learning at the
 * default number of steps: a simulated decision network's spike counts, read from a file the way {@code ./kappa fit}
 * reads it. Both begin with trials that are not counted, in which the virtual machine compiles.
 */
public final class ReplayBench {

    /**
     * @param neurons N
     * @param rank K of the fit
     */
    public record Load(int neurons, int rank, int trials, int warmUpTrials, int threads) {}

    /** Bins a second, and the size they hold for. */
    public record Result(Load load, int inputs, int binsPerTrial, int stepsPerTrial, double filter, double learning) {}

    private static final double GAIN = 0.4;
    private static final double STATE_NOISE = 0.05;
    /** Enough for a model that predicts, where only its size matters. */
    private static final int TRIALS_TO_LEARN_FROM = 2;
    /** The filter alone is this much faster, so that it reads the session as often. */
    private static final int FILTER_PASSES = 20;

    private ReplayBench() {}

    /** The clock of a reader: starts after some bins. */
    private static final class Clock {
        private final long from;
        private long begun;
        private long started;
        private long last;
        private long ended;

        Clock(long from) {
            this.from = from;
        }

        void read(long bins) {
            last = bins;
            ended = System.nanoTime();
            if (started == 0 && bins >= from) {
                begun = bins;
                started = ended;
            }
        }

        double binsPerSecond() {
            return (last - begun) * 1e9 / (ended - started);
        }
    }

    /** The latency path with a model that stands. */
    private static final class FilterAlone implements SessionReader.Follower {
        private final LatentPath path;

        FilterAlone(LatentPath path) {
            this.path = path;
        }

        @Override
        public void begin(Start start) {
            path.start(start);
        }

        @Override
        public void bin(float[] y, float[] u, float[] v) {
            path.bin(y, 0, v, 0);
        }

        @Override
        public void end(Trial trial) {
            path.endTrial();
        }
    }

    /** @param directory where the session is written */
    public static Result run(Path directory, Load load) {
        Path file = directory.resolve("replay.npz");
        int trials = load.warmUpTrials() + load.trials();
        try (TrialRunner runner = new TrialRunner(load.threads())) {
            TaskSimulator.record(
                    HandBuiltNetworks.named("decision", load.neurons(), 1).network(),
                    Task.named("dm"),
                    new TaskSimulator.Settings(trials, Observation.COUNTS, GAIN, STATE_NOISE, 0, 1, 1, 1),
                    runner, file, done -> {});
        }
        Recording recording = NpzRecording.open(file, Observation.COUNTS);
        FitPlan plan = SessionPlan.of(recording.describe(), recording.name(), FitSettings.of(load.rank(), 1)).fit();
        long warmUp = (long) load.warmUpTrials() * recording.bins(0);
        try (Team team = new Team(load.threads())) {
            return new Result(load, recording.inputs(), recording.bins(0), plan.stepsPerTrial(),
                    filter(recording, plan, warmUp), learning(recording, plan, warmUp, team));
        }
    }

    private static double learning(Recording recording, FitPlan plan, long warmUp, Team team) {
        RnnKernels kernels = KernelProvider.kernels();
        PrequentialFit fit = new PrequentialFit(plan, kernels, new OnlineFitter(plan, kernels, team));
        Clock clock = new Clock(warmUp);
        OfflineFit.run(recording, plan, List.of(fit), List.of(), 1, (done, total) -> clock.read(done));
        return clock.binsPerSecond();
    }

    private static double filter(Recording recording, FitPlan plan, long warmUp) {
        RnnKernels kernels = KernelProvider.kernels();
        FilterAlone follower = new FilterAlone(new LatentPath(kernels, plan, model(recording, plan, kernels)));
        Clock clock = new Clock(warmUp);
        for (int pass = 0; pass < FILTER_PASSES; pass++) {
            long before = pass * recording.bins();
            try (BinSource source = recording.source()) {
                SessionReader.read(source, plan, List.of(follower), done -> clock.read(before + done));
            }
        }
        return clock.binsPerSecond();
    }

    private static PublishedModel model(Recording recording, FitPlan plan, RnnKernels kernels) {
        OnlineFitter fitter = new OnlineFitter(plan, kernels, Team.ALONE);
        try (BinSource source = recording.source()) {
            SessionReader.read(source, plan, List.of(trial -> {
                if (trial.index() < TRIALS_TO_LEARN_FROM) {
                    fitter.learn(trial);
                }
            }), done -> {});
        }
        return fitter.publish(null);
    }
}
