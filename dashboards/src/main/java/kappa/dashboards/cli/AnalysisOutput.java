package kappa.dashboards.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kappa.analysis.NetworkAnalysis;
import kappa.analysis.PhasePortrait;
import kappa.analysis.connectivity.Connectivity;
import kappa.analysis.connectivity.DmsMechanism;
import kappa.analysis.connectivity.InputEffects;
import kappa.analysis.connectivity.Saturation;
import kappa.analysis.connectivity.StateFates;
import kappa.analysis.dynamics.Basins;
import kappa.analysis.dynamics.BifurcationScan;
import kappa.analysis.dynamics.FixedPoint;
import kappa.analysis.dynamics.LimitCycle;
import kappa.analysis.populations.Clustering;
import kappa.analysis.populations.GaussianMixture;
import kappa.analysis.populations.NeuronSet;
import kappa.analysis.populations.Populations;
import kappa.analysis.populations.ResampledNetwork;
import kappa.analysis.populations.TunedPopulations;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.task.Task;
import kappa.fitting.training.Performance;

/** What {@code analyze} prints: results of analyses as JSON figures and as lines. Stateless. */
final class AnalysisOutput {

    private AnalysisOutput() {}

    static void print(NetworkAnalysis analysis) {
        System.out.println("overlaps " + shown(analysis.overlaps()));
        for (PhasePortrait portrait : analysis.portraits()) {
            System.out.println("input " + portrait.input() + ":"
                    + (portrait.fixedPoints().complete() ? "" : " (there may be other fixed points)"));
            portrait.fixedPoints().points().forEach(point -> System.out
                    .println("  " + name(point.type()) + " at kappa " + shown(point.kappa())));
            portrait.orbits().cycles().forEach(cycle -> System.out.printf(Locale.ROOT,
                    "  %s limit cycle, period %.2f tau%n", cycle.stable() ? "stable" : "unstable", cycle.period()));
        }
        analysis.populations().stream().flatMap(found -> found.populations().stream())
                .forEach(population -> System.out.println(population.neurons().name() + ": "
                        + population.neurons().size() + " neurons, their share of the overlaps "
                        + shown(population.overlaps())));
    }

    static void print(BifurcationScan scan) {
        scan.bifurcations().forEach(one -> System.out.printf(Locale.ROOT, "input %d at %.4f: %s at kappa %s%n",
                scan.input(), one.amplitude(), name(one.kind()), Arrays.toString(one.kappa())));
    }

    static void print(ResampledNetwork drawn) {
        System.out.printf(Locale.ROOT,
                "networks drawn from %d populations: accuracy %.3f (without the chance overlaps of a finite draw %.3f)%n",
                drawn.number(), drawn.accuracy(), drawn.exactAccuracy());
    }

    static void print(TunedPopulations trained) {
        System.out.printf(Locale.ROOT,
                "networks drawn from %d populations with trained statistics: accuracy %.3f after %d "
                        + "steps%n",
                trained.number(), trained.accuracy(), trained.steps());
    }

    /** Which description by populations is enough for the task. */
    static String enough(List<ResampledNetwork> drawn, List<TunedPopulations> trained, double enough) {
        String fitted = smallest(drawn, enough).map(one -> one.number() + " populations as fitted, with "
                + (one.mixture().means() == GaussianMixture.Means.ZERO ? "means of zero" : "means")
                + " and full covariances, are enough")
                .orElseGet(() -> "no description by populations as fitted is enough, of "
                        + drawn.stream().map(one -> Integer.toString(one.number())).collect(Collectors.joining(", ")));
        String tuned = trained.isEmpty()
                ? ""
                : smallestTuned(trained, enough)
                        .map(one -> "; with trained statistics " + one.number() + " populations are enough")
                        .orElse("; with trained statistics none of up to " + trained.size() + " is enough");
        return String.format(Locale.ROOT, "%s%s (accuracy of at least %.3f)", fitted, tuned, enough);
    }

    static void putEnough(Map<String, Object> figures, List<ResampledNetwork> drawn, List<TunedPopulations> trained,
            double enough) {
        figures.put("enough_accuracy", enough);
        figures.put("enough_populations", smallest(drawn, enough).map(ResampledNetwork::number).orElse(null));
        if (!trained.isEmpty()) {
            figures.put("tuned", trained.stream().map(one -> Map.of("populations", one.number(), "steps", one.steps(),
                    "accuracy", one.accuracy(), "accuracies", one.accuracies())).toList());
            figures.put("enough_tuned_populations",
                    smallestTuned(trained, enough).map(TunedPopulations::number).orElse(null));
        }
    }

