package kappa.ingest.rig;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.RecordingDescription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which neuron a rig's unit is. A session's header never changes, so the units found before it began have their places, and
 * units that turn up later take spare ones, in order, and keep them. Who took which is kept in a file beside the session, for
 * a connector that is started again.
 *
 * <p>Not thread-safe.
 */
public final class UnitTable {

    /** No place is left for a unit. */
    public static final int NONE = -1;

    private static final Logger LOG = LoggerFactory.getLogger(UnitTable.class);

    private final List<String> names;
    private final Map<String, Integer> places = new HashMap<>();
    private final Path file;
    private int nextSpare;

    /**
     * @param units names of the units found before the session
     * @param spare places for others
     * @param file where those who take a spare place are written down
     */
    public static UnitTable begin(List<String> units, int spare, Path file) {
        List<String> names = new ArrayList<>(units);
        for (int i = 1; i <= spare; i++) {
            names.add(RecordingDescription.sparePlace(i));
        }
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw unusable(file, e);
        }
        return new UnitTable(names, file);
    }

    /** The units of a session that goes on: its header's neurons, and those that took spare places. */
    public static UnitTable resume(List<String> neurons, Path file) {
        UnitTable table = new UnitTable(neurons, file);
        if (Files.exists(file)) {
            try {
                for (String unit : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                    table.takeSpare(unit);
                }
            } catch (IOException e) {
                throw unusable(file, e);
            }
        }
        return table;
    }

    private UnitTable(List<String> names, Path file) {
        this.names = List.copyOf(names);
        this.file = file;
        nextSpare = names.size();
        for (int i = names.size() - 1; i >= 0; i--) {
            if (RecordingDescription.isSparePlace(names.get(i))) {
                nextSpare = i;
            } else {
                places.put(names.get(i), i);
            }
        }
    }

    /** The neurons of the header, spare places included. */
    public List<String> names() {
        return names;
    }

    /** Whether somebody has a place. */
    public boolean taken(int neuron) {
        return neuron < nextSpare;
    }

    /** The neuron that a unit is, or {@link #NONE} if all spare places are taken. */
    public int place(String unit) {
        Integer known = places.get(unit);
        if (known != null) {
            return known;
        }
        int place = takeSpare(unit);
        if (place == NONE) {
            LOG.warn(
                    "unit {} turned up after the start of the session and is left out, because all spare places are taken"
                            + " (--spare)",
                    unit);
        } else {
            LOG.info("unit {} turned up: it is neuron \"{}\"", unit, names.get(place));
            keep();
        }
        return place;
    }

    private int takeSpare(String unit) {
        int place = nextSpare == names.size() ? NONE : nextSpare++;
        places.put(unit, place);
        return place;
    }

    private void keep() {
        List<String> late = places.entrySet().stream()
                .filter(entry -> entry.getValue() != NONE
                        && RecordingDescription.isSparePlace(names.get(entry.getValue())))
                .sorted(Map.Entry.comparingByValue()).map(Map.Entry::getKey).toList();
        try {
            Files.write(file, late, StandardCharsets.UTF_8);
        } catch (IOException e) {
            LOG.error("{} cannot be written ({}): late units will be unknown after a restart of the connector", file,
                    e.toString());
        }
    }

    private static InvalidInputException unusable(Path file, IOException e) {
        return new InvalidInputException(file + ": cannot be used to keep late units (" + e + ")", e);
    }
}
