package kappa.ingest.recording.kilosort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.rows.Rows;

/**
 * What the tables {@code cluster_*.tsv} of a folder say about the clusters that have spikes: a row each, in the order of their
 * ids. Clusters that were merged or split away are in the tables, too, but have no spikes and no row here. A column is numbers if
 * all of its values are, else text. Where {@code group} says nothing of a cluster it is {@value #UNSORTED}, as in phy. Immutable.
 */
final class ClusterTable implements Rows {

    /** The column of what curation says. */
    static final String GROUP = "group";

    /** The column of what the sorter itself says. */
    static final String LABEL = "KSLabel";

    static final String NOISE = "noise";

    private static final String UNSORTED = "unsorted";
    private static final Set<String> ID_COLUMNS = Set.of("cluster_id", "id");
    private static final int MAX_FILES = 256;
    private static final long MAX_BYTES = 64L << 20;

    /** @param values a text for each row; empty where there is none */
    private record Column(String kind, String[] values) implements Rows.Column {

        static Column of(String[] values) {
            boolean numeric = Stream.of(values).anyMatch(value -> !value.isEmpty())
                    && Stream.of(values).allMatch(value -> value.isEmpty() || isNumber(value));
            return new Column(numeric ? "number" : "text", values);
        }

        private static boolean isNumber(String value) {
            try {
                Double.parseDouble(value);
                return true;
            } catch (NumberFormatException e) {
                return false;
            }
        }

        @Override
        public String[] texts() {
            return values.clone();
        }

        @Override
        public double[] numbers() {
            return Stream.of(values).mapToDouble(value -> value.isEmpty() ? Double.NaN : Double.parseDouble(value))
                    .toArray();
        }
    }

    private final Path folder;
    private final int[] ids;
    private final Map<String, Column> columns = new LinkedHashMap<>();

    /**
     * Reads the tables of a folder.
     *
     * @param ids of the clusters that have spikes, rising
     * @throws InvalidInputException if a table cannot be read
     */
    ClusterTable(Path folder, int... ids) {
        this.folder = folder;
        this.ids = ids.clone();
        columns.put("id", Column.of(texts(Arrays.stream(ids).boxed().map(String::valueOf).toList())));
        for (Path file : tables(folder)) {
            read(file).forEach(columns::putIfAbsent);
        }
        Column group = columns.get(GROUP);
        if (group != null) {
            columns.put(GROUP, new Column("text",
                    Stream.of(group.values).map(value -> value.isEmpty() ? UNSORTED : value).toArray(String[]::new)));
        }
    }

    private static String[] texts(List<String> list) {
        return list.toArray(String[]::new);
    }

    /** In the order of their names, but what phy writes at its end, as a copy of the others, last. */
    private static List<Path> tables(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches("cluster_\\w+\\.(tsv|csv)"))
                    .filter(Files::isRegularFile)
                    .sorted(Comparator
                            .comparing((Path file) -> file.getFileName().toString().startsWith("cluster_info"))
                            .thenComparing(file -> file.getFileName().toString()))
                    .limit(MAX_FILES).toList();
        } catch (IOException e) {
            throw new InvalidInputException(folder + ": cannot be read (" + e + ")", e);
        }
    }

    private Map<String, Column> read(Path file) {
        List<String> lines = lines(file);
        if (lines.isEmpty()) {
            return Map.of();
        }
        String separator = file.toString().endsWith(".tsv") ? "\t" : ",";
        List<String> header = fields(lines.getFirst(), separator);
        int id = IntStream.range(0, header.size()).filter(i -> ID_COLUMNS.contains(header.get(i))).findFirst()
                .orElse(-1);
        if (id < 0) {
            return Map.of(); // a table of something else
        }
        Map<Integer, Integer> rows = new HashMap<>();
        for (int row = 0; row < ids.length; row++) {
            rows.put(ids[row], row);
        }
        String[][] values = new String[header.size()][ids.length];
        for (String[] column : values) {
            Arrays.fill(column, "");
        }
        for (int line = 1; line < lines.size(); line++) {
            if (lines.get(line).isBlank()) {
                continue;
            }
            List<String> fields = fields(lines.get(line), separator);
            Integer row = rows.get(id(file, line, id < fields.size() ? fields.get(id) : ""));
            for (int i = 0; row != null && i < Math.min(fields.size(), header.size()); i++) {
                values[i][row] = fields.get(i);
            }
        }
        Map<String, Column> read = new TreeMap<>();
        for (int i = 0; i < values.length; i++) {
            if (i != id && !header.get(i).isEmpty()) {
                read.putIfAbsent(header.get(i), Column.of(values[i]));
            }
        }
        return read;
    }

    private static List<String> lines(Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new InvalidInputException(
                        file + ": " + Files.size(file) + " bytes, expected a table of clusters of"
                                + " at most " + MAX_BYTES);
            }
            // Names of quality measures are ASCII; whatever a curator wrote, no byte makes the folder unreadable.
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be read (" + e + ")", e);
        }
    }

    private static List<String> fields(String line, String separator) {
        return Stream.of(line.split(separator, -1)).map(String::strip)
                .map(field -> field.replaceAll("^\"(.*)\"$", "$1")).toList();
    }

    /** Some tools write ids as 7.0. */
    private static int id(Path file, int line, String text) {
        try {
            double id = Double.parseDouble(text);
            if (id == Math.rint(id) && Math.abs(id) <= Integer.MAX_VALUE) {
                return (int) id;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new InvalidInputException(
                file + ": line " + (line + 1) + ": cluster id " + printable(text) + ", expected a whole number");
    }

    private static String printable(String text) {
        return '\'' + text.substring(0, Math.min(40, text.length())) + '\'';
    }

    @Override
    public int rows() {
        return ids.length;
    }

    int id(int row) {
        return ids[row];
    }

    boolean has(String column) {
        return columns.containsKey(column);
    }

    @Override
    public Rows.Column column(String name) {
        Column column = columns.get(name);
        if (column == null) {
            throw invalid("its tables of clusters have no column " + printable(name) + ", expected one of "
                    + String.join(", ", columns.keySet()));
        }
        return column;
    }

    @Override
    public InvalidInputException invalid(String complaint) {
        return new InvalidInputException(folder + ": clusters: " + complaint);
    }

    /** How many clusters have each value of a column of text, in words, such as {@code 5 good, 3 mua}. */
    String summary(String column) {
        Map<String, Integer> counts = new TreeMap<>();
        for (String value : columns.get(column).values) {
            counts.merge(value.isEmpty() ? "without" : value, 1, Integer::sum);
        }
        return counts.size() > 8
                ? counts.size() + " different ones"
                : String.join(", ", counts.entrySet().stream()
                        .map(entry -> String.format(Locale.ROOT, "%d %s", entry.getValue(), entry.getKey())).toList());
    }
}
