package kappa.dashboards.web;

import java.util.ArrayList;
import java.util.List;
import kappa.analysis.NetworkAnalysis;
import kappa.analysis.PhasePortrait;
import kappa.analysis.dynamics.FlowField;
import kappa.analysis.dynamics.Nullclines;
import kappa.analysis.populations.Clustering;

/**
 * What a frame says of an analysis. Components are the page's field names; arrays are flat by rows.
 *
 * @param tauS the network's time constant in seconds; null if no snapshot tells
 * @param conditions portraits, the first without input
 * @param connectivity null before the connectivity was analysed
 * @param populations null before populations were looked for
 */
record AnalysisPart(long revision, long modelVersion, long binsLearned, Double tauS, List<Condition> conditions,
        Vectors connectivity, Clusters populations) {

    /**
     * The portrait under one input held constant.
     *
     * @param origin eigenvalues at kappa = 0; empty where an older record has none
     * @param flow null for rank 3 and more
     */
    record Condition(String input, boolean complete, double saturation, Eigenvalues origin, List<Point> fixedPoints,
            List<Cycle> cycles, List<Line> nullclines, FlowField flow) {}

    record Eigenvalues(double[] re, double[] im) {}

    record Point(String type, double[] kappa, double[] re, double[] im) {}

    record Cycle(double period, boolean stable, double[] orbit) {}

    /** @param dimension of kappa that does not change on the line */
    record Line(int dimension, double[] points) {}

    record Vectors(List<String> vectors, double[] products, double[] cosines, double[] identifiable) {}

    /** @param numbers what each number of populations that was tried scored */
    record Clusters(long modelVersion, List<Cluster> list, List<Score> numbers, double[] meanConnection) {}

    record Cluster(String name, int size) {}

    record Score(int populations, double evidence, double stability) {}

    /** @param revision grows with each newer analysis */
    static AnalysisPart of(NetworkAnalysis analysis, long revision, Double tauS) {
        return new AnalysisPart(revision, analysis.snapshot().version(), analysis.snapshot().binsLearned(), tauS,
                analysis.portraits().stream().map(AnalysisPart::condition).toList(),
                analysis.connectivity().map(of -> new Vectors(of.overlaps().names(), of.overlaps().products(),
                        of.overlaps().cosines(), of.identifiable())).orElse(null),
                analysis.populations().map(AnalysisPart::clusters).orElse(null));
    }

    private static Condition condition(PhasePortrait portrait) {
        return new Condition(portrait.input(), portrait.fixedPoints().complete(), portrait.origin().saturation(),
                new Eigenvalues(portrait.origin().re(), portrait.origin().im()),
                portrait.fixedPoints().points().stream()
                        .map(point -> new Point(point.type().name(), point.kappa(), point.re(), point.im())).toList(),
                portrait.orbits().cycles().stream()
                        .map(cycle -> new Cycle(cycle.period(), cycle.stable(), cycle.orbit())).toList(),
                lines(portrait.orbits().nullclines()), portrait.flow().orElse(null));
    }

    private static List<Line> lines(Nullclines nullclines) {
        List<Line> lines = new ArrayList<>();
        nullclines.first().forEach(points -> lines.add(new Line(0, points)));
        nullclines.second().forEach(points -> lines.add(new Line(1, points)));
        return lines;
    }

    private static Clusters clusters(Clustering found) {
        return new Clusters(found.snapshotVersion(),
                found.populations().stream()
                        .map(population -> new Cluster(population.neurons().name(), population.neurons().size()))
                        .toList(),
                found.tried().stream()
                        .map(tried -> new Score(tried.number(), tried.evidence(), tried.stability())).toList(),
                found.connections());
    }
}
