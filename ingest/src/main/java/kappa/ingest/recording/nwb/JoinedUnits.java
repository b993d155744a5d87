package kappa.ingest.recording.nwb;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.RecordingOptions;
import kappa.ingest.recording.SpikeTimes;

/** Spikes of the units of several tables, such as one for each probe, in the order of the tables. One thread reads at a time. */
final class JoinedUnits implements NwbActivity {

    private final List<UnitActivity> parts;
    private final Description description;

    /**
     * Joins tables.
     *
     * @param tables at least two
     * @param spikesInMemory up to which all of theirs are held in memory
     * @param remarks takes what is worth a line to the user
     */
    static JoinedUnits of(NwbFile file, List<DynamicTable> tables, RecordingOptions options, int spikesInMemory,
            List<String> remarks) {
        List<UnitActivity> parts = new ArrayList<>();
        List<String> neurons = new ArrayList<>();
        List<String> told = new ArrayList<>();
        for (DynamicTable table : tables) {
            UnitActivity part = new UnitActivity(file, table, options, spikesInMemory / tables.size(), told);
            part.description().neurons().forEach(id -> neurons.add(name(table, tables) + " " + id));
            parts.add(part);
        }
        told.stream().distinct().forEach(remarks::add);
        List<String> counts = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            counts.add(parts.get(i).description().neurons().size() + " of " + tables.get(i).rows() + " of "
                    + tables.get(i).path());
        }
        if (options.unitTables().isEmpty()) {
            remarks.add("the units of " + tables.size() + " tables are joined; --units TABLE takes those of one");
        }
        Description first = parts.getFirst().description();
        return new JoinedUnits(parts, new Description(neurons, first.width(), first.observation(),
                "activity taken as counts: spikes of units, " + String.join(", ", counts)));
    }

    private JoinedUnits(List<UnitActivity> parts, Description description) {
        this.parts = parts;
        this.description = description;
    }

    /** A table's own name, or its path if others have the same name. */
    private static String name(DynamicTable table, List<DynamicTable> tables) {
        String own = own(table);
        return tables.stream().filter(other -> own(other).equals(own)).count() == 1 ? own : table.path();
    }

    private static String own(DynamicTable table) {
        return table.path().replaceFirst(".*/", "");
    }

    @Override
    public Description description() {
        return description;
    }

    @Override
    public Optional<SpikeTimes> spikeTimes(NwbTrials trials) {
        SpikeTimes all = new SpikeTimes();
        parts.forEach(part -> part.spikeTimes(trials).ifPresent(all::addAll));
        return Optional.of(all);
    }

    @Override
    public Optional<NwbSeries> series() {
        return Optional.empty();
    }

    @Override
    public double[] extent() {
        double first = Double.POSITIVE_INFINITY;
        double last = Double.NEGATIVE_INFINITY;
        InvalidInputException silent = null;
        for (UnitActivity part : parts) {
            try {
                double[] extent = part.extent();
                first = Math.min(first, extent[0]);
                last = Math.max(last, extent[1]);
            } catch (InvalidInputException e) {
                silent = e; // a table without spikes says nothing, where another one does
            }
        }
        if (first > last) {
            throw silent;
        }
        return new double[]{first, last};
    }

    @Override
    public void requireObservedIn(NwbTrials trials) {
        InvalidInputException unobserved = null;
        for (UnitActivity part : parts) {
            try {
                part.requireObservedIn(trials);
                return;
            } catch (InvalidInputException e) {
                unobserved = e;
            }
        }
        throw unobserved;
    }

    @Override
    public void fill(double start, int firstBin, int bins, float[] out) {
        int all = description.neurons().size();
        int offset = 0;
        for (UnitActivity part : parts) {
            int own = part.description().neurons().size();
            float[] activity = new float[bins * own];
            part.fill(start, firstBin, bins, activity);
            for (int t = 0; t < bins; t++) {
                System.arraycopy(activity, t * own, out, t * all + offset, own);
            }
            offset += own;
        }
    }
}
