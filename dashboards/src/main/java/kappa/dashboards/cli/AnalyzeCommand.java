package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kappa.analysis.AnalysisMessages;
import kappa.analysis.NetworkAnalysis;
import kappa.analysis.NetworkAnalysis.Held;
import kappa.analysis.connectivity.DmsMechanism;
import kappa.analysis.connectivity.RegressionAxes;
import kappa.analysis.connectivity.Scale;
import kappa.analysis.dynamics.BifurcationScan;
import kappa.analysis.inactivation.SeenTrials;
import kappa.analysis.inactivation.TaskConditions;
import kappa.analysis.populations.Populations;
import kappa.analysis.populations.ResampledNetwork;
import kappa.dashboards.report.AnalysisReport;
import kappa.fitting.file.NetworkFile;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.pipeline.SessionPlan;
import kappa.fitting.pipeline.SnapshotCodec;
import kappa.fitting.task.Task;
import kappa.fitting.training.TrialRunner;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.Recording;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.FixedPoint;
import kappa.ingest.wire.LimitCycle;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Observations;
import kappa.ingest.wire.Phase;
import kappa.ingest.wire.Population;
import kappa.ingest.wire.SessionHeader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Dynamics, connectivity and populations of a network file, as the pipeline publishes them of each snapshot. */
@Command(name = "analyze", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Find the fixed points, overlaps and populations of a low-rank network.",
    "",
    "Fixed points have types and eigenvalues. They and the limit cycles are given without input "
            + "and with each input held constant."})
final class AnalyzeCommand implements Callable<Integer> {

    private static final int SCAN_STEPS = 60;
    private static final int MOST_RESAMPLED = 3;
    private static final int FRESH_TRIALS = 200;
    private static final double STATE_NOISE = 0.05;
    /** In the middle of the task's. */
    private static final double DMS_DELAY_MS = 1500;

