package kappa.ingest.export;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;
import kappa.ingest.wire.Analysis;
import kappa.ingest.wire.FixedPoint;
import kappa.ingest.wire.Phase;
import kappa.ingest.wire.Population;
import kappa.ingest.wire.SessionHeader;

/**
 * The analyses of a session that are left on the topic, the last of each model version: each whole, as JSON, and what most ask
 * for as arrays. Not thread-safe.
 */
final class AnalysisColumns implements AutoCloseable {

    private record Condition(int row, Phase phase) {}

    private record Point(int row, String input, FixedPoint point) {}

    private final int neurons;
    private final int rank;
    private final Texts texts;
    /** Without what is large: flow fields and orbits are in the JSON only. */
    private final TreeMap<Long, Analysis> analyses = new TreeMap<>();

    AnalysisColumns(Path directory, SessionHeader header) {
        neurons = header.getNeuronsCount() + header.getFit().getHiddenNeurons();
        rank = header.getFit().getRank();
        texts = new Texts(directory);
    }

    /** @return false if its numbers of dimensions are not the session's */
    boolean add(Analysis analysis) {
        boolean whole = analysis.getOverlapsCount() == rank * rank && analysis.getJacobianAtOriginCount() == rank * rank
                && analysis.getConditionsList().stream().allMatch(this::whole)
                && analysis.getPopulations().getPopulationsList().stream()
                        .allMatch(of -> of.getNeuronsList().stream().allMatch(i -> i >= 0 && i < neurons));
        if (whole) {
            analyses.put(analysis.getModelVersion(), withoutLargeParts(analysis));
            texts.put(analysis.getModelVersion(), WireJson.of(analysis));
        }
        return whole;
    }

    private static Analysis withoutLargeParts(Analysis analysis) {
        Analysis.Builder small = analysis.toBuilder().clearConnectivity();
        small.getConditionsBuilderList()
                .forEach(condition -> condition.clearFlow().clearNullclines().clearBasins().clearLimitCycles());
        small.getPopulationsBuilder().clearMeanConnection().clearNumbers().getPopulationsBuilderList()
                .forEach(population -> population.clearMean().clearCovariance());
        return small.build();
    }

    private boolean whole(Phase condition) {
        return (condition.getEffectiveOverlapsCount() == 0 || condition.getEffectiveOverlapsCount() == rank * rank)
                && condition.getFixedPointsList().stream().allMatch(point -> point.getKappaCount() == rank
                        && point.getEigenvaluesReCount() == rank && point.getEigenvaluesImCount() == rank);
    }

    long size() {
        return analyses.size();
    }

    void putInto(ArrayFile file) {
        List<Analysis> all = List.copyOf(analyses.values());
        List<Condition> conditions = new ArrayList<>();
        List<Point> points = new ArrayList<>();
        for (int row = 0; row < all.size(); row++) {
            for (Phase phase : all.get(row).getConditionsList()) {
                conditions.add(new Condition(row, phase));
                for (FixedPoint point : phase.getFixedPointsList()) {
                    points.add(new Point(row, phase.getInput(), point));
                }
            }
        }
        int size = all.size();
        longs(file, "model_version", all, Analysis::getModelVersion);
        longs(file, "bins_learned", all, Analysis::getBinsLearned);
        longs(file, "published_unix_ns", all, Analysis::getPublishedUnixNs);
        matrices(file, "overlaps", all, Analysis::getOverlapsList, rank, rank);
        matrices(file, "jacobian_at_origin", all, Analysis::getJacobianAtOriginList, rank, rank);
        file.longs("analyses/population", populations(all), size, neurons);
        texts.putInto(file, "analyses/json", analyses.navigableKeySet());

        longs(file, "conditions/analysis", conditions, Condition::row);
        file.text("analyses/conditions/input", conditions.stream().map(of -> of.phase().getInput()).toList(),
                conditions.size());
        matrices(file, "conditions/effective_overlaps", conditions,
                of -> of.phase().getEffectiveOverlapsCount() == 0 ? nan() : of.phase().getEffectiveOverlapsList(), rank,
                rank);
        doubles(file, "conditions/saturation", conditions, of -> of.phase().getSaturation());
        longs(file, "conditions/complete", conditions, of -> of.phase().getComplete() ? 1 : 0);

        longs(file, "fixed_points/analysis", points, Point::row);
        file.text("analyses/fixed_points/input", points.stream().map(Point::input).toList(), points.size());
        file.text("analyses/fixed_points/type", points.stream().map(of -> of.point().getType().name()
                .toLowerCase(Locale.ROOT).replace('_', ' ')).toList(), points.size());
        matrices(file, "fixed_points/kappa", points, of -> of.point().getKappaList(), rank);
        matrices(file, "fixed_points/eigenvalues_re", points, of -> of.point().getEigenvaluesReList(), rank);
        matrices(file, "fixed_points/eigenvalues_im", points, of -> of.point().getEigenvaluesImList(), rank);
    }

    private List<Double> nan() {
        return Collections.nCopies(rank * rank, Double.NaN);
    }

    /** Index of each neuron's population, -1 where it is in none. */
    private long[] populations(List<Analysis> all) {
        long[] of = new long[all.size() * neurons];
        Arrays.fill(of, -1);
        for (int row = 0; row < all.size(); row++) {
            List<Population> populations = all.get(row).getPopulations().getPopulationsList();
            for (int p = 0; p < populations.size(); p++) {
                for (int neuron : populations.get(p).getNeuronsList()) {
                    of[row * neurons + neuron] = p;
                }
            }
        }
        return of;
    }

    private static <T> void longs(ArrayFile file, String name, List<T> rows, ToLongFunction<T> value) {
        file.longs("analyses/" + name, rows.stream().mapToLong(value).toArray(), rows.size());
    }

    private static <T> void doubles(ArrayFile file, String name, List<T> rows, ToDoubleFunction<T> value) {
        file.doubles("analyses/" + name, rows.stream().mapToDouble(value).toArray(), rows.size());
    }

    private static <T> void matrices(ArrayFile file, String name, List<T> rows, Function<T, List<Double>> values,
            long... rowShape) {
        long[] shape = LongStream.concat(LongStream.of(rows.size()), LongStream.of(rowShape)).toArray();
        file.doubles("analyses/" + name, rows.stream().map(values).flatMap(List::stream).mapToDouble(x -> x).toArray(),
                shape);
    }

    @Override
    public void close() {
        texts.close();
    }
}
