package kappa.ingest.export;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import kappa.ingest.wire.FitQuality;
import kappa.ingest.wire.ModelSnapshot;

/**
 * The snapshots of a session's model that are left on the topic, one row a version, and the score of each trial. m and n are
 * turned from the wire's [K,N] to [N,K], as network files have them. Not thread-safe.
 */
final class SnapshotColumns implements AutoCloseable {

    private final Path directory;
    private final Map<String, Column> columns = new LinkedHashMap<>();
    private final Map<Long, Long> rows = new LinkedHashMap<>();
    /** One step and free run, by trial. */
    private final TreeMap<Long, double[]> scores = new TreeMap<>();
    private final Set<String> warnings = new LinkedHashSet<>();
    private String unit = "";
    private ModelSnapshot first;
    private ModelSnapshot newest;

    SnapshotColumns(Path directory) {
        this.directory = directory;
    }

    /** @return false if its arrays are not of the sizes that it and the snapshot before it announce */
    boolean add(ModelSnapshot model) {
        if (!whole(model)) {
            return false;
        }
        first = first == null ? model : first;
        newest = model;
        int n = model.getNeurons();
        int k = model.getRank();
        long row = rows.computeIfAbsent(model.getVersion(), version -> (long) rows.size());
        row("version", ElementType.INT64, row).putLong(model.getVersion());
        row("bins_learned", ElementType.INT64, row).putLong(model.getBinsLearned());
        row("steps", ElementType.INT64, row).putLong(model.getSteps());
        row("published_unix_ns", ElementType.INT64, row).putLong(model.getPublishedUnixNs());
        row("alpha", ElementType.FLOAT64, row).putDouble(model.getAlpha());
        turned(row("m", ElementType.FLOAT32, row, n, k), model.getMList(), n, k);
        turned(row("n", ElementType.FLOAT32, row, n, k), model.getNList(), n, k);
        floats(row("wi", ElementType.FLOAT32, row, model.getInputs(), n), model.getWList(), n * model.getInputs());
        floats(row("b", ElementType.FLOAT32, row, n), model.getBList(), n);
        floats(row("gain", ElementType.FLOAT32, row, n), model.getGainList(), n);
        floats(row("offset", ElementType.FLOAT32, row, n), model.getOffsetList(), n);
        floats(row("noise", ElementType.FLOAT32, row, n), model.getNoiseList(), n);
        doubles(row("process_noise", ElementType.FLOAT64, row, k, k), model.getProcessNoiseList(), k * k);
        doubles(row("kappa_std", ElementType.FLOAT64, row, k), model.getKappaStdList(), k);
        doubles(row("start", ElementType.FLOAT64, row, k), model.getStartList(), k);
        doubles(row("start_covariance", ElementType.FLOAT64, row, k, k), model.getStartCovarianceList(), k * k);
        score(model.getQuality());
        return true;
    }

    private boolean whole(ModelSnapshot model) {
        int n = model.getNeurons();
        int k = model.getRank();
        int s = model.getInputs();
        boolean same = first == null || (n == first.getNeurons() && k == first.getRank() && s == first.getInputs());
        return same && n > 0 && k > 0 && model.getMCount() == n * k && model.getNCount() == n * k
                && model.getWCount() == n * s && fits(model.getBCount(), n) && fits(model.getGainCount(), n)
                && fits(model.getOffsetCount(), n) && fits(model.getNoiseCount(), n)
                && fits(model.getProcessNoiseCount(), k * k) && fits(model.getKappaStdCount(), k)
                && fits(model.getStartCount(), k) && fits(model.getStartCovarianceCount(), k * k);
    }

    private static boolean fits(int count, int expected) {
        return count == 0 || count == expected;
    }

    /** Where a row of a column goes; the column is made for its first row. */
    private ByteBuffer row(String name, ElementType type, long row, long... rowShape) {
        return columns.computeIfAbsent(name, _ -> new Column(directory, type, rowShape)).row(row);
    }

    private static void turned(ByteBuffer row, List<Float> byDimension, int neurons, int rank) {
        for (int i = 0; i < neurons; i++) {
            for (int k = 0; k < rank; k++) {
                row.putFloat(byDimension.get(k * neurons + i));
            }
        }
    }

    /** What a snapshot leaves out is 0. */
    private static void floats(ByteBuffer row, List<Float> values, int count) {
        for (int i = 0; i < count; i++) {
            row.putFloat(values.isEmpty() ? 0 : values.get(i));
        }
    }

    private static void doubles(ByteBuffer row, List<Double> values, int count) {
        for (int i = 0; i < count; i++) {
            row.putDouble(values.isEmpty() ? 0 : values.get(i));
        }
    }

    /** A snapshot holds the newest scores only; together they hold as many as the topic has left. */
    private void score(FitQuality quality) {
        unit = quality.getUnit();
        warnings.addAll(quality.getWarningsList());
        for (int i = 0; i < Math.min(quality.getOneStepCount(), quality.getFreeRunCount()); i++) {
            scores.put(quality.getFirstTrial() + i, new double[]{quality.getOneStep(i), quality.getFreeRun(i)});
        }
    }

    long size() {
        return rows.size();
    }

    void putInto(ArrayFile file) {
        columns.forEach((name, column) -> column.putInto(file, "models/" + name));
        if (newest != null) {
            file.longs("models/hidden_neurons", new long[]{newest.getHiddenNeurons()});
        }
        file.text("quality/unit", List.of(unit));
        file.text("quality/warnings", List.copyOf(warnings), warnings.size());
        file.longs("quality/trial", scores.keySet().stream().mapToLong(trial -> trial).toArray(), scores.size());
        for (String name : List.of("one_step", "free_run")) {
            int which = name.equals("one_step") ? 0 : 1;
            file.doubles("quality/" + name, scores.values().stream().mapToDouble(score -> score[which]).toArray(),
                    scores.size());
        }
    }

    @Override
    public void close() {
        columns.values().forEach(Column::close);
    }
}
