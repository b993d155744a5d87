package kappa.ingest.recording.nwb;

import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.hdf5.Hdf5Data;
import kappa.ingest.recording.hdf5.Hdf5File;
import kappa.ingest.recording.rows.Rows;

/**
 * A table of NWB: columns of one element a row, or ragged ones, of which {@code NAME_index} holds where each row ends: row i is
 * {@code NAME[index[i - 1] .. index[i])}. Columns whose elements kappa has no use for, such as references, are listed and never
 * read.
 */
final class DynamicTable implements Rows {

    private static final String INDEX = "_index";

    /**
     * @param ends where each row of a ragged column ends; null for a plain one
     * @param usable whether it is a plain column of numbers, booleans or text
     */
    record Column(String name, Hdf5Data data, Hdf5Data ends, boolean usable) implements Rows.Column {

        /** In words, such as {@code number} or {@code ragged text}. */
        @Override
        public String kind() {
            return (ends == null ? "" : "ragged ") + data.kind();
        }

        @Override
        public String[] texts() {
            return data.texts();
        }

        @Override
        public double[] numbers() {
            return data.numbers();
        }
    }

    private final Hdf5File file;
    private final String path;
    private final long[] ids;
    private final int rows;
    private final Map<String, Column> columns = new LinkedHashMap<>();

    DynamicTable(Hdf5File file, Group group) {
        this.file = file;
        this.path = Hdf5File.path(group);
        List<String> present = file.names(group);
        List<String> names = new ArrayList<>(file.texts(group, "colnames"));
        for (String name : present) {
            // Some writers forget colnames, or a column in it.
            if (!names.contains(name) && !name.equals("id") && !name.endsWith(INDEX)) {
                names.add(name);
            }
        }
        for (String name : names) {
            if (present.contains(name) && file.child(group, name) instanceof Dataset) {
                Hdf5Data data = file.data(group, name);
                Hdf5Data ends = present.contains(name + INDEX) ? file.data(group, name + INDEX) : null;
                boolean usable = ends == null && data.kind() != Hdf5Data.Kind.OTHER && data.shape().length == 1;
                columns.put(name, new Column(name, data, ends, usable));
            }
        }
        Hdf5Data id = present.contains("id") ? file.data(group, "id") : null;
        long length = id != null
                ? id.rows()
                : columns.values().stream()
                        .mapToLong(column -> column.ends == null ? column.data.rows() : column.ends.rows()).findFirst()
                        .orElse(0);
        if (length > Integer.MAX_VALUE) {
            throw file.invalid(path + ": " + length + " rows, expected at most " + Integer.MAX_VALUE);
        }
        this.rows = (int) length;
        this.ids = id == null ? null : id.wholes();
    }

    String path() {
        return path;
    }

    @Override
    public InvalidInputException invalid(String complaint) {
        return file.invalid(path + ": " + complaint);
    }

    @Override
    public int rows() {
        return rows;
    }

    /** The ids of all rows, or their numbers if the table has none. */
    String idText(int row) {
        return Long.toString(ids == null ? row : ids[row]);
    }

    List<Column> columns() {
        return List.copyOf(columns.values());
    }

    boolean has(String column) {
        return columns.containsKey(column);
    }

    @Override
    public Column column(String name) {
        return plain(name);
    }

    /** A column of one number, boolean or text a row. */
    Column plain(String name) {
        Column column = columns.get(name);
        if (column == null || !column.usable) {
            throw file.invalid(path + (column == null ? " has no column " : ": cannot use column ")
                    + Hdf5File.printable(name)
                    + (column == null ? "" : ", which holds " + column.kind()) + ": expected one of " + usable());
        }
        if (column.data.rows() != rows) {
            throw column.data.invalid(column.data.rows() + " elements, expected " + rows + ", one for each row");
        }
        return column;
    }

    private String usable() {
        return columns.values().stream().filter(Column::usable).map(Column::name).collect(Collectors.joining(", "));
    }

    /** A plain column of numbers; booleans are 0 and 1. */
    double[] numbers(String name) {
        return plain(name).data.numbers();
    }

    /**
     * Where the rows of a ragged column begin and end: row i is elements {@code [bounds[i], bounds[i + 1])}.
     *
     * @throws InvalidInputException if the index is no rising sequence within the column
     */
    long[] bounds(Column column) {
        if (column.ends == null) {
            throw column.data
                    .invalid("has no " + column.name + INDEX + ", expected one: a row may hold any number of elements");
        }
        long[] ends = column.ends.wholes();
        if (ends.length != rows) {
            throw column.ends.invalid(ends.length + " elements, expected " + rows + ", one for each row");
        }
        long[] bounds = new long[rows + 1];
        for (int row = 0; row < rows; row++) {
            if (ends[row] < bounds[row] || ends[row] > column.data.rows()) {
                throw column.ends.invalid("element " + row + " is " + ends[row] + ", expected "
                        + bounds[row] + " to " + column.data.rows() + ": where its row ends in " + column.name);
            }
            bounds[row + 1] = ends[row];
        }
        return bounds;
    }

    /** A ragged column, if the table has it; null if not. */
    Column find(String name) {
        return columns.get(name);
    }
}
