package kappa.ingest.recording.nwb;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kappa.ingest.recording.Bins;
import kappa.ingest.recording.SpikeTimes;
import kappa.ingest.recording.hdf5.Hdf5Data;

/**
 * Spike times of chosen units. Where a file holds no more than so many, all are in memory, and sorted; otherwise each unit has a
 * block of its times in memory, and they must be sorted. Not thread-safe.
 */
final class SpikeTrains {

    /** More than all there are: 384 neurons at 20 Hz fire as often in four years. */
    private static final long MAX_SPIKES = 1L << 40;

    private static final int PIECE = 1 << 20;
    private static final int MIN_BLOCK = 1 << 10;
    private static final int MAX_BLOCK = 1 << 16;

    /** Of a unit whose spikes are not all in memory, so many are looked at. */
    private static final int LOOKED_AT = 1 << 10;

    private final SortedTimes[] trains;
    private final List<String> remarks = new ArrayList<>();
    private final SpikeTimes survey = new SpikeTimes();
    private final double perSecond;

    /**
     * @param rows of the units table
     * @param inMemory spikes of a file up to which all are held in memory, also those to hold at a time if there are more
     * @param perSecond what times are divided by: 1 if they are seconds, the sampling rate if they are sample numbers
     */
    SpikeTrains(DynamicTable units, int[] rows, int inMemory, double perSecond) {
        this.perSecond = perSecond;
        DynamicTable.Column column = units.find("spike_times");
        if (column == null) {
            throw units.invalid("has no column spike_times");
        }
        Hdf5Data times = column.data();
        if (times.shape().length != 1 || times.kind() != Hdf5Data.Kind.NUMBER) {
            throw times.invalid("shape " + Arrays.toString(times.shape()) + " of " + times.kind()
                    + ": expected one number, a time in seconds, for each spike");
        }
        if (times.rows() > MAX_SPIKES) {
            throw times.invalid(times.rows() + " spikes, expected at most " + MAX_SPIKES);
        }
        long[] bounds = units.bounds(column);
        trains = new SortedTimes[rows.length];
        if (times.rows() <= inMemory) {
            double[][] spikes = load(times, bounds, rows);
            sort(spikes, units, rows);
            Arrays.setAll(trains, i -> new SortedTimes(spikes[i]));
        } else {
            int block = Math.clamp(inMemory / Math.max(1, rows.length), MIN_BLOCK, MAX_BLOCK);
            Arrays.setAll(trains, i -> new SortedTimes(times, "of unit " + units.idText(rows[i]), bounds[rows[i]],
                    bounds[rows[i] + 1] - bounds[rows[i]], block, perSecond));
            for (int row : rows) {
                look(times, units.idText(row), bounds[row], bounds[row + 1] - bounds[row]);
            }
        }
    }

    private void look(Hdf5Data data, String unit, long from, long count) {
        if (count > 0) {
            survey.addRising(unit, times(data.numbers(from, Math.min(LOOKED_AT, count))), count,
                    data.numbers(from + count - 1, 1)[0] / perSecond);
        }
    }

    /** Finite ones in seconds. */
    private double[] times(double[] numbers) {
        return Arrays.stream(numbers).filter(Double::isFinite).map(time -> time / perSecond).toArray();
    }

    /** In pieces from first to last, because a chunk may hold the spikes of many units. */
    private static double[][] load(Hdf5Data times, long[] bounds, int[] rows) {
        double[][] spikes = new double[rows.length][];
        int[] order = new int[bounds.length - 1]; // of a row among those chosen, from 1
        for (int i = 0; i < rows.length; i++) {
            spikes[i] = new double[(int) (bounds[rows[i] + 1] - bounds[rows[i]])];
            order[rows[i]] = i + 1;
        }
        int row = 0;
        long total = times.rows();
        for (long from = 0; from < total; from += PIECE) {
            double[] piece = times.numbers(from, Math.min(PIECE, total - from));
            long end = from + piece.length;
            for (; row < order.length && bounds[row] < end; row++) {
                long first = Math.max(from, bounds[row]);
                long last = Math.min(end, bounds[row + 1]);
                if (order[row] > 0 && last > first) {
                    System.arraycopy(piece, (int) (first - from), spikes[order[row] - 1], (int) (first - bounds[row]),
                            (int) (last - first));
                }
                if (bounds[row + 1] > end) {
                    break; // goes on in the next piece
                }
            }
        }
        return spikes;
    }

    private void sort(double[][] spikes, DynamicTable units, int[] rows) {
        long noTimes = 0;
        List<String> unsorted = new ArrayList<>();
        for (int i = 0; i < spikes.length; i++) {
            double[] finite = times(spikes[i]);
            survey.add(units.idText(rows[i]), finite);
            noTimes += spikes[i].length - finite.length;
            spikes[i] = finite;
            for (int k = 1; k < finite.length; k++) {
                if (finite[k] < finite[k - 1]) {
                    unsorted.add(units.idText(rows[i]));
                    Arrays.sort(finite);
                    break;
                }
            }
        }
        if (noTimes > 0) {
            remarks.add(noTimes + " spikes have no finite time and are left out");
        }
        if (!unsorted.isEmpty()) {
            remarks.add("spikes of " + unsorted.size() + " units were not in order and are sorted: unit "
                    + String.join(", ", unsorted.subList(0, Math.min(5, unsorted.size())))
                    + (unsorted.size() > 5 ? ", ..." : ""));
        }
    }

    int units() {
        return trains.length;
    }

    SortedTimes train(int unit) {
        return trains[unit];
    }

    List<String> remarks() {
        return remarks;
    }

    /** What the times look like as the file has them. */
    SpikeTimes survey() {
        return survey;
    }

    /** How many spikes lie in [from, to). */
    long within(double from, double to) {
        return Arrays.stream(trains).mapToLong(train -> train.lowerBound(to) - train.lowerBound(from)).sum();
    }

    /** Adds the spikes of a unit to its counts: bin t at {@code out[offset + t * stride]}. */
    void count(int unit, double start, double width, int firstBin, int bins, float[] out, int offset, int stride) {
        SortedTimes train = trains[unit];
        for (long i = train.lowerBound(Bins.earliest(start, width, firstBin)); i < train.size(); i++) {
            long bin = Bins.of(train.at(i), start, width) - firstBin;
            if (bin >= bins) {
                return;
            }
            if (bin >= 0) {
                out[offset + (int) bin * stride]++;
            }
        }
    }
}
