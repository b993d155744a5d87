package kappa.ingest.recording.nwb;

import java.util.Arrays;
import kappa.ingest.recording.hdf5.Hdf5Data;

/**
 * Times in seconds that do not fall: a part of a one-dimensional data set, of which only one block is in memory, or an array.
 * Each block is checked when it is read. Not thread-safe.
 */
final class SortedTimes {

    private final Hdf5Data data; // null if all are in memory
    private final String whose;
    private final long from;
    private final long size;
    private final int block;
    private final double perSecond;
    private final double[] firsts; // of each block, NaN until known
    private double[] loaded;
    private int loadedBlock = -1;

    /** All in memory. */
    SortedTimes(double[] sorted) {
        this.data = null;
        this.whose = "";
        this.from = 0;
        this.size = sorted.length;
        this.block = Math.max(1, sorted.length);
        this.perSecond = 1;
        this.firsts = new double[]{sorted.length == 0 ? Double.NaN : sorted[0]};
        this.loaded = sorted;
        this.loadedBlock = 0;
    }

    /**
     * Elements {@code from} to {@code from + size} of a data set.
     *
     * @param whose they are, for messages
     * @param block elements to have in memory at a time
     * @param perSecond what they are divided by; 1 if they are seconds
     */
    SortedTimes(Hdf5Data data, String whose, long from, long size, int block, double perSecond) {
        this.data = data;
        this.whose = whose;
        this.from = from;
        this.size = size;
        this.block = block;
        this.perSecond = perSecond;
        this.firsts = new double[Math.toIntExact(Math.ceilDiv(size, (long) block))];
        Arrays.fill(firsts, Double.NaN);
    }

    long size() {
        return size;
    }

    double at(long i) {
        int b = (int) (i / block);
        if (b != loadedBlock) {
            load(b);
        }
        return loaded[(int) (i % block)];
    }

    double first() {
        return firstOf(0);
    }

    double last() {
        if (loadedBlock == (size - 1) / block) {
            return at(size - 1);
        }
        return check(data.numbers(from + size - 1, 1)[0], size - 1);
    }

    /** The first one that is not before {@code time}; their number if there is none. */
    long lowerBound(double time) {
        if (size == 0) {
            return 0;
        }
        int b = blockOf(time);
        if (b != loadedBlock) {
            load(b);
        }
        int low = 0;
        int high = loaded.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (loaded[middle] < time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return (long) b * block + low;
    }

    /** The last block whose first time is before {@code time}. A reader that goes on in time finds it where it is or next. */
    private int blockOf(double time) {
        int low = 0;
        int high = firsts.length; // firsts[low] < time <= firsts[high], the ends aside
        if (loadedBlock >= 0 && firstOf(loadedBlock) < time) {
            low = loadedBlock;
            for (int step = 1; step <= 2 && low + 1 < high; step++) {
                if (firstOf(low + 1) >= time) {
                    return low;
                }
                low++;
            }
        }
        while (high - low > 1) {
            int middle = (low + high) >>> 1;
            if (firstOf(middle) < time) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private double firstOf(int b) {
        if (Double.isNaN(firsts[b])) {
            firsts[b] = check(data.numbers(from + (long) b * block, 1)[0], (long) b * block);
        }
        return firsts[b];
    }

    private void load(int b) {
        long start = (long) b * block;
        double[] times = data.numbers(from + start, Math.min(block, size - start));
        double before = loadedBlock == b - 1 && loaded != null ? loaded[loaded.length - 1] : Double.NEGATIVE_INFINITY;
        for (int i = 0; i < times.length; i++) {
            times[i] = check(times[i], start + i);
            if (times[i] < before) {
                throw data.invalid("element " + (from + start + i) + ", " + whose + ", is " + times[i] + " s after "
                        + before + " s: expected rising times, because there are too many to sort them in memory");
            }
            before = times[i];
        }
        firsts[b] = times[0];
        loaded = times;
        loadedBlock = b;
    }

    /** The time of an element, in seconds. */
    private double check(double element, long i) {
        if (!Double.isFinite(element)) {
            throw data.invalid(
                    "element " + (from + i) + ", " + whose + ", is " + element + ", expected a time in seconds");
        }
        return element / perSecond;
    }
}
