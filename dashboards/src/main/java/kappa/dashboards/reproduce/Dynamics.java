package kappa.dashboards.reproduce;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kappa.analysis.NetworkAnalysis;
import kappa.analysis.NetworkAnalysis.Depth;
import kappa.analysis.NetworkAnalysis.Held;
import kappa.analysis.PhasePortrait;
import kappa.analysis.Snapshot;
import kappa.analysis.dynamics.FixedPoint;
import kappa.analysis.dynamics.LimitCycle;
import kappa.fitting.model.LowRankNetwork;

/** Phase portraits and what they hold, in the words of the page. Stateless. */
final class Dynamics {

    private static final Map<FixedPoint.Type, String> KINDS = Map.of(FixedPoint.Type.STABLE_NODE, "stable",
            FixedPoint.Type.STABLE_FOCUS, "stable", FixedPoint.Type.UNSTABLE_NODE, "source",
            FixedPoint.Type.UNSTABLE_FOCUS, "source", FixedPoint.Type.SADDLE, "saddle");

    private Dynamics() {}

    /** One portrait for each input held; with limit cycles. */
    static List<PhasePortrait> portraits(LowRankNetwork network, List<Held> inputs) {
        List<String> channels = IntStream.range(0, network.inputs()).mapToObj(s -> "input " + s).toList();
        return NetworkAnalysis.of(Snapshot.of(network, channels), inputs, Depth.ORBITS).portraits();
    }

    /** The portrait without input. */
    static PhasePortrait free(LowRankNetwork network) {
        return portraits(network, List.of(none(network))).getFirst();
    }

    /** Without input, under A and under B of delayed match-to-sample. */
    static List<PhasePortrait> matchToSample(LowRankNetwork network) {
        return portraits(network, List.of(none(network), held(network, "A", 0), held(network, "B", 1)));
    }

    static Held none(LowRankNetwork network) {
        return new Held(NetworkAnalysis.NO_INPUT, new double[network.inputs()]);
    }

    /** One channel at 1. */
    static Held held(LowRankNetwork network, String name, int channel) {
        double[] drive = new double[network.inputs()];
        drive[channel] = 1;
        return new Held(name, drive);
    }

    static boolean isStable(FixedPoint point) {
        return "stable".equals(KINDS.get(point.type()));
    }

    static List<FixedPoint> stable(PhasePortrait portrait) {
        return portrait.fixedPoints().points().stream().filter(Dynamics::isStable).toList();
    }

    static long count(PhasePortrait portrait, String kind) {
        return portrait.fixedPoints().points().stream().filter(point -> kind.equals(KINDS.get(point.type()))).count();
    }

    static long cycles(PhasePortrait portrait) {
        return portrait.orbits().cycles().stream().filter(LimitCycle::stable).count();
    }

    /** Such as "2 stable, 1 source, 2 saddle, 1 limit cycle of period 9.1 tau". */
    static String inventory(PhasePortrait portrait) {
        Map<String, Long> counts = portrait.fixedPoints().points().stream().collect(Collectors
                .groupingBy(point -> KINDS.getOrDefault(point.type(), "neutral"), TreeMap::new, Collectors.counting()));
        StringBuilder text = new StringBuilder();
        counts.forEach((kind, count) -> text.append(text.isEmpty() ? "" : ", ").append(count).append(' ').append(kind));
        portrait.orbits().cycles().stream().filter(LimitCycle::stable).forEach(cycle -> text
                .append(String.format(Locale.ROOT, ", limit cycle of period %.1f tau", cycle.period())));
        return text.toString();
    }

    /** What attracts: such as "2 stable" or "1 spiral, 1 cycle". */
    static String attractors(PhasePortrait portrait) {
        Map<String, Long> counts = new LinkedHashMap<>();
        counts.put("stable", count(portrait, FixedPoint.Type.STABLE_NODE));
        counts.put("spiral", count(portrait, FixedPoint.Type.STABLE_FOCUS));
        counts.put("cycle", cycles(portrait));
        return counts.entrySet().stream().filter(entry -> entry.getValue() > 0)
                .map(entry -> entry.getValue() + " " + entry.getKey()).collect(Collectors.joining(", "));
    }

    private static long count(PhasePortrait portrait, FixedPoint.Type type) {
        return portrait.fixedPoints().points().stream().filter(point -> point.type() == type).count();
    }

    /** Whether a portrait holds exactly so much. */
    static boolean holds(PhasePortrait portrait, long stable, long source, long saddle, long cycles) {
        return stable(portrait).size() == stable && count(portrait, "source") == source
                && count(portrait, "saddle") == saddle && cycles(portrait) == cycles;
    }
}
