package kappa.ingest.recording.nwb;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.hdf5.Hdf5Data;
import kappa.ingest.recording.hdf5.Hdf5File;

/**
 * What an NWB file holds, for people: read without reading the data themselves.
 *
 * @param version of NWB
 * @param startTime when the session began, as the file says it; may be empty
 * @param referenceTime what time stamps are relative to; may be empty
 * @param unitTables tables of units, those first that make a session unless others are asked for
 * @param joined how many of them do
 * @param spikes of all units of these; 0 if there are none
 * @param firstSpike seconds; NaN if there is none, or spikes are not sorted
 * @param intervals tables of intervals: trials, invalid_times and others
 * @param remarks what could not be read, or is unusual
 */
public record NwbContents(String version, String startTime, String referenceTime, List<Table> unitTables,
        int joined, long spikes, double firstSpike, double lastSpike, List<Table> intervals, List<Series> series,
        List<String> remarks) {

    /** Distinct values of a text column that are listed. */
    private static final int LISTED = 8;

    /** Columns longer than this are not looked into. */
    private static final int LOOKED_INTO = 1 << 20;

    /** A table: units, trials or other intervals. */
    public record Table(String path, int rows, List<Column> columns) {

        /** The table's own name, such as {@code trials}. */
        public String name() {
            return path.substring(path.lastIndexOf('/') + 1);
        }

        public Optional<Column> column(String name) {
            return columns.stream().filter(column -> column.name.equals(name)).findFirst();
        }
    }

    /**
     * @param kind number, bool, text, other, or ragged and one of these
     * @param values in words: the values of text, the range of numbers; may be empty
     */
    public record Column(String name, String kind, String values) {}

    /**
     * @param type its neurodata_type
     * @param samples along time
     * @param channels 0 if it is none that kappa can use
     * @param step seconds between samples; the median if they are irregular
     * @param problem why it cannot be used; empty if it can
     */
    public record Series(String path, String type, long samples, int channels, boolean regular, double step,
            double first, double last, String unit, List<String> names, String problem) {}

    /** The first table of units. */
    public Optional<Table> units() {
        return unitTables.stream().findFirst();
    }

    /** How many units a session has unless others are asked for. */
    public int sessionUnits() {
        return unitTables.stream().limit(joined).mapToInt(Table::rows).sum();
    }

    /** @throws InvalidInputException if it is no NWB 2 file */
    public static NwbContents of(Path path) {
        try (NwbFile file = NwbFile.open(path)) {
            return file.hdf().read("the file", () -> of(file));
        }
    }

    private static NwbContents of(NwbFile file) {
        List<String> remarks = new ArrayList<>(file.remarks());
        long spikes = 0;
        double first = Double.POSITIVE_INFINITY;
        double last = Double.NEGATIVE_INFINITY;
        List<DynamicTable> used = file.allUnits().isEmpty() ? List.of() : file.units(List.of());
        for (DynamicTable units : used) {
            DynamicTable.Column times = units.find("spike_times");
            if (times == null) {
                continue;
            }
            try {
                long[] bounds = units.bounds(times);
                for (int unit = 0; unit < units.rows(); unit++) {
                    long count = bounds[unit + 1] - bounds[unit];
                    spikes += count;
                    if (count > 0) {
                        first = Math.min(first, times.data().numbers(bounds[unit], 1)[0]);
                        last = Math.max(last, times.data().numbers(bounds[unit + 1] - 1, 1)[0]);
                    }
                }
            } catch (InvalidInputException e) {
                remarks.add(e.getMessage());
            }
        }
        List<Table> unitTables = new ArrayList<>();
        used.forEach(units -> unitTables.add(table(units, remarks)));
        file.allUnits().stream().filter(units -> !used.contains(units))
                .forEach(units -> unitTables.add(table(units, remarks)));
        List<Table> intervals = new ArrayList<>();
        for (String name : file.intervalTables()) {
            intervals.add(table(file.intervals(name), remarks));
        }
        List<Series> series = file.seriesPaths().stream().map(name -> series(file, name)).toList();
        return new NwbContents(file.version(), file.rootText("session_start_time"),
                file.rootText("timestamps_reference_time"),
                unitTables, used.size(), spikes, first < last ? first : Double.NaN, first < last ? last : Double.NaN,
                intervals, series, remarks);
    }

    private static Table table(DynamicTable table, List<String> remarks) {
        List<Column> columns = new ArrayList<>();
        for (DynamicTable.Column column : table.columns()) {
            String values = "";
            if (column.usable() && table.rows() > 0 && table.rows() <= LOOKED_INTO) {
                try {
                    values = values(table.plain(column.name()).data());
                } catch (InvalidInputException e) {
                    remarks.add(e.getMessage());
                }
            }
            columns.add(new Column(column.name(), column.kind(), values));
        }
        return new Table(table.path(), table.rows(), columns);
    }

    private static String values(Hdf5Data data) {
        if (data.kind() == Hdf5Data.Kind.TEXT) {
            List<String> distinct = Arrays.stream(data.texts()).distinct().sorted().toList();
            return distinct.size() <= LISTED
                    ? String.join(", ", distinct.stream().map(Hdf5File::printable).toList())
                    : distinct.size() + " different ones";
        }
        double[] numbers = data.numbers();
        double[] known = Arrays.stream(numbers).filter(x -> !Double.isNaN(x)).toArray();
        if (data.kind() == Hdf5Data.Kind.BOOL) {
            return Arrays.stream(known).filter(x -> x != 0).count() + " true";
        }
        return known.length == 0
                ? "NaN"
                : String.format(Locale.ROOT, "%s to %s", plain(Arrays.stream(known).min().orElseThrow()),
                        plain(Arrays.stream(known).max().orElseThrow()))
                        + (known.length < numbers.length ? ", " + (numbers.length - known.length) + " NaN" : "");
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e9
                ? Long.toString((long) value)
                : String.format(Locale.ROOT, "%.4g", value);
    }

    private static Series series(NwbFile file, String path) {
        String type = "";
        try {
            type = file.seriesType(path);
            NwbSeries series = file.series(path);
            String unit = file.hdf().text(series.data().node(), "unit");
            boolean any = series.rows() > 0;
            return new Series(path, type, series.rows(), series.channels(), series.regular(), series.step(),
                    any ? series.firstTime() : Double.NaN, any ? series.lastTime() : Double.NaN, unit, series.names(),
                    "");
        } catch (InvalidInputException e) {
            String line = e.getMessage();
            String name = file.hdf().file() + ": ";
            return new Series(path, type, 0, 0, false, 0, Double.NaN, Double.NaN, "", List.of(),
                    line.startsWith(name) ? line.substring(name.length()) : line);
        }
    }
}
