package kappa.ingest.recording;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What each neuron's numbers look like, bin by bin in one pass: how many there are, how they vary, which lie far out. A few
 * numbers are kept of each neuron, and none of the recording. Not thread-safe.
 */
final class NeuronSurvey {

    /** Of a neuron with fewer changes it is chance that another has the same. */
    private static final int CHANGES_THAT_TELL = 10;

    /** Below so many bins nothing is called an artefact; of more, at most one in so many bins of a neuron. */
    private static final int BINS_PER_ARTEFACT = 100;

    /** An artefact is so many times as large as what comes next to it. */
    private static final double ARTEFACT_FACTOR = 10;

    /** No neuron fires faster, and fewer spikes in a bin are no artefact. */
    private static final double MAX_RATE_HZ = 1_000;
    private static final double MIN_ARTEFACT_SPIKES = 100;

    /** An artefact of a continuous signal lies so many standard deviations from the mean. */
    private static final double ARTEFACT_SD = 100;

    /** Fewer values give no standard deviation to judge by. */
    private static final long BINS_FOR_SD = 500;

    private static final long HASH_FACTOR = 0x9E3779B97F4A7C15L;

    private final int neurons;
    private final boolean counts;
    private final double mostSpikes;
    private final long[] observed;
    private final long[] changes;
    private final long[] hash;
    private final float[] newest;
    private final float[] shift; // sums are taken about it, against cancellation
    private final double[] sum; // of the values that are neither among the largest nor the smallest
    private final double[] squares;
    private final LargestValues largest;
    private final LargestValues smallest; // with the other sign; null for counts

    NeuronSurvey(int neurons, boolean counts, double binWidthS) {
        this.neurons = neurons;
        this.counts = counts;
        mostSpikes = Math.max(MIN_ARTEFACT_SPIKES, MAX_RATE_HZ * binWidthS);
        observed = new long[neurons];
        changes = new long[neurons];
        hash = new long[neurons];
        newest = new float[neurons];
        Arrays.fill(newest, Float.NaN);
        shift = newest.clone();
        sum = new double[neurons];
        squares = new double[neurons];
        largest = new LargestValues(neurons);
        smallest = counts ? null : new LargestValues(neurons);
    }

    /**
     * Looks at a bin.
     *
     * @param y [N] from {@code offset} on, NaN where not observed
     * @return the sum of its numbers
     */
    double add(float[] y, int offset, long bin) {
        double all = 0;
        for (int i = 0; i < neurons; i++) {
            float value = y[offset + i];
            hash[i] = (hash[i] + Float.floatToIntBits(value) + 1) * HASH_FACTOR;
            if (Float.isNaN(value)) {
                continue;
            }
            all += value;
            observed[i]++;
            if (value != newest[i]) {
                newest[i] = value;
                changes[i]++;
            }
            float rest = largest.offer(i, value, bin);
            if (!counts && !Float.isNaN(rest)) {
                rest = -smallest.offer(i, -rest, largest.outBin());
            }
            if (!Float.isNaN(rest)) {
                if (Float.isNaN(shift[i])) {
                    shift[i] = rest;
                }
                double d = (double) rest - shift[i];
                sum[i] += d;
                squares[i] += d * d;
            }
        }
        return all;
    }

    long observed(int neuron) {
        return observed[neuron];
    }

    /** Whether a neuron has one and the same value in all bins, of which there are some. */
    boolean constant(int neuron) {
        return observed[neuron] > 1 && changes[neuron] == 1;
    }

    /** The newest value that was observed; NaN if none was. */
    float newest(int neuron) {
        return newest[neuron];
    }

    /** Whether a neuron was observed and no number of it is above 0. */
    boolean silent(int neuron) {
        return observed[neuron] > 0 && !(largest.value(neuron, 0) > 0);
    }

    /** Mean count without artefacts. */
    double mean(int neuron) {
        int artefacts = artefactsOfCounts(neuron);
        double total = sum[neuron] + (double) rest(neuron) * (Float.isNaN(shift[neuron]) ? 0 : shift[neuron]);
        for (int k = artefacts; k < largest.size(neuron); k++) {
            total += largest.value(neuron, k);
        }
        return total / Math.max(1, observed[neuron] - artefacts);
    }

    /** How many values were summed. */
    private long rest(int neuron) {
        return observed[neuron] - largest.size(neuron) - (counts ? 0 : smallest.size(neuron));
    }

    /** Standard deviation of the values between the largest and the smallest ones; NaN if there are too few. */
    double sd(int neuron) {
        long n = rest(neuron);
        double mean = sum[neuron] / n;
        return n < BINS_FOR_SD ? Double.NaN : Math.sqrt(Math.max(0, squares[neuron] / n - mean * mean));
    }

    /** Neurons with the same numbers in every bin, the first of them first; groups of two or more. */
    List<List<Integer>> alike() {
        Map<Long, List<Integer>> byHash = new HashMap<>();
        for (int i = 0; i < neurons; i++) {
            if (changes[i] > CHANGES_THAT_TELL) {
                byHash.computeIfAbsent(hash[i], _ -> new ArrayList<>()).add(i);
            }
        }
        return byHash.values().stream().filter(group -> group.size() > 1)
                .sorted(Comparator.comparing(List::getFirst)).toList();
    }

    /** The bins that lie far beyond all others of their neuron. */
    List<Artefact> artefacts() {
        List<Artefact> found = new ArrayList<>();
        for (int i = 0; i < neurons; i++) {
            if (counts) {
                int n = artefactsOfCounts(i);
                for (int k = 0; k < n; k++) {
                    found.add(new Artefact(i, largest.bin(i, k), largest.value(i, k), largest.value(i, n)));
                }
            } else {
                addArtefactsOfSignal(i, found);
            }
        }
        return found;
    }

    private int most(int neuron, int kept) {
        return (int) Math.min(kept - 1, observed[neuron] / BINS_PER_ARTEFACT);
    }

    /** More spikes than a neuron can fire, and many times what it has in any other bin. */
    private int artefactsOfCounts(int neuron) {
        for (int k = most(neuron, largest.size(neuron)); k > 0; k--) {
            double least = largest.value(neuron, k - 1);
            if (least > mostSpikes && least >= ARTEFACT_FACTOR * (largest.value(neuron, k) + 1)) {
                return k;
            }
        }
        return 0;
    }

    /** Far from the mean, and many times as far as any other bin. */
    private void addArtefactsOfSignal(int neuron, List<Artefact> found) {
        double sd = sd(neuron);
        if (!(sd > 0)) {
            return;
        }
        double mean = shift[neuron] + sum[neuron] / rest(neuron);
        List<Artefact> far = new ArrayList<>();
        for (int k = 0; k < largest.size(neuron); k++) {
            far.add(new Artefact(neuron, largest.bin(neuron, k), largest.value(neuron, k), 0));
        }
        for (int k = 0; k < smallest.size(neuron); k++) {
            far.add(new Artefact(neuron, smallest.bin(neuron, k), -smallest.value(neuron, k), 0));
        }
        far.sort(Comparator.comparingDouble(bin -> -Math.abs(bin.value() - mean)));
        for (int k = most(neuron, far.size()); k > 0; k--) {
            double least = Math.abs(far.get(k - 1).value() - mean);
            float next = far.get(k).value();
            if (least >= ARTEFACT_SD * sd && least >= ARTEFACT_FACTOR * Math.abs(next - mean)) {
                far.subList(0, k).forEach(
                        bin -> found.add(new Artefact(neuron, bin.bin(), bin.value(), next)));
                return;
            }
        }
    }
}