    private static Optional<ResampledNetwork> smallest(List<ResampledNetwork> drawn, double enough) {
        return drawn.stream().filter(one -> one.exactAccuracy() >= enough).findFirst();
    }

    private static Optional<TunedPopulations> smallestTuned(List<TunedPopulations> trained, double enough) {
        return trained.stream().filter(one -> one.accuracy() >= enough).findFirst();
    }

    static Map<String, Object> figures(StateFates fates) {
        return Map.of("states", fates.states(), "summary", fates.summary(), "inputs", fates.inputs().stream()
                .map(one -> Map.of("input", one.input(), "reached", one.reached(), "held",
                        Arrays.stream(one.held()).map(AnalysisOutput::name).toList(), "turn", one.turn()))
                .toList());
    }

    private static String shown(double[] numbers) {
        return Arrays.stream(numbers).mapToObj(number -> String.format(Locale.ROOT, "%.4f", number + 0.0))
                .collect(Collectors.joining(" "));
    }

    static Map<String, Object> figures(NetworkAnalysis analysis, int rank) {
        Map<String, Object> points = new LinkedHashMap<>();
        Map<String, Object> effective = new LinkedHashMap<>();
        Map<String, Object> saturation = new LinkedHashMap<>();
        Map<String, Object> complete = new LinkedHashMap<>();
        Map<String, Object> basins = new LinkedHashMap<>();
        Map<String, Object> slow = new LinkedHashMap<>();
        List<Object> cycles = new ArrayList<>();
        for (PhasePortrait portrait : analysis.portraits()) {
            String input = portrait.input();
            points.put(input, portrait.fixedPoints().points().stream().map(AnalysisOutput::figures).toList());
            effective.put(input, rows(portrait.origin().effectiveOverlaps(), rank));
            saturation.put(input, portrait.origin().saturation());
            complete.put(input, portrait.fixedPoints().complete());
            basins.put(input, portrait.orbits().basins().map(Basins::fractions).orElse(new double[0]));
            slow.put(input, portrait.orbits().slowPoints().stream()
                    .map(point -> Map.of("kappa", point.kappa(), "speed", point.speed())).toList());
            portrait.orbits().cycles().forEach(cycle -> cycles.add(figures(input, cycle, rank)));
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
        out.put("overlaps", rows(analysis.overlaps(), rank));
        out.put("jacobian_at_origin", rows(analysis.jacobianAtOrigin(), rank));
        out.put("effective_overlaps", effective);
        out.put("saturation", saturation);
        analysis.connectivity().ifPresent(connectivity -> put(out, connectivity));
        analysis.populations().ifPresent(found -> put(out, found, rank));
        return out;
    }

    private static void put(Map<String, Object> out, Connectivity connectivity) {
        List<String> names = connectivity.overlaps().names();
        out.put("vectors", names);
        out.put("vector_overlaps", rows(connectivity.overlaps().products(), names.size()));
        out.put("vector_cosines", rows(connectivity.overlaps().cosines(), names.size()));
        out.put("identifiable", connectivity.identifiable());
    }

    private static void put(Map<String, Object> out, Clustering found, int rank) {
        out.put("populations", found.populations().stream().map(one -> figures(one, rank)).toList());
        out.put("numbers_of_populations", found.tried().stream().map(tried -> Map.of("populations", tried.number(),
                "evidence", tried.evidence(), "stability", tried.stability())).toList());
        out.put("mean_connection", rows(found.connections(), found.populations().size()));
    }

    private static Map<String, Object> figures(FixedPoint point) {
        return Map.of("kappa", point.kappa(), "type", name(point.type()), "eigenvalues", IntStream
                .range(0, point.re().length).mapToObj(e -> new double[]{point.re()[e], point.im()[e]}).toList());
    }

    private static Map<String, Object> figures(String input, LimitCycle cycle, int rank) {
        return Map.of("input", input, "period", cycle.period(), "stable", cycle.stable(), "orbit",
                rows(cycle.orbit(), rank));
    }

    private static Map<String, Object> figures(Populations.Population population, int rank) {
        return Map.of("name", population.neurons().name(), "size", population.neurons().size(), "neurons",
                population.neurons().neurons(), "mean", population.mean(), "covariance",
                rows(population.covariance(), population.mean().length), "overlaps",
                rows(population.overlaps(), rank));
    }

    static Stream<Map<String, Object>> figures(BifurcationScan scan) {
        return scan.bifurcations().stream().map(one -> Map.of("input", "input " + scan.input(), "amplitude",
                one.amplitude(), "kind", name(one.kind()), "kappa", one.kappa(), "before",
                one.before().stream().map(AnalysisOutput::name).toList(), "after",
                one.after().stream().map(AnalysisOutput::name).toList()));
    }

    static Map<String, Object> figures(ResampledNetwork drawn) {
        return Map.of("populations", drawn.number(), "evidence", drawn.evidence(), "accuracy", drawn.accuracy(),
                "accuracies", drawn.accuracies(), "exact_accuracy", drawn.exactAccuracy());
    }

    static Map<String, Object> figures(DmsMechanism found) {
        Map<String, Object> stable = new LinkedHashMap<>();
        Map<String, Object> jacobians = new LinkedHashMap<>();
        Stream.concat(Stream.of(found.free()), found.underInputs().stream()).forEach(portrait -> {
            stable.put(portrait.input(), portrait.stable());
            jacobians.put(portrait.input(), portrait.origin().jacobian());
        });
        return Map.of("solution", name(found.solution()), "summary", found.summary(),
                "stable_states", stable,
                "effective_jacobians", jacobians);
    }

    /** How well a network does a task, by condition. */
    static void put(Map<String, Object> figures, Task task, Performance performance) {
        figures.put("accuracy", performance.accuracy());
        figures.put("psychometric", psychometric(task, performance));
    }

    private static List<Map<String, Object>> psychometric(Task task, Performance performance) {
        List<Map<String, Object>> points = TrainCommand.psychometric(task, performance);
        List<Performance.Readout> readouts = performance.readouts();
        for (int i = 0; i < points.size(); i++) {
            points.get(i).put("readout_mean", readouts.get(i).mean());
            points.get(i).put("readout_sd", readouts.get(i).standardDeviation());
        }
        return points;
    }

    static void print(Task task, Performance performance) {
        System.out.printf(Locale.ROOT, "accuracy %.3f%n", performance.accuracy());
        psychometric(task, performance).forEach(Output::row);
    }

    /** Gating and populations under each input that is held; regressions by saturation under each channel alone. */
    static void putInputEffects(Map<String, Object> figures, NetworkAnalysis analysis, LowRankNetwork network) {
        List<NeuronSet> sets = analysis.populations().stream().flatMap(found -> found.populations().stream())
                .map(Populations.Population::neurons).toList();
        int rank = network.rank();
        Map<String, Object> gating = new LinkedHashMap<>();
        Map<String, Object> populations = new LinkedHashMap<>();
        for (PhasePortrait portrait : analysis.portraits()) {
            InputEffects effects = InputEffects.of(network, portrait.drive(), sets);
            gating.put(portrait.input(), rows(effects.gating(), network.inputs()));
            populations
                    .put(portrait.input(),
                            effects.populations().stream().map(one -> Map.of("name", one.name(), "mean_slope",
                                    one.meanSlope(), "effective_overlaps", rows(one.effectiveOverlaps(), rank)))
                                    .toList());
        }
        figures.put("gating", gating);
        figures.put("population_slopes", populations);
        Map<String, Object> regressions = new LinkedHashMap<>();
        for (int s = 0; s < network.inputs(); s++) {
            List<Object> pairs = new ArrayList<>();
            for (int k = 0; k < rank; k++) {
                for (int l = 0; l < rank; l++) {
                    Saturation split = Saturation.of(network, s, row(network.m(), k, network),
                            row(network.n(), l, network));
                    pairs.add(Map.of("x", "m" + (k + 1), "y", "n" + (l + 1), "saturated", figures(split.saturated()),
                            "linear",
                            figures(split.linear()), "all", figures(split.all())));
                }
            }
            regressions.put("input " + s, pairs);
        }
        figures.put("saturation_regressions", regressions);
    }

    private static Map<String, Object> figures(Saturation.Part part) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("neurons", part.neurons().length);
        out.put("slope", finite(part.slope()));
        out.put("correlation", finite(part.correlation()));
        return out;
    }

    /** null in place of what JSON cannot hold. */
    private static Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }

    private static double[] row(float[] matrix, int row, LowRankNetwork network) {
        double[] values = new double[network.neurons()];
        Arrays.setAll(values, i -> matrix[row * values.length + i]);
        return values;
    }

    private static List<double[]> rows(double[] flat, int columns) {
        return IntStream.range(0, columns == 0 ? 0 : flat.length / columns)
                .mapToObj(row -> Arrays.copyOfRange(flat, row * columns, (row + 1) * columns)).toList();
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
