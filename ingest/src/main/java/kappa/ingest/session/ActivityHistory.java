package kappa.ingest.session;

import java.util.Arrays;
import java.util.stream.IntStream;
import kappa.ingest.recording.Observation;
import kappa.ingest.wire.Bin;
import kappa.ingest.wire.WireChecks;

/** The newest bins of activity, by their index, and which neurons are the most active. Not thread-safe. */
public final class ActivityHistory {

    private static final int MIN_BINS = 16;
    private static final int MAX_BINS = 32_768;
    private static final int MOST_ACTIVE = 4;
    private static final int[] CHOOSE_AT = {1, 50, 250, 1_000};

    private final int neurons;
    private final boolean counts;
    private final int capacity;
    // Slot of bin t: t % capacity. Allocated with the first bin.
    private long[] binAt = {};
    private float[] activity; // [slot, N], NaN where not observed
    private double[] sum;
    private double[] squares;
    private long[] observed;
    private long bins;
    private int[] mostActive = {};

    ActivityHistory(int values, SessionDescription description) {
        neurons = description.neurons().size();
        counts = description.observation() == Observation.COUNTS;
        capacity = values == 0 ? 0 : Math.clamp(values / neurons, MIN_BINS, MAX_BINS);
    }

    void keep(long index, Bin bin) {
        if (capacity == 0) {
            return;
        }
        if (binAt.length == 0) {
            binAt = new long[capacity];
            Arrays.fill(binAt, -1);
            activity = new float[capacity * neurons];
            sum = new double[neurons];
            squares = new double[neurons];
            observed = new long[neurons];
        }
        int slot = (int) (index % capacity);
        binAt[slot] = index;
        for (int i = 0; i < neurons; i++) {
            float y = WireChecks.unobserved(bin, i) ? Float.NaN : counts ? bin.getCounts(i) : bin.getValues(i);
            activity[slot * neurons + i] = y;
            if (!Float.isNaN(y)) {
                sum[i] += y;
                squares[i] += (double) y * y;
                observed[i]++;
            }
        }
        bins++;
        if (Arrays.stream(CHOOSE_AT).anyMatch(at -> at == bins)) {
            mostActive = chooseMostActive();
        }
    }

    /** Counts: the highest mean. Rates and currents: the highest variance, since their mean says little. */
    private int[] chooseMostActive() {
        double[] score = new double[neurons];
        for (int i = 0; i < neurons; i++) {
            double mean = sum[i] / Math.max(1, observed[i]);
            score[i] = counts ? mean : squares[i] / Math.max(1, observed[i]) - mean * mean;
        }
        return IntStream.range(0, neurons).boxed().sorted((a, b) -> Double.compare(score[b], score[a]))
                .limit(MOST_ACTIVE).mapToInt(i -> i).sorted().toArray();
    }

    public int capacity() {
        return capacity;
    }

    /** Activity of a neuron; NaN where it was not observed or the bin is not kept. */
    public float value(int neuron, long bin) {
        if (binAt.length == 0 || bin < 0 || neuron >= neurons) {
            return Float.NaN;
        }
        int slot = (int) (bin % capacity);
        return binAt[slot] == bin ? activity[slot * neurons + neuron] : Float.NaN;
    }

    /** Indices of the most active neurons, ascending; empty before the first bin. */
    public int[] mostActive() {
        return mostActive.clone();
    }
}