    @Parameters(paramLabel = "NET.npz", description = "Low-rank network file to analyse.")
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
            description = "Task that the network does. Networks are drawn from 1, 2, .. populations like its own to "
                    + "test whether the populations explain the performance. For dms, the mechanism is reported "
                    + "too.")
    private String task;

    @Mixin
    private ContextOption context;

    @Section.In(Section.RARE)
    @Option(names = "--draws", paramLabel = "N", defaultValue = "5",
            description = "Number of networks drawn for each number of populations, with --task (default: "
                    + "${DEFAULT-VALUE}).")
    private int draws;

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
            description = "Directory for a page with pictures, and each picture as SVG (default: none).")
    private Path report;

    @Mixin
    private FiguresOption output;

    @Override
    public Integer call() {
        if (!(NetworkFile.read(network) instanceof LowRankNetwork lowRank)) {
            throw new InvalidInputException(network + ": is a full-rank network, expected m and n");
        }
        LowRankNetwork net = scale().of(lowRank);
        ModelSnapshot snapshot = SnapshotCodec.toWire(plan(net), published(net)).build();
        Analysis analysis = NetworkAnalysis
                .of(snapshot, held(snapshot.getInputChannelsList()), NetworkAnalysis.Depth.BASINS).toBuilder()
                .setPopulations(AnalysisMessages.of(Populations.of(net, settings()), snapshot.getVersion()))
                .setConnectivity(AnalysisMessages.connectivity(net, snapshot.getInputChannelsList(), lowRank.readout(),
                        session == null ? List.of() : regressionAxes(lowRank).vectors()))
                .build();
        List<BifurcationScan> scanned = scans.stream().map(text -> scan(text, net, snapshot.getInputChannelsList()))
                .toList();
        List<ResampledNetwork> resampled = List.of();
        Optional<DmsMechanism> mechanism = Optional.empty();
        if (task != null) {
            Task done = Task.named(task).withContext(context.strength);
            try (TrialRunner runner = new TrialRunner(threads.count())) {
                resampled = ResampledNetwork.upTo(Math.min(largest, MOST_RESAMPLED), lowRank, done,
                        new ResampledNetwork.Settings(neurons, draws, FRESH_TRIALS, STATE_NOISE, seed), runner);
            }
            if (done.name() == Task.Name.DMS) {
                mechanism = Optional.of(DmsMechanism.of(net, Task.bins(DMS_DELAY_MS)));
            }
        }
        if (report != null) {
            System.err.println("report " + AnalysisReport.write(report, "Analysis of " + network.getFileName(), net,
                    analysis));
        }
        if (output.json()) {
            Map<String, Object> figures = figures(analysis, net.rank());
            if (!scanned.isEmpty()) {
                figures.put("bifurcations", scanned.stream().flatMap(AnalyzeCommand::figures).toList());
            }
            if (task != null) {
                figures.put("resampled", resampled.stream().map(AnalyzeCommand::figures).toList());
            }
            mechanism.ifPresent(found -> figures.put("dms_mechanism", figures(found)));
            Output.json(figures);
        } else {
            print(analysis);
            scanned.forEach(AnalyzeCommand::print);
            resampled.forEach(drawn -> System.out.printf(Locale.ROOT,
                    "networks drawn from %d populations: accuracy %.3f (without the chance overlaps of a finite draw %.3f)%n",
                    drawn.number(), drawn.accuracy(), drawn.exactAccuracy()));
            mechanism.ifPresent(found -> System.out.println("mechanism: " + found.summary()));
        }
        return 0;
    }

    private static BifurcationScan scan(String text, LowRankNetwork net, List<String> channels) {
        String[] sides = text.split("=", 2);
        String[] ends = sides[sides.length - 1].split(":", 2);
        if (sides.length != 2 || ends.length != 2) {
            throw new InvalidInputException("--scan " + text + ": expected NAME=FROM:TO, such as 2=0:1.5");
        }
        double from = number("--scan " + text, ends[0]);
        double to = number("--scan " + text, ends[1]);
        if (!(to > from)) {
            throw new InvalidInputException("--scan " + text + ": expected FROM below TO");
        }
        double[] amplitudes = IntStream.rangeClosed(0, SCAN_STEPS)
                .mapToDouble(i -> from + (to - from) * i / SCAN_STEPS).toArray();
        return BifurcationScan.of(net, new double[channels.size()], channel("--scan " + text, sides[0], channels),
                amplitudes);
    }

    private static int channel(String option, String name, List<String> channels) {
        int channel = channels.indexOf(name.strip().matches("\\d+") ? "input " + name.strip() : name);
        if (channel < 0) {
            throw new InvalidInputException(option + ": no input '" + name + "', expected one of "
                    + String.join(", ", channels));
        }
        return channel;
    }

    private static void print(BifurcationScan scan) {
        for (BifurcationScan.Bifurcation one : scan.bifurcations()) {
            System.out.printf(Locale.ROOT, "input %d at %.4f: %s at kappa %s%n", scan.input(), one.amplitude(),
                    name(one.kind()), Arrays.toString(one.kappa()));
        }
    }

    private static Stream<Map<String, Object>> figures(BifurcationScan scan) {
        return scan.bifurcations().stream().map(one -> Map.of("input", "input " + scan.input(), "amplitude",
                one.amplitude(), "kind", name(one.kind()), "kappa", one.kappa(), "before",
                one.before().stream().map(AnalyzeCommand::name).toList(), "after",
                one.after().stream().map(AnalyzeCommand::name).toList()));
    }

    private static Map<String, Object> figures(ResampledNetwork drawn) {
        return Map.of("populations", drawn.number(), "evidence", drawn.evidence(), "accuracy", drawn.accuracy(),
                "accuracies", drawn.accuracies(), "exact_accuracy", drawn.exactAccuracy());
    }

    private static Map<String, Object> figures(DmsMechanism found) {
        Map<String, Object> stable = new LinkedHashMap<>();
        Map<String, Object> jacobians = new LinkedHashMap<>();
        Stream.concat(Stream.of(found.free()), found.underInputs().stream()).forEach(portrait -> {
            stable.put(portrait.input(), portrait.stable());
            jacobians.put(portrait.input(), portrait.origin().jacobian());
        });
        return Map.of("verdict", name(found.verdict()), "summary", found.summary(), "stable_states", stable,
                "effective_jacobians", jacobians);
    }

    private Scale scale() {
        return Arrays.stream(Scale.values()).filter(one -> one.name().replace('_', '-').equalsIgnoreCase(scale))
                .findFirst().orElseThrow(() -> new InvalidInputException(
                        "--scale is " + scale + ", expected as-given, canonical or shared"));
    }

    /** Of activity on what distinguishes trials: context by its number, strengths of signals, what was wanted. */
    private RegressionAxes regressionAxes(LowRankNetwork network) {
        try (Recording recording = recordingOptions.open(session)) {
            return regressionAxes(network, recording);
        }
    }

    private RegressionAxes regressionAxes(LowRankNetwork network, Recording recording) {
        SeenTrials seen = SeenTrials.of(recording, network, 0);
        TaskConditions conditions = TaskConditions.of(seen);
        List<String> names = new ArrayList<>();
        List<double[]> columns = new ArrayList<>();
        if (conditions.contexts().size() > 1) {
            names.add("context");
            columns.add(Arrays.stream(conditions.contextOf()).asDoubleStream().toArray());
        }
        for (TaskConditions.Signal signal : conditions.signals()) {
            names.add(signal.channel());
            columns.add(signal.strength());
        }
        if (seen.outputs() > 0) {
            names.add(seen.outputNames().getFirst());
            columns.add(seen.wanted());
        }
        if (names.isEmpty()) {
            throw new InvalidInputException("--session " + session
                    + ": its trials differ neither in their inputs nor in what was wanted, expected something to regress on");
        }
        int trials = recording.trials();
        double[][] variables = new double[trials][names.size()];
        for (int v = 0; v < names.size(); v++) {
            for (int j = 0; j < trials; j++) {
                variables[j][v] = columns.get(v)[j];
            }
        }
        int longest = IntStream.range(0, trials).map(recording::bins).max().orElseThrow();
        return RegressionAxes.of(IntStream.range(0, trials).mapToObj(recording::activity).toList(), recording.neurons(),
                variables, names, 0, longest);
    }

    private Populations.Settings settings() {
        Populations.Settings standard = Populations.Settings.standard(seed);
        return new Populations.Settings(standard.mixtures(), largest, standard.subsamples(), standard.stability(),
                seed);
    }

    private List<Held> held(List<String> channels) {
        List<Held> each = NetworkAnalysis.eachInput(channels, inputs.isEmpty() ? channels.size() : 0);
        for (String text : inputs) {
            double[] drive = new double[channels.size()];
            for (String part : text.split(",", -1)) {
                String[] sides = part.split("=", 2);
                drive[channel("--input " + text, sides[0], channels)] = sides.length == 1
                        ? 1
                        : number("--input " + text, sides[1]);
            }
            each.add(new Held(text.matches("\\d+") ? "input " + text : text, drive));
        }
        return each;
    }

    private static double number(String option, String value) {
        try {
            double number = Double.parseDouble(value);
            if (Double.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below, like a number that is not finite.
        }
        throw new InvalidInputException(option + ": '" + value + "', expected a finite number");
    }

    private static void print(Analysis analysis) {
        System.out.println("overlaps " + shown(analysis.getOverlapsList()));
        for (Phase phase : analysis.getConditionsList()) {
            System.out.println("input " + phase.getInput() + ":" + (phase.getComplete()
                    ? ""
                    : " (a search, not a proof that there are no others)"));
            phase.getFixedPointsList()
                    .forEach(point -> System.out
                            .println("  " + name(point) + " at kappa " + shown(point.getKappaList())));
            phase.getLimitCyclesList()
                    .forEach(cycle -> System.out.printf(Locale.ROOT, "  %s limit cycle, period %.2f tau%n",
                            cycle.getStable() ? "stable" : "unstable", cycle.getPeriod()));
        }
        for (Population population : analysis.getPopulations().getPopulationsList()) {
            System.out.println(population.getName() + ": " + population.getNeuronsCount()
                    + " neurons, their share of the overlaps " + shown(population.getOverlapsList()));
        }
    }

    private static String shown(List<Double> numbers) {
        return numbers.stream().map(number -> String.format(Locale.ROOT, "%.4f", number + 0.0))
                .collect(Collectors.joining(" "));
    }

    private static SessionPlan plan(LowRankNetwork net) {
        SessionHeader.Builder header = SessionHeader.newBuilder().setSession("file").setBinWidthS(net.alpha())
                .setObservation(Observations.wire(Observation.RATES))
                .setFit(FitSettings.newBuilder().setRank(net.rank()).setTimeConstantS(1));
        for (int i = 0; i < net.neurons(); i++) {
            header.addNeurons(Integer.toString(i));
        }
        for (int s = 0; s < net.inputs(); s++) {
            header.addInputChannels("input " + s);
        }
        return SessionPlan.of(header.build());
    }

    private static PublishedModel published(LowRankNetwork net) {
        double[] ones = new double[net.rank()];
        Arrays.fill(ones, 1);
        return new PublishedModel(1, KernelModel.plain(net, Observation.RATES), new double[net.rank() * net.rank()],
                ones, new double[net.rank()], PublishedModel.certainStart(net.rank()), 0, 0);
    }

    private static Map<String, Object> figures(Analysis analysis, int rank) {
        Map<String, Object> points = new LinkedHashMap<>();
        Map<String, Object> effective = new LinkedHashMap<>();
        Map<String, Object> saturation = new LinkedHashMap<>();
        Map<String, Object> complete = new LinkedHashMap<>();
        Map<String, Object> basins = new LinkedHashMap<>();
        Map<String, Object> slow = new LinkedHashMap<>();
        List<Object> cycles = new ArrayList<>();
        for (Phase phase : analysis.getConditionsList()) {
            points.put(phase.getInput(), phase.getFixedPointsList().stream().map(AnalyzeCommand::figures).toList());
            effective.put(phase.getInput(), rows(phase.getEffectiveOverlapsList(), rank));
            saturation.put(phase.getInput(), phase.getSaturation());
            complete.put(phase.getInput(), phase.getComplete());
            if (rank == 2) {
                basins.put(phase.getInput(), phase.getBasins().getFractionsList());
            } else if (rank > 2) {
                slow.put(phase.getInput(), phase.getSlowPointsList().stream()
                        .map(point -> Map.of("kappa", point.getKappaList(), "speed", point.getSpeed())).toList());
            }
            phase.getLimitCyclesList().forEach(cycle -> cycles.add(figures(phase.getInput(), cycle, rank)));
        }
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("fixed_points", points);
        out.put("complete", complete);
        out.put("limit_cycles", cycles);
        if (rank == 2) {
            out.put("basin_fractions", basins);
        } else if (rank > 2) {
            out.put("slow_points", slow);
        }
        out.put("overlaps", rows(analysis.getOverlapsList(), rank));
        out.put("jacobian_at_origin", rows(analysis.getJacobianAtOriginList(), rank));
        out.put("effective_overlaps", effective);
        out.put("saturation", saturation);
        int vectors = analysis.getConnectivity().getVectorsCount();
        out.put("vectors", analysis.getConnectivity().getVectorsList());
        out.put("vector_overlaps", rows(analysis.getConnectivity().getProductsList(), vectors));
        out.put("vector_cosines", rows(analysis.getConnectivity().getCosinesList(), vectors));
        out.put("identifiable", analysis.getConnectivity().getIdentifiableList());
        out.put("populations",
                analysis.getPopulations().getPopulationsList().stream().map(p -> figures(p, rank)).toList());
        out.put("numbers_of_populations", analysis.getPopulations().getNumbersList().stream()
                .map(number -> Map.of("populations", number.getPopulations(), "evidence", number.getEvidence(),
                        "stability",
                        number.getStability()))
                .toList());
        out.put("mean_connection", rows(analysis.getPopulations().getMeanConnectionList(),
                analysis.getPopulations().getPopulationsCount()));
        return out;
    }

    private static Map<String, Object> figures(FixedPoint point) {
        List<List<Double>> eigenvalues = IntStream.range(0, point.getEigenvaluesReCount())
                .mapToObj(e -> List.of(point.getEigenvaluesRe(e), point.getEigenvaluesIm(e))).toList();
        return Map.of("kappa", point.getKappaList(), "type", name(point), "eigenvalues", eigenvalues);
    }

    private static Map<String, Object> figures(String input, LimitCycle cycle, int rank) {
        return Map.of("input", input, "period", cycle.getPeriod(), "stable", cycle.getStable(), "orbit",
                rows(cycle.getOrbitList(), rank));
    }

    private static Map<String, Object> figures(Population population, int rank) {
        return Map.of("name", population.getName(), "size", population.getNeuronsCount(), "neurons",
                population.getNeuronsList(), "mean", population.getMeanList(), "covariance",
                rows(population.getCovarianceList(), population.getMeanCount()), "overlaps",
                rows(population.getOverlapsList(), rank));
    }

    private static List<List<Double>> rows(List<Double> flat, int columns) {
        List<List<Double>> rows = new ArrayList<>();
        for (int i = 0; i < flat.size(); i += columns) {
            rows.add(flat.subList(i, i + columns));
        }
        return rows;
    }

    private static String name(FixedPoint point) {
        return name(point.getType());
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
