package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import kappa.fitting.model.Network;
import kappa.fitting.task.Task;
import kappa.fitting.training.TaskSimulator;
import kappa.fitting.training.TrialRunner;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Records a network that does a task, as a session file. */
@Command(name = "simulate", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Record a network that does a task, into a session file.",
    "",
    "By default, neurons emit Poisson spike counts with mean 0.4 (1 + tanh x) in bins of 20 ms, "
            + "and the dynamics have no noise."})
final class SimulateCommand implements Runnable {

    @Parameters(paramLabel = "NET.npz", description = "Network of low or full rank, a file or a name.")
    private Path network;

    @Option(names = "--task", paramLabel = "dm|wm|cdm|msi|dms", required = true,
            description = "Task that the network does.")
    private String taskName;

    @Option(names = "--trials", paramLabel = "N", defaultValue = "800",
            description = "Number of trials (default: ${DEFAULT-VALUE}).")
    private int trials;

    @Option(names = "--observe", paramLabel = "rates|currents|counts", defaultValue = "counts",
            description = "What is recorded: rates, currents or spike counts (default: ${DEFAULT-VALUE}).")
    private String observe;

    @Option(names = "--out", paramLabel = "SESSION.npz", required = true,
            description = "Session file to write.")
    private Path out;

    @Option(names = "--gain", paramLabel = "G", defaultValue = "0.4",
            description = "Mean spike count per bin of a neuron at rest (default: ${DEFAULT-VALUE}).")
    private double gain;

    @Option(names = "--state-noise", paramLabel = "SD", defaultValue = "0",
            description = "Standard deviation of the noise on each current in each bin (default: ${DEFAULT-VALUE}).")
    private double stateNoise;

    @Option(names = "--observation-noise", paramLabel = "SD", defaultValue = "0",
            description = "Standard deviation of the noise on recorded rates or currents (default: ${DEFAULT-VALUE}).")
    private double observationNoise;

    @Option(names = "--neurons-observed", paramLabel = "F", defaultValue = "1",
            description = "Fraction of the neurons that are recorded, drawn at random (default: all).")
    private double observed;

    @Option(names = "--subset-seed", paramLabel = "SEED", defaultValue = "1",
            description = "Seed of the draw of --neurons-observed; use the same for sessions that belong together "
                    + "(default: ${DEFAULT-VALUE}).")
    private long subsetSeed;

    @Mixin
    private TaskOptions taskOptions;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "Seed of trials, noise and spikes (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Mixin
    private ThreadsOption threads;

    @Mixin
    private ForceOption force;

    @Mixin
    private FiguresOption output;

    @Override
    public void run() {
        Task task = taskOptions.of(taskName);
        TaskSimulator.Settings settings = new TaskSimulator.Settings(trials, RecordingFileOptions.observation(observe),
                gain,
                stateNoise, observationNoise, observed, subsetSeed, seed);
        force.requireWritable(out, network);
        Network contents = NetworkArgument.read(network);
        TaskSimulator.Recorded recorded;
        try (TrialRunner runner = new TrialRunner(threads.count())) {
            Output.Progress progress = new Output.Progress("simulating " + task.name(), "trials");
            AtomicInteger done = new AtomicInteger();
            recorded = TaskSimulator.record(contents, task, settings, runner, out, more -> {
                synchronized (progress) {
                    progress.update(done.addAndGet(more), trials);
                }
            });
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("session", out.toString());
        figures.put("task", task.name().toString());
        figures.put("trials", recorded.trials());
        figures.put("bins", recorded.bins());
        figures.put("neurons", recorded.neurons());
        figures.put("mean_activity", recorded.meanActivity());
        if (recorded.performance() != null) {
            figures.put("accuracy", recorded.performance().accuracy());
        }
        output.print(figures);
    }
}
