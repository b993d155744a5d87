package kappa.ingest.recording.nwb;

import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.hdf5.Hdf5Data;
import kappa.ingest.recording.hdf5.Hdf5File;

/**
 * What there is in an NWB 2 file: its units, its tables of intervals and its time series, found by type wherever they lie.
 * A group that cannot be read is noted, and matters only to who asks for something in it. Not thread-safe.
 */
final class NwbFile implements AutoCloseable {

    /** Groups lie in groups this deep at most. */
    private static final int MAX_DEPTH = 8;

    /** The table of units that a file has to have, if it has one. */
    private static final String UNITS = "/units";

    /** Of the root: metadata and the schema itself, of which there is much and none is needed. */
    private static final Set<String> SKIPPED = Set.of("general", "specifications");

    private final Hdf5File hdf;
    private final String version;
    private final List<String> remarks = new ArrayList<>();
    private final Map<String, Group> series = new LinkedHashMap<>();
    private final Map<String, DynamicTable> intervals = new LinkedHashMap<>();
    private final Set<Long> seen = new HashSet<>();
    private final Map<String, DynamicTable> units = new LinkedHashMap<>();

    static NwbFile open(Path file) {
        Hdf5File hdf = Hdf5File.open(file);
        try {
            return new NwbFile(hdf);
        } catch (RuntimeException | Error e) {
            hdf.close();
            throw e;
        }
    }

    private NwbFile(Hdf5File hdf) {
        this.hdf = hdf;
        Group root = hdf.root();
        this.version = hdf.text(root, "nwb_version");
        if (!hdf.type(root).equals("NWBFile") && version.isEmpty()) {
            String old = hdf.names(root).contains("nwb_version") ? " (it looks like NWB 1)" : "";
            throw hdf.invalid("HDF5, but no NWB 2 file" + old
                    + ": expected the attributes neurodata_type NWBFile and nwb_version at its root");
        }
        if (version.matches("(NWB-)?[01]\\..*")) {
            throw hdf.invalid("NWB " + Hdf5File.printable(version) + ": expected NWB 2");
        }
        walk(root, 0);
    }

    private void walk(Group group, int depth) {
        // A hard link can make a group a part of itself.
        if (depth > MAX_DEPTH || !seen.add(hdf.read(Hdf5File.path(group), group::getAddress))) {
            return;
        }
        List<String> names;
        try {
            names = hdf.names(group);
        } catch (InvalidInputException e) {
            if (depth == 0) {
                throw e;
            }
            remark(e);
            return;
        }
        for (String name : names) {
            if (depth == 0 && SKIPPED.contains(name)) {
                continue;
            }
            try {
                if (hdf.child(group, name) instanceof Group child) {
                    take(child, name, depth);
                }
            } catch (InvalidInputException e) {
                remark(e);
            }
        }
    }

    private void remark(InvalidInputException e) {
        String line = e.getMessage();
        remarks.add(line.startsWith(hdf.file() + ": ") ? line.substring(hdf.file().toString().length() + 2) : line);
    }

    private void take(Group group, String name, int depth) {
        List<String> names = hdf.names(group);
        String type = hdf.type(group);
        if (type.equals("Units") || names.containsAll(List.of("spike_times", "spike_times_index"))) {
            units.put(Hdf5File.path(group), new DynamicTable(hdf, group));
        } else if (type.equals("TimeIntervals") || names.containsAll(List.of("start_time", "stop_time"))) {
            intervals.putIfAbsent(name, new DynamicTable(hdf, group));
        } else if (isSeries(group, names)) {
            series.put(Hdf5File.path(group), group);
        } else {
            walk(group, depth + 1);
        }
    }

    /** Types of time series are many, and extensions add more; what they have in common is this. */
    private boolean isSeries(Group group, List<String> names) {
        return names.contains("data") && (names.contains("timestamps") || names.contains("starting_time"))
                && hdf.child(group, "data") instanceof Dataset;
    }

    Hdf5File hdf() {
        return hdf;
    }

    String version() {
        return version;
    }

    /** What could not be read, a line each. */
    List<String> remarks() {
        return List.copyOf(remarks);
    }

