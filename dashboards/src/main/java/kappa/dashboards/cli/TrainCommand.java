package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import kappa.analysis.populations.GaussianMixture;
import kappa.analysis.populations.ResampledNetwork;
import kappa.fitting.evaluation.Truncation;
import kappa.dashboards.report.Verdict;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.model.FullRankNetwork;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import kappa.fitting.simulation.TrialRandom;
import kappa.fitting.task.Task;
import kappa.fitting.training.MixtureNetwork;
import kappa.fitting.training.NetworkParameter;
import kappa.fitting.training.Performance;
import kappa.fitting.training.TaskTrainer;
import kappa.fitting.training.TrainedNetworks;
import kappa.fitting.training.Trainee;
import kappa.fitting.training.TrainingPlan;
import kappa.fitting.training.TrialRunner;
import kappa.ingest.InvalidInputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains a network on a task and says how well it does it. */
@Command(name = "train", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Train a network on a task.",
    "",
    "Training stops when 99 %% of the choices are right in 200 fresh trials (98 %% for dms). If "
            + "that is not reached, the exit code is 1; the network is written all the same."})
final class TrainCommand implements Runnable {

    private static final int FRESH_TRIALS = 200;
    private static final long FRESH = 0x66726573L;
    /** Generators of initial weights and of a mixture's draw: no trial has these numbers. */
    private static final long INITIAL = -1;
    private static final long DRAWN = -2;
    private static final int DEFAULT_NEURONS = 512;

    private static final int MIXTURE_STARTS = 30;

    @Option(names = "--task", paramLabel = "dm|wm|cdm|msi|dms", required = true,
            description = "Task: dm (random-dots decision), wm (working memory, Romo), cdm (context-dependent "
                    + "decision, Mante), msi (multisensory integration, Raposo) or dms (delayed match-to-sample).")
    private String taskName;

    @Option(names = "--rank", paramLabel = "K|full", required = true,
            description = "Rank of the connectivity: a number K, or full.")
    private String rank;

    @Option(names = "--neurons", paramLabel = "N",
            description = "Number of neurons (default: 512, or that of --from).")
    private Integer neurons;

    @Option(names = "--out", paramLabel = "NET.npz", required = true,
            description = "Network file to write.")
    private Path out;

