package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import kappa.analysis.NetworkAnalysis;
import kappa.analysis.NetworkAnalysis.Held;
import kappa.analysis.Snapshot;
import kappa.analysis.connectivity.Connectivity;
import kappa.analysis.connectivity.DmsMechanism;
import kappa.analysis.connectivity.RegressionAxes;
import kappa.analysis.connectivity.Scale;
import kappa.analysis.connectivity.StateFates;
import kappa.analysis.connectivity.VectorOverlaps;
import kappa.analysis.dynamics.BifurcationScan;
import kappa.analysis.inactivation.SeenTrials;
import kappa.analysis.populations.Clustering;
import kappa.analysis.populations.Populations;
import kappa.analysis.populations.ResampledNetwork;
import kappa.analysis.populations.TunedPopulations;
import kappa.dashboards.report.AnalysisReport;
import kappa.dashboards.report.Report;
import kappa.dashboards.report.Verdict;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.task.Task;
import kappa.fitting.training.Performance;
import kappa.fitting.training.TrialRunner;
import kappa.ingest.recording.Recording;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Dynamics, connectivity and populations of a network file, as the pipeline publishes them of each snapshot. */
@Command(name = "analyze", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Find the fixed points, overlaps and populations of a low-rank network.",
    "",
    "Fixed points have types and eigenvalues. They and the limit cycles are given without input "
            + "and with each input held constant."})
final class AnalyzeCommand implements Runnable {

    private static final int MOST_RESAMPLED = 3;
    private static final List<Integer> MORE_POPULATIONS = List.of(4, 6, 8, 12);
    private static final int MOST_TUNED = 4;
    /** A description is enough if its networks come this close to the accuracy of the network itself. */
    private static final double CLOSE = 0.03;
    private static final int FRESH_TRIALS = 200;
    private static final int FEWEST_TRIALS = 400;
    private static final int TRIALS_PER_CONDITION = 20;
    private static final double STATE_NOISE = 0.05;

    @Parameters(paramLabel = "NET.npz", description = "Low-rank network to analyse, a file or a name.")
    private Path network;

    @Option(names = "--input", paramLabel = "NAME[=U],..",
            description = "Hold these inputs constant together, by name (\"input 0\") or number, at 1 or at the given "
                    + "value: --input 2, --input 0=0.1,2=1. May be repeated (default: each input alone, at 1).")
    private List<String> inputs = List.of();

    @Option(names = "--scan", paramLabel = "NAME=FROM:TO",
            description = "Follow the fixed points while one input grows and the others are 0, and report where their "
                    + "number or type changes: --scan 2=0:1.5. May be repeated.")
    private List<String> scans = List.of();

    @Option(names = "--task", paramLabel = "dm|wm|cdm|msi|dms",
            description = "Task that the network does: report its psychometric curve or matrix, and mean and standard "
                    + "deviation of the readout by condition. Networks are drawn from 1, 2, .. populations like its own "
                    + "to test whether the populations explain the performance. For dms, the mechanism is reported too.")
    private String task;

    @Mixin
    private TaskOptions taskOptions;

    @Section.In(Section.RARE)
    @Option(names = "--draws", paramLabel = "N", defaultValue = "5",
            description = "Number of networks drawn for each number of populations, with --task (default: "
                    + "${DEFAULT-VALUE}).")
    private int draws;

    @Section.In(Section.RARE)
    @Option(names = "--tune", paramLabel = "STEPS",
            description = "Also train means and covariances of 1, 2, .. populations on the task, for at most this number "
                    + "of steps each, until one is enough, with --task. Takes a minute for each (default: not).")
    private Integer tune;

    @Section.In(Section.RARE)
    @Option(names = "--neurons", paramLabel = "N", defaultValue = "2048",
            description = "Number of neurons of the drawn networks, with --task (default: ${DEFAULT-VALUE}).")
    private int neurons;

