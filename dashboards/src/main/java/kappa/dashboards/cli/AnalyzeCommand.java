package kappa.dashboards.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import kappa.analysis.NetworkAnalysis;
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
import kappa.ingest.wire.Observation;
import kappa.ingest.wire.Phase;
import kappa.ingest.wire.SessionHeader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Fixed points and overlaps of a network file, as the pipeline publishes them of each snapshot. */
@Command(name = "analyze", mixinStandardHelpOptions = true,
        description = "Fixed points with type and eigenvalues, and overlaps, of a low-rank network.")
final class AnalyzeCommand implements Callable<Integer> {

    @Parameters(paramLabel = "NET.npz", description = "A low-rank network.")
    private Path network;

    @Option(names = "--json", description = "Print the figures as one JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        if (!(NetworkFile.read(network) instanceof NetworkFile.LowRank lowRank)) {
            throw new InvalidInputException(network + ": is a full-rank network, expected m and n");
        }
        Analysis analysis = NetworkAnalysis
                .of(Snapshots.toWire(plan(lowRank.network()), published(lowRank.network())).build());
        Map<String, Object> figures = figures(analysis, lowRank.network().rank());
        if (json) {
            Output.json(figures);
        } else {
            System.out.println("overlaps " + figures.get("overlaps"));
            for (Phase phase : analysis.getConditionsList()) {
                System.out.println("input " + phase.getInput() + ":");
                phase.getFixedPointsList()
                        .forEach(point -> System.out.println("  " + name(point) + " at kappa " + point.getKappaList()));
            }
        }
        return 0;
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
        for (Phase phase : analysis.getConditionsList()) {
            List<Object> list = new ArrayList<>();
            for (FixedPoint point : phase.getFixedPointsList()) {
                List<List<Double>> eigenvalues = new ArrayList<>();
                for (int e = 0; e < point.getEigenvaluesReCount(); e++) {
                    eigenvalues.add(List.of(point.getEigenvaluesRe(e), point.getEigenvaluesIm(e)));
                }
                list.add(Map.of("kappa", point.getKappaList(), "type", name(point), "eigenvalues", eigenvalues));
            }
            points.put(phase.getInput(), list);
        }
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("fixed_points", points);
        out.put("overlaps", rows(analysis.getOverlapsList(), rank));
        out.put("jacobian_at_origin", rows(analysis.getJacobianAtOriginList(), rank));
        return out;
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
