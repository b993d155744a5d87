package kappa.ingest.rig.openephys;

import java.util.HashSet;
import java.util.Set;
import kappa.ingest.rig.UnitTable;
import kappa.ingest.rig.openephys.OpenEphysSettings.Unsorted;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which neuron a spike belongs to, by its electrode and sorted_id. A unit is known to the session as {@code
 * electrode/sorted_id}, as in "Electrode 7/1"; unsorted spikes are unit 0.
 *
 * <p>Looks a unit up without making a string. At most {@value #MOST} units are remembered; more than that are no
 * recording.
 *
 * <p>Not thread-safe.
 */
final class UnitPlaces {

    /** A spike that is left out because it was not sorted, as the settings say. */
    static final int UNSORTED = -2;

    static final int MOST = 16_384;

    private static final Logger LOG = LoggerFactory.getLogger(UnitPlaces.class);

    private final UnitTable table;
    private final Unsorted unsorted;
    private final Set<String> sortedElectrodes = new HashSet<>();
    private final String[] electrodes = new String[4 * MOST];
    private final int[] ids = new int[4 * MOST];
    private final int[] places = new int[4 * MOST];
    private int known;
    private boolean full;

    UnitPlaces(UnitTable table, Unsorted unsorted) {
        this.table = table;
        this.unsorted = unsorted;
        for (String name : table.names()) {
            int slash = name.lastIndexOf('/');
            if (slash > 0 && !name.endsWith("/0")) {
                sortedElectrodes.add(name.substring(0, slash));
            }
        }
    }

    static String name(String electrode, int sortedId) {
        return electrode.replaceAll("\\p{Cntrl}", " ") + "/" + sortedId;
    }

    /** A neuron, {@link UnitTable#NONE} if there is no place for the unit, or {@link #UNSORTED}. */
    int find(StringBuilder electrode, int sortedId) {
        int at = ((hash(electrode) * 31 + sortedId) * 0x9E3779B9) >>> 16; // 65,536 slots
        while (electrodes[at] != null) {
            if (ids[at] == sortedId && electrodes[at].contentEquals(electrode)) {
                return places[at];
            }
            at = (at + 1) % electrodes.length;
        }
        if (known == MOST) {
            if (!full) {
                LOG.warn("more than {} units turned up: further ones are left out", MOST);
                full = true;
            }
            return UnitTable.NONE;
        }
        known++;
        String name = electrode.toString();
        electrodes[at] = name;
        ids[at] = sortedId;
        places[at] = place(name, sortedId);
        return places[at];
    }

    /** That of the equal string, without making one. */
    static int hash(StringBuilder text) {
        int hash = 0;
        for (int i = 0; i < text.length(); i++) {
            hash = 31 * hash + text.charAt(i);
        }
        return hash;
    }

    private int place(String electrode, int sortedId) {
        boolean sorted = unsorted == Unsorted.AUTO && sortedElectrodes.contains(electrode);
        if (sortedId == 0 && (sorted || unsorted == Unsorted.DROP)) {
            return UNSORTED;
        }
        return table.place(name(electrode, sortedId));
    }
}