    /**
     * Tables of units: those of the names, or of as much of the end of their paths as makes each the only one. Without a name it
     * is /units; where there is none, all that there are.
     *
     * @throws InvalidInputException if there is none of a name, or none at all
     */
    List<DynamicTable> units(List<String> names) {
        if (units.isEmpty()) {
            for (String remark : remarks) {
                if (remark.contains("/units")) {
                    throw hdf.invalid(remark);
                }
            }
            throw missing("no table of units, expected spikes in one, or --series NAME"
                    + (series.isEmpty() ? "" : " with one of " + listing()));
        }
        if (names.isEmpty()) {
            return units.containsKey(UNITS) ? List.of(units.get(UNITS)) : List.copyOf(units.values());
        }
        List<DynamicTable> chosen = new ArrayList<>();
        for (String name : names) {
            List<String> found = units.keySet().stream()
                    .filter(path -> path.equals(name) || path.endsWith(name.startsWith("/") ? name : "/" + name))
                    .toList();
            if (found.size() != 1) {
                throw hdf.invalid("--units " + Hdf5File.printable(name) + ": "
                        + (found.isEmpty() ? "no such table of units" : "several tables of units")
                        + ", expected COLUMN == VALUE, such as 'heldout == false', or one of the tables "
                        + String.join(", ", found.isEmpty() ? units.keySet() : found));
            }
            if (chosen.contains(units.get(found.getFirst()))) {
                throw hdf.invalid("--units names " + found.getFirst() + " twice, expected each table once");
            }
            chosen.add(units.get(found.getFirst()));
        }
        return chosen;
    }

    /** All tables of units, in the order in which they are joined. */
    List<DynamicTable> allUnits() {
        return List.copyOf(units.values());
    }

    /**
     * The table whose rows are the trials: the one of a name, or the one named trials; null if there is none.
     *
     * @throws InvalidInputException if there is none of a name that is asked for
     */
    DynamicTable trials(Optional<String> name) {
        if (name.isEmpty()) {
            return intervals.get("trials");
        }
        DynamicTable table = intervals.get(name.get().replaceFirst("^/?intervals/", ""));
        if (table == null) {
            throw hdf.invalid("--trials " + Hdf5File.printable(name.get()) + ": no such table of intervals, expected "
                    + (intervals.isEmpty()
                            ? "none: the file has none"
                            : "one of " + String.join(", ", intervals.keySet())));
        }
        return table;
    }

    /** Names of tables that could be those of the trials, as a remark that begins with a semicolon; empty if there are none. */
    String otherTrials() {
        String names = intervals.keySet().stream().filter(name -> !name.equals("invalid_times"))
                .collect(Collectors.joining(", "));
        return names.isEmpty() ? "" : "; --trials TABLE takes one of " + names;
    }

    DynamicTable intervals(String name) {
        return intervals.get(name);
    }

    List<String> intervalTables() {
        return List.copyOf(intervals.keySet());
    }

    /** When nothing was observed. */
    Intervals invalidTimes() {
        DynamicTable table = intervals.get("invalid_times");
        return table == null
                ? Intervals.NONE
                : Intervals.union(table.numbers("start_time"), table.numbers("stop_time"));
    }

    List<String> seriesPaths() {
        return List.copyOf(series.keySet());
    }

    String seriesType(String path) {
        return hdf.type(series.get(path));
    }

    boolean hasSeries(String name) {
        return !matching(name).isEmpty();
    }

    /**
     * A time series by its name, or by as much of the end of its path as makes it the only one.
     *
     * @throws InvalidInputException if there is none, or more than one
     */
    NwbSeries series(String name) {
        List<String> found = matching(name);
        if (found.size() > 1) {
            throw hdf.invalid("time series " + Hdf5File.printable(name) + " is one of several, expected one of "
                    + String.join(", ", found));
        }
        if (found.isEmpty()) {
            throw missing("no time series " + Hdf5File.printable(name) + ", expected one of " + listing());
        }
        return new NwbSeries(hdf, series.get(found.getFirst()));
    }

    private List<String> matching(String name) {
        String end = name.startsWith("/") ? name : "/" + name;
        if (series.containsKey(end)) {
            return List.of(end);
        }
        return series.keySet().stream().filter(path -> path.endsWith(end)).toList();
    }

    private String listing() {
        return series.isEmpty()
                ? "none: the file holds no time series"
                : series.keySet().stream().limit(20)
                        .collect(Collectors.joining(", ")) + (series.size() > 20 ? ", ..." : "");
    }

    /** What could not be read is the likeliest reason. */
    private InvalidInputException missing(String complaint) {
        return hdf.invalid(complaint + (remarks.isEmpty() ? "" : "; but " + remarks.getFirst()));
    }

    /** A text data set of the root, such as session_start_time; empty if there is none. */
    String rootText(String name) {
        Hdf5Data data = hdf.names(hdf.root()).contains(name) ? hdf.data(hdf.root(), name) : null;
        if (data == null || data.kind() != Hdf5Data.Kind.TEXT) {
            return "";
        }
        String[] texts = data.texts();
        return texts.length == 0 ? "" : texts[0];
    }

    @Override
    public void close() {
        hdf.close();
    }
}
