package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import kappa.analysis.AnalysisMessages;
import kappa.analysis.NetworkAnalysis;
import kappa.analysis.NetworkAnalysis.Held;
import kappa.analysis.populations.Populations;
import kappa.dashboards.report.AnalysisReport;
import kappa.fitting.kernel.KernelModel;
import kappa.fitting.kernel.ObservationKind;
import kappa.fitting.network.LowRankNetwork;
import kappa.fitting.network.NetworkFile;
import kappa.fitting.online.PublishedModel;
import kappa.fitting.wire.SessionPlan;
import kappa.fitting.wire.Snapshots;
import kappa.ingest.session.InvalidInputException;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.FitSettings;
import kappa.ingest.wire.FixedPoint;
import kappa.ingest.wire.LimitCycle;
import kappa.ingest.wire.ModelSnapshot;
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.Phase;
import kappa.ingest.wire.Population;
import kappa.ingest.wire.SessionHeader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Dynamics, connectivity and populations of a network file, as the pipeline publishes them of each snapshot. */
@Command(name = "analyze", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "What the connectivity of a low-rank network means: fixed points with type and eigenvalues and limit",
    "cycles, without input and with each input held; overlaps, effective overlaps; populations."})
final class AnalyzeCommand implements Callable<Integer> {

    @Parameters(paramLabel = "NET.npz", description = "A low-rank network.")
    private Path network;

    @Option(names = "--input", paramLabel = "NAME[=U],..", description = {
        "Inputs to hold constant together, by name (\"input 0\", \"input 1\", ..) or number, at 1 or at the",
        "value given: --input 2, --input 0=0.1,2=1. May be repeated (default: each input alone, at 1)."})
    private List<String> inputs = List.of();

    @Option(names = "--populations", paramLabel = "N", defaultValue = "5",
            description = "Numbers of populations to try, from 1 on (default: ${DEFAULT-VALUE}).")
    private int largest;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "Of the starts of the mixtures and of the subsamples (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--report", paramLabel = "DIR",
            description = "Write a page with pictures, and each picture as SVG.")
    private Path report;

    @Option(names = "--json", description = "Print the figures as one JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        if (!(NetworkFile.read(network) instanceof NetworkFile.LowRank lowRank)) {
            throw new InvalidInputException(network + ": is a full-rank network, expected m and n");
        }
        LowRankNetwork net = lowRank.network();
        ModelSnapshot snapshot = Snapshots.toWire(plan(net), published(net)).build();
        Analysis analysis = NetworkAnalysis.of(snapshot, held(snapshot.getInputChannelsList())).toBuilder()
                .setPopulations(AnalysisMessages.of(Populations.of(net, settings()), snapshot.getVersion())).build();
        if (report != null) {
            System.err.println("report " + AnalysisReport.write(report, "Analysis of " + network.getFileName(), net,
                    analysis));
        }
        if (json) {
            Output.json(figures(analysis, net.rank()));
        } else {
            print(analysis, net.rank());
        }
        return 0;
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
                int channel = channels
                        .indexOf(sides[0].strip().matches("\\d+") ? "input " + sides[0].strip() : sides[0]);
                if (channel < 0) {
                    throw new InvalidInputException(
                            "--input " + text + ": no input '" + sides[0] + "', expected one of "
                                    + String.join(", ", channels));
                }
                drive[channel] = sides.length == 1 ? 1 : number(text, sides[1]);
            }
            each.add(new Held(text.matches("\\d+") ? "input " + text : text, drive));
        }
        return each;
    }

    private static double number(String text, String value) {
        try {
            double number = Double.parseDouble(value);
            if (Double.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below, like a number that is not finite.
        }
        throw new InvalidInputException("--input " + text + ": '" + value + "', expected a finite number");
    }

    private static void print(Analysis analysis, int rank) {
        System.out.println("overlaps " + rows(analysis.getOverlapsList(), rank));
        for (Phase phase : analysis.getConditionsList()) {
            System.out.println("input " + phase.getInput() + ":" + (phase.getComplete()
                    ? ""
                    : " (a search, not a proof that there are no others)"));
            phase.getFixedPointsList()
                    .forEach(point -> System.out.println("  " + name(point) + " at kappa " + point.getKappaList()));
            phase.getLimitCyclesList()
                    .forEach(cycle -> System.out.printf(Locale.ROOT, "  %s limit cycle, period %.2f tau%n",
                            cycle.getStable() ? "stable" : "unstable", cycle.getPeriod()));
        }
        for (Population population : analysis.getPopulations().getPopulationsList()) {
            System.out.println(population.getName() + ": " + population.getNeuronsCount()
                    + " neurons, their share of the overlaps " + rows(population.getOverlapsList(), rank));
        }
    }

    private static SessionPlan plan(LowRankNetwork net) {
        SessionHeader.Builder header = SessionHeader.newBuilder().setSession("file").setBinWidthS(net.alpha())
                .setObservation(Observation.RATES)
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
        return new PublishedModel(1, KernelModel.plain(net, ObservationKind.RATES), new double[net.rank() * net.rank()],
                ones, new double[net.rank()], PublishedModel.certainStart(net.rank()), 0, 0);
    }

    private static Map<String, Object> figures(Analysis analysis, int rank) {
        Map<String, Object> points = new LinkedHashMap<>();
        Map<String, Object> effective = new LinkedHashMap<>();
        Map<String, Object> saturation = new LinkedHashMap<>();
        Map<String, Object> complete = new LinkedHashMap<>();
        List<Object> cycles = new ArrayList<>();
        for (Phase phase : analysis.getConditionsList()) {
            points.put(phase.getInput(), phase.getFixedPointsList().stream().map(AnalyzeCommand::figures).toList());
            effective.put(phase.getInput(), rows(phase.getEffectiveOverlapsList(), rank));
            saturation.put(phase.getInput(), phase.getSaturation());
            complete.put(phase.getInput(), phase.getComplete());
            phase.getLimitCyclesList().forEach(cycle -> cycles.add(figures(phase.getInput(), cycle, rank)));
        }
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("fixed_points", points);
        out.put("complete", complete);
        out.put("limit_cycles", cycles);
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
        return point.getType().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
