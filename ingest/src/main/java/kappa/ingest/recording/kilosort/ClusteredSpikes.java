package kappa.ingest.recording.kilosort;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import kappa.ingest.InvalidInputException;
import kappa.ingest.recording.Bins;
import kappa.ingest.recording.npz.NpyArray;
import kappa.ingest.recording.npz.NpyFile;

/**
 * The spikes of a folder in the order of time: {@code spike_times.npy}, in samples, and the cluster of each,
 * {@code spike_clusters.npy} or else {@code spike_templates.npy}. Both are mapped, so that there may be more spikes than fit in
 * memory. They are checked as a whole when they are opened. One thread reads at a time.
 */
final class ClusteredSpikes implements AutoCloseable {

    static final String TIMES = "spike_times.npy";
    static final String CLUSTERS = "spike_clusters.npy";
    static final String TEMPLATES = "spike_templates.npy";

    /** Curation numbers clusters from 0 on; a merge takes the next number. */
    private static final int MAX_ID = 1 << 20;

    private static final int BLOCK = 1 << 16;

    /** A few bins hold fewer spikes than all that are checked at once. */
    private static final int COUNTED_AT_ONCE = 1 << 12;

    private final NpyFile timesFile;
    private final NpyFile clustersFile;
    private final NpyArray times;
    private final NpyArray clusters;
    private final long[] spikes; // of each cluster
    private final long last;

    /** @throws InvalidInputException if the two do not fit together, or times fall: phy refuses such a folder, too */
    static ClusteredSpikes open(Path folder) {
        NpyFile times = NpyFile.open(folder.resolve(TIMES), "spike_times");
        NpyFile clusters = null;
        try {
            boolean curated = Files.isRegularFile(folder.resolve(CLUSTERS));
            clusters = curated
                    ? NpyFile.open(folder.resolve(CLUSTERS), "spike_clusters")
                    : NpyFile.open(folder.resolve(TEMPLATES), "spike_templates");
            return new ClusteredSpikes(times, clusters);
        } catch (RuntimeException | Error e) {
            times.close();
            if (clusters != null) {
                clusters.close();
            }
            throw e;
        }
    }

    private ClusteredSpikes(NpyFile timesFile, NpyFile clustersFile) {
        this.timesFile = timesFile;
        this.clustersFile = clustersFile;
        times = timesFile.array();
        clusters = clustersFile.array();
        requireFlat(times);
        requireFlat(clusters);
        if (times.elements() != clusters.elements()) {
            throw clusters.invalid("shape " + clusters.shapeText() + ": expected " + times.elements()
                    + " elements, one for each spike of " + TIMES);
        }
        if (times.elements() == 0) {
            throw times.invalid("holds no spike, expected at least one");
        }
        long[] counts = new long[0];
        long before = 0;
        for (long from = 0; from < times.elements(); from += BLOCK) {
            int count = (int) Math.min(BLOCK, times.elements() - from);
            long[] samples = times.longs(from, count);
            long[] ids = clusters.longs(from, count);
            for (int i = 0; i < count; i++) {
                if (samples[i] < before) {
                    throw times.invalid(times.at(from + i) + " = " + samples[i] + (samples[i] < 0
                            ? ": expected samples from 0"
                            : " after " + before + ": expected samples that do not fall, as phy does"));
                }
                before = samples[i];
                if (ids[i] < 0 || ids[i] >= MAX_ID) {
                    throw clusters
                            .invalid(clusters.at(from + i) + " = " + ids[i] + ": expected the id of a cluster, from 0"
                                    + " and below " + MAX_ID);
                }
                if (ids[i] >= counts.length) {
                    counts = Arrays.copyOf(counts, Math.max((int) ids[i] + 1, 2 * counts.length));
                }
                counts[(int) ids[i]]++;
            }
        }
        spikes = counts;
        last = before;
    }

    /** [n], or [n, 1] as Kilosort writes it. */
    private static void requireFlat(NpyArray array) {
        int[] shape = array.shape();
        if (shape.length == 0 || Arrays.stream(shape).filter(extent -> extent != 1).count() > 1) {
            throw array.invalid("shape " + array.shapeText() + ": expected [spikes] or [spikes, 1]");
        }
    }

    /** Number of spikes. */
    long size() {
        return times.elements();
    }

    /** Ids of the clusters that have spikes, rising. */
    int[] ids() {
        return IntStream.range(0, spikes.length).filter(id -> spikes[id] > 0).toArray();
    }

    /** The sample of the last spike. */
    long last() {
        return last;
    }

    /** Number of spikes of a cluster. */
    long spikes(int id) {
        return id < spikes.length ? spikes[id] : 0;
    }

    /** The first spike that is not before a sample; their number if there is none. */
    private long lowerBound(long sample) {
        long low = 0;
        long high = times.elements();
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (times.longs(middle, 1)[0] < sample) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /**
     * Counts spikes in bins that begin at sample 0.
     *
     * @param rate samples per second
     * @param width of a bin, seconds
     * @param neurons which neuron a cluster is, by id; -1 for none
     * @param out [bins, N], zeros
     */
    void count(double rate, double width, int firstBin, int bins, int[] neurons, int n, float[] out) {
        long from = lowerBound((long) Math.floor(Math.max(0, Bins.earliest(0, width, firstBin) * rate)));
        while (from < times.elements()) {
            int count = (int) Math.min(COUNTED_AT_ONCE, times.elements() - from);
            long[] samples = times.longs(from, count);
            long[] ids = clusters.longs(from, count);
            for (int i = 0; i < count; i++) {
                long bin = Bins.of(samples[i] / rate, 0, width) - firstBin;
                if (bin >= bins) {
                    return;
                }
                int id = (int) ids[i];
                int neuron = bin < 0 || id >= neurons.length ? -1 : neurons[id];
                if (neuron >= 0) {
                    out[(int) bin * n + neuron]++;
                }
            }
            from += count;
        }
    }

    @Override
    public void close() {
        timesFile.close();
        clustersFile.close();
    }
}