    @Mixin
    private ThreadsOption threads;

    @Section.In(Section.RARE)
    @Option(names = "--scale", paramLabel = "as-given|canonical|shared", defaultValue = "as-given",
            description = "Scale of m and n, of which only the product matters. as-given: as in the file. canonical: "
                    + "m'm/N = 1. shared: m'm = n'n (Valente 2019, section 1.2.1) (default: ${DEFAULT-VALUE}).")
    private String scale;

    @Option(names = "--session", paramLabel = "FILE",
            description = "Session of the same neurons: compare the connectivity vectors with the axes of a regression "
                    + "of its activity on context, signals and choice.")
    private Path session;

    @Mixin
    private RecordingFileOptions recordingOptions;

    @Option(names = "--populations", paramLabel = "N", defaultValue = "5",
            description = "Largest number of populations to try (default: ${DEFAULT-VALUE}).")
    private int largest;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "Seed of the search for populations and of the subsamples (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Section.In(Section.OUTPUT)
    @Option(names = "--report", paramLabel = "DIR",
            description = "Directory for a page with what was found, figures and tables, and each figure as SVG and CSV "
                    + "(default: none).")
    private Path report;

    @Mixin
    private FiguresOption output;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        LowRankNetwork lowRank = NetworkArgument.readLowRank(network);
        if (report != null) {
            Report.requireUsable("--report", report);
        }
        LowRankNetwork net = Checks.named("--scale", scale, Scale.values(), "as-given, canonical or shared")
                .of(lowRank);
        Optional<Task> done = Optional.ofNullable(task).map(taskOptions::of);
        Snapshot snapshot = Snapshot.of(net, NetworkArgument.inputs(network, net, done));
        List<String> channels = snapshot.inputChannels();
        NetworkAnalysis analysis = NetworkAnalysis.of(snapshot, held(snapshot), NetworkAnalysis.Depth.BASINS)
                .withPopulations(Clustering.of(Populations.of(net, settings()), snapshot.id().version()))
                .withConnectivity(Connectivity.of(net, channels, lowRank.readout(), regressionAxes(lowRank)));
        List<BifurcationScan> scanned = scans.stream().map(text -> HeldInputs.scan(text, net, channels)).toList();
        Optional<Performance> performance = done.map(known -> performance(lowRank, known));
        double enough = performance.map(found -> found.accuracy() - CLOSE).orElse(1.0);
        List<ResampledNetwork> resampled = done.map(known -> resampled(lowRank, known, enough)).orElse(List.of());
        List<TunedPopulations> tuned = done.filter(_ -> tune != null).map(known -> tuned(lowRank, known, enough))
                .orElse(List.of());
        Optional<DmsMechanism> mechanism = done
                .filter(known -> known.name() == Task.Name.DMS && DmsMechanism.applies(net))
                .map(known -> DmsMechanism.of(net));
        Optional<StateFates> fates = done.filter(known -> known.name() == Task.Name.DMS)
                .map(known -> StateFates.of(net, known.inputNames(), known.stimulus().longest()));
        List<String> summary = new ArrayList<>(List.of(Verdict.analysis(analysis)));
        performance.ifPresent(does -> summary.add(Verdict.task(done.orElseThrow().name().toString(), does.accuracy())));
        mechanism.ifPresent(how -> summary.add("Mechanism: " + how.summary()));
        fates.ifPresent(how -> summary.add("States: " + how.summary()));
        if (report != null) {
            System.err
                    .println("report " + AnalysisReport.write(report, "Analysis of " + network.getFileName(), snapshot,
                            analysis, summary, Output.typed(spec)));
        }
        if (output.json()) {
            Map<String, Object> figures = AnalysisOutput.figures(analysis, net.rank());
            AnalysisOutput.putInputEffects(figures, analysis, net);
            performance.ifPresent(found -> AnalysisOutput.put(figures, done.orElseThrow(), found));
            if (!scanned.isEmpty()) {
                figures.put("bifurcations", scanned.stream().flatMap(AnalysisOutput::figures).toList());
            }
            if (done.isPresent()) {
                figures.put("resampled", resampled.stream().map(AnalysisOutput::figures).toList());
                AnalysisOutput.putEnough(figures, resampled, tuned, enough);
            }
            mechanism.ifPresent(found -> figures.put("dms_mechanism", AnalysisOutput.figures(found)));
            fates.ifPresent(found -> figures.put("state_fates", AnalysisOutput.figures(found)));
            figures.put("verdict", summary.getFirst());
            Output.json(figures);
        } else {
            AnalysisOutput.print(analysis);
            scanned.forEach(AnalysisOutput::print);
            performance.ifPresent(found -> AnalysisOutput.print(done.orElseThrow(), found));
            resampled.forEach(AnalysisOutput::print);
            tuned.forEach(AnalysisOutput::print);
            if (done.isPresent()) {
                System.out.println(AnalysisOutput.enough(resampled, tuned, enough));
            }
            mechanism.ifPresent(found -> System.out.println("mechanism: " + found.summary()));
            fates.ifPresent(found -> System.out.println("states: " + found.summary()));
            System.out.println(summary.getFirst());
        }
    }

    private Performance performance(LowRankNetwork lowRank, Task known) {
        int trials = Math.max(FEWEST_TRIALS, TRIALS_PER_CONDITION * known.conditions().size());
        try (TrialRunner runner = new TrialRunner(threads.count())) {
            return Performance.of(lowRank, known, trials, STATE_NOISE, seed, runner);
        }
    }

    /** Up to three populations in any case; more if these are too few. */
    private List<ResampledNetwork> resampled(LowRankNetwork lowRank, Task known, double enough) {
        try (TrialRunner runner = new TrialRunner(threads.count())) {
            List<ResampledNetwork> tried = new ArrayList<>(ResampledNetwork.upTo(Math.min(largest, MOST_RESAMPLED),
                    lowRank, known, drawing(), runner));
            if (largest > MOST_RESAMPLED && tried.stream().noneMatch(one -> one.exactAccuracy() >= enough)) {
                tried.addAll(ResampledNetwork.untilEnough(MORE_POPULATIONS, enough, lowRank, known, drawing(), runner));
            }
            return tried;
        }
    }

    private List<TunedPopulations> tuned(LowRankNetwork lowRank, Task known, double enough) {
        Checks.require(tune >= 1, "--tune", tune, "at least 1 step");
        try (TrialRunner runner = new TrialRunner(threads.count())) {
            return TunedPopulations.untilEnough(MOST_TUNED, enough, tune, lowRank, known, drawing(), runner);
        }
    }

    private ResampledNetwork.Settings drawing() {
        return new ResampledNetwork.Settings(neurons, draws, FRESH_TRIALS, STATE_NOISE, seed);
    }

    private List<VectorOverlaps.Named> regressionAxes(LowRankNetwork lowRank) {
        if (session == null) {
            return List.of();
        }
        try (Recording recording = recordingOptions.open(session)) {
            return RegressionAxes.of(recording, SeenTrials.of(recording, lowRank, 0)).vectors();
        }
    }

    private Populations.Settings settings() {
        Populations.Settings standard = Populations.Settings.standard(seed);
        return new Populations.Settings(standard.mixtures(), largest, standard.subsamples(), standard.stability(),
                seed);
    }

    /** Without input, and under those asked for, or else each of the session's own: those of a basis are no condition. */
    private List<Held> held(Snapshot snapshot) {
        List<String> channels = snapshot.inputChannels();
        List<Held> each = NetworkAnalysis.eachInput(channels, inputs.isEmpty() ? snapshot.sessionChannels().size() : 0);
        inputs.forEach(text -> each.add(HeldInputs.held(text, channels)));
        return each;
    }
}