    @Option(names = "--from", paramLabel = "NET.npz",
            description = "Network to start from. A full-rank network is truncated to its K leading singular values "
                    + "(default: random weights; wm and dms of rank K start from a full-rank network that is "
                    + "trained first).")
    private Path from;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "Seed of initial weights, trials and noise (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--epochs", paramLabel = "N",
            description = "Give up after this number of epochs of 800 trials (default: depends on the task).")
    private Integer epochs;

    @Option(names = "--max-steps", paramLabel = "N",
            description = "Give up after this number of steps of 32 trials (default: depends on the task).")
    private Long maxSteps;

    @Section.In(Section.RARE)
    @Option(names = "--learning-rate", paramLabel = "R",
            description = "Learning rate of Adam (default: 0.005 for dm and dms, 0.01 for wm, cdm and msi, 0.0001 for "
                    + "full rank).")
    private Double learningRate;

    @Section.In(Section.RARE)
    @Option(names = "--loss", paramLabel = "MSE",
            description = "Mean squared error of the readout to reach, besides the accuracy (default: 0.01 for wm, "
                    + "0.05 for other tasks). With a smaller one, full-rank connectivity comes closer to low rank.")
    private Double loss;

    @Section.In(Section.RARE)
    @Option(names = "--clip", paramLabel = "NORM",
            description = "Largest norm of a gradient (default: 1; 0.1 for cdm and msi of low rank).")
    private Double clip;

    @Section.In(Section.RARE)
    @Option(names = "--noise", paramLabel = "SD",
            description = "Standard deviation of the noise on each current in each bin, in training and testing "
                    + "(default: 0.05).")
    private Double noise;

    @Section.In(Section.RARE)
    @Option(names = "--parts", paramLabel = "PART", split = ",",
            description = "Parameters to train, separated by commas; the others keep their initial values (default: "
                    + "m,n,wi,wo, or wrec,wi,wo for full rank; b and h0 are possible too).")
    private List<String> parts;

    @Section.In(Section.RARE)
    @Option(names = "--populations", paramLabel = "P",
            description = "Train the statistics of P Gaussian populations. All neurons are drawn anew from them at "
                    + "each step, and the network file holds one draw. With --from, start from the populations of "
                    + "that network.")
    private Integer populations;

    @Mixin
    private TaskOptions taskOptions;

    @Mixin
    private ThreadsOption threads;

    @Mixin
    private ForceOption force;

    @Mixin
    private FiguresOption output;

    @Override
    public void run() {
        Task task = taskOptions.of(taskName);
        boolean full = rank.equalsIgnoreCase("full");
        TrainingPlan plan = TrainingPlan.of(task, full, seed);
        TaskTrainer.Settings settings = settings(plan.settings());
        Set<NetworkParameter> trained = trained(plan.parts(), full);
        force.requireWritable(out);
        long started = System.nanoTime();
        try (TrialRunner runner = new TrialRunner(threads.count())) {
            Begun begun = begin(runner, task, full, plan.fromFullRank(), trained);
            TaskTrainer.Trained result = train(runner, begun.trainee,
                    new TrainingPlan(plan.stages(), settings, trained, plan.accuracy(), plan.fromFullRank()),
                    "training " + task.name());
            // Of a mixture a draw that training has not seen, and that was not the best of many.
            Network network = begun.trainee instanceof MixtureNetwork mixture
                    ? mixture.sample(neurons(), from == null ? MixtureNetwork.Draw.RANDOM : MixtureNetwork.Draw.EXACT,
                            TrialRandom.of(seed, DRAWN))
                    : result.network();
            NetworkFile.write(out, network);
            Performance fresh = Performance.of(network, task, FRESH_TRIALS, settings.noise(), seed ^ FRESH, runner);
            report(task, network.neurons(), begun.fullRankSteps, result.steps(), (System.nanoTime() - started) / 1e9,
                    fresh, plan.accuracy());
            if (fresh.accuracy() < plan.accuracy()) {
                throw new Main.Stopped(String.format(Locale.ROOT,
                        "%s: accuracy %.3f after %d steps, expected %.2f: try more --epochs, another --seed or --from a"
                                + " full-rank network of the task",
                        out, fresh.accuracy(), result.steps(), plan.accuracy()));
            }
        }
    }

    /** The network to train, and the number of steps that produced it. */
    private record Begun(Trainee trainee, long fullRankSteps) {}

    private Begun begin(TrialRunner runner, Task task, boolean full, boolean fromFullRank,
            Set<NetworkParameter> trained) {
        if (populations != null) {
            return new Begun(mixture(task, full), 0);
        }
        if (from != null) {
            return new Begun(Trainee.of(given(full), trained), 0);
        }
        int n = neurons();
        if (full) {
            return new Begun(Trainee.of(TrainedNetworks.initial(task, n, seed), trained), 0);
        }
        int k = lowRank(n);
        if (!fromFullRank) {
            return new Begun(Trainee.of(TrainedNetworks.initial(task, k, n, seed), trained), 0);
        }
        TrainingPlan first = TrainingPlan.of(TrainingPlan.ofFullRank(task), true, seed);
        TaskTrainer.Trained large = train(runner, Trainee.of(TrainedNetworks.initial(task, n, seed), first.parts()),
                first,
                "training " + task.name() + ", full rank first");
        return new Begun(Trainee.of(new Truncation((FullRankNetwork) large.network()).toRank(k), trained),
                large.steps());
    }

    private static TaskTrainer.Trained train(TrialRunner runner, Trainee trainee, TrainingPlan plan, String what) {
        Output.Progress progress = new Output.Progress(what, "steps");
        TaskTrainer.Trained result = new TaskTrainer(runner).train(trainee, plan.stages(),
                plan.settings(),
                (steps, last) -> progress.update(steps, plan.settings().maxSteps(), detail(last, plan)));
        progress.update(result.steps(), result.steps(), result.reached() ? ", reached" : ", not reached");
        return result;
    }

    private static String detail(TaskTrainer.Progress last, TrainingPlan plan) {
        if (last == null) {
            return "";
        }
        String stage = plan.stages().size() == 1 ? "" : ", stage " + (last.stage() + 1) + " of " + plan.stages().size();
        return String.format(Locale.ROOT, "%s, accuracy %.3f, loss %.4f", stage, last.validation().accuracy(),
                last.validation().loss());
    }

    private TaskTrainer.Settings settings(TaskTrainer.Settings given) {
        if (epochs != null && maxSteps != null) {
            throw new InvalidInputException("--epochs and --max-steps cannot be combined; give one of them");
        }
        Checks.require(epochs == null || epochs >= 1, "--epochs", epochs, "at least 1");
        long steps = maxSteps != null
                ? maxSteps
                : epochs != null
                        ? Math.ceilDiv((long) epochs * TrainingPlan.EPOCH, given.batch())
                        : given.maxSteps();
        return new TaskTrainer.Settings(given.batch(), learningRate == null ? given.learningRate() : learningRate,
                clip == null ? given.largestNorm() : clip, noise == null ? given.noise() : noise, steps,
                given.checkEvery(), given.validationTrials(), given.accuracy(), loss == null ? given.loss() : loss,
                seed);
    }

    private int lowRank(int most) {
        int k = Checks.wholeNumber("--rank", rank, "a number or full");
        Checks.require(k >= 1 && k <= most, "--rank", rank, "1 to " + most + " or full");
        return k;
    }

    private Trainee mixture(Task task, boolean full) {
        if (full || parts != null) {
            throw new InvalidInputException(
                    "--populations " + populations + " needs a rank K and cannot be combined with --parts");
        }
        int n = neurons();
        Checks.require(populations >= 1 && populations <= n, "--populations", populations, "1 to " + n);
        if (from != null) {
            if (!(NetworkArgument.read(from) instanceof LowRankNetwork given)
                    || given.rank() != lowRank(n)) {
                throw new InvalidInputException("--from " + from + ": expected a network of rank " + rank
                        + ", as --rank says");
            }
            return ResampledNetwork.mixture(given, populations,
                    new GaussianMixture.Options(GaussianMixture.Means.FREE, MIXTURE_STARTS),
                    neurons == null ? given.neurons() : n, seed);
        }
        return MixtureNetwork.initial(populations, n, lowRank(n), task.inputs(), Task.ALPHA, false,
                TrialRandom.of(seed, INITIAL));
    }

    private int neurons() {
        int n = neurons == null ? DEFAULT_NEURONS : neurons;
        Checks.require(n >= 1 && n <= 16_384, "--neurons", n, "1 to 16384");
        return n;
    }

    private Network given(boolean full) {
        Network contents = NetworkArgument.read(from);
        Checks.require(neurons == null || neurons == contents.neurons(), "--neurons", neurons,
                contents.neurons() + " as in " + from);
        return switch (contents) {
            case FullRankNetwork network -> full
                    ? network
                    : new Truncation(network).toRank(lowRank(network.neurons()));
            case LowRankNetwork network -> {
                int k = network.rank();
                Checks.require(!full && lowRank(network.neurons()) == k, "--rank", rank, k + " as in " + from);
                yield network;
            }
        };
    }

    private Set<NetworkParameter> trained(Set<NetworkParameter> usual, boolean full) {
        if (parts == null) {
            return usual;
        }
        Set<NetworkParameter> possible = EnumSet.of(NetworkParameter.WI, NetworkParameter.WO, NetworkParameter.B,
                NetworkParameter.H0);
        possible.addAll(full ? EnumSet.of(NetworkParameter.WREC) : EnumSet.of(NetworkParameter.M, NetworkParameter.N));
        Set<NetworkParameter> chosen = EnumSet.noneOf(NetworkParameter.class);
        for (String name : parts) {
            chosen.add(possible.stream().filter(part -> part.name().equalsIgnoreCase(name)).findFirst()
                    .orElseThrow(() -> new InvalidInputException("--parts names '" + name + "', expected some of "
                            + possible.toString().toLowerCase(Locale.ROOT))));
        }
        return chosen;
    }

    private void report(Task task, int n, long fullRankSteps, long steps, double seconds, Performance fresh,
            double expected) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("task", task.name().toString());
        figures.put("rank", rank);
        figures.put("neurons", n);
        figures.put("seed", seed);
        figures.put("accuracy", fresh.accuracy());
        figures.put("expected_accuracy", expected);
        figures.put("loss", fresh.loss());
        figures.put("steps", steps);
        if (fullRankSteps > 0) {
            figures.put("full_rank_steps", fullRankSteps);
        }
        figures.put("seconds", seconds);
        String verdict = Verdict.task(task.name().toString(), fresh.accuracy());
        if (output.json()) {
            figures.put("psychometric", psychometric(task, fresh));
            figures.put("verdict", verdict);
            Output.json(figures);
        } else {
            Output.plain(figures);
            psychometric(task, fresh).forEach(Output::row);
            System.out.println(verdict);
        }
    }

    /** P(choice = +1) by condition, with the names that the task gives to its conditions. */
    static List<Map<String, Object>> psychometric(Task task, Performance performance) {
        List<Map<String, Object>> points = new ArrayList<>();
        for (Performance.Point point : performance.psychometric()) {
            Map<String, Object> row = new LinkedHashMap<>();
            switch (task.name()) {
                case DM -> row.put("coherence", point.first());
                case WM -> {
                    row.put("f1", point.first());
                    row.put("f2", point.second());
                }
                case CDM, MSI -> {
                    row.put(task.name() == Task.Name.CDM ? "context" : "modalities",
                            List.of("A", "B", "AB").get(point.context()));
                    row.put("coherence_a", point.first());
                    row.put("coherence_b", point.second());
                }
                case DMS -> {
                    row.put("sample", task.inputNames().get((int) point.first()));
                    row.put("test", task.inputNames().get((int) point.second()));
                }
            }
            row.put("trials", point.trials());
            row.put("positive", point.positive());
            points.add(row);
        }
        return points;
    }
}
