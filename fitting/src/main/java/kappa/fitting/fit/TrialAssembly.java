package kappa.fitting.fit;

import java.util.Arrays;
import kappa.fitting.model.Start;
import kappa.fitting.model.Trial;
import kappa.fitting.model.TrialBoundaries;

/**
 * The trial or segment that is being recorded, bin by bin, until it is whole; {@link TrialBoundaries} says where one ends and
 * the next begins. Not thread-safe.
 */
public final class TrialAssembly {

    /** Bins that find the state where a trial's beginning is not at hand. */
    public static final int WARM_UP = 25;

    /** New bins of a segment, in sessions without trials. */
    public static final int SEGMENT = 100;

    /** A trial that is longer is learned from in pieces. */
    public static final int MAX_BINS = 2_000;

    /** So is one of more numbers, 64 MiB of them: of 100,000 neurons, some 167 bins. */
    private static final int MAX_NUMBERS = 1 << 24;

    private final int neurons;
    private final int inputs;
    private final int most;
    private float[] y;
    private float[] v;
    private long[] offsets;
    private boolean[] perturbed;
    private int bins;
    private int warmUp;
    private long firstBin;
    private boolean open;

    /** @param trials whether the session is cut into trials; else it is cut into segments of {@link #SEGMENT} bins */
    public TrialAssembly(int neurons, int inputs, boolean trials) {
        this.neurons = neurons;
        this.inputs = inputs;
        most = trials ? Math.clamp(MAX_NUMBERS / (neurons + inputs), SEGMENT, MAX_BINS) : SEGMENT;
        y = new float[SEGMENT * neurons];
        v = new float[(SEGMENT + 1) * inputs];
        offsets = new long[SEGMENT];
        perturbed = new boolean[SEGMENT];
    }

    public boolean open() {
        return open;
    }

    public int bins() {
        return bins;
    }

    /** Bins that the fit can learn from so far. */
    public int usableBins() {
        return Math.max(0, bins - warmUp);
    }

    /** Bins that the open trial or segment still takes; at 0 it must be closed. */
    public int room() {
        return most - usableBins();
    }

    /** Whether neurons were silenced in a bin of the open trial or segment, its warm-up included: nothing is learned from it. */
    public boolean perturbed() {
        for (int t = 0; t < bins; t++) {
            if (perturbed[t]) {
                return true;
            }
        }
        return false;
    }

    /**
     * Begins what the next bin belongs to, now that nothing is open.
     *
     * @param first the session's index of that bin
     * @param missing bins that never came just before it
     * @param v [S] input coordinates; set to 0 where a trial begins or nothing is known
     */
    public void begin(long first, Start start, long missing, float[] v) {
        if (start != Start.SEGMENT) {
            Arrays.fill(v, 0);
            begin(first, start == Start.TRIAL ? 0 : WARM_UP, v);
        } else if (missing == 0 && bins > 0) {
            beginWithTail();
        } else {
            begin(first, WARM_UP, v);
        }
    }

    /**
     * Begins a trial or segment with nothing before it.
     *
     * @param vBefore v just before its first bin, S numbers
     */
    public void begin(long first, int warmUpBins, float[] vBefore) {
        open = true;
        bins = 0;
        firstBin = first;
        warmUp = warmUpBins;
        System.arraycopy(vBefore, 0, v, 0, inputs);
    }

    /** Begins a segment whose warm-up is the end of the one just closed. */
    public void beginWithTail() {
        int tail = Math.min(WARM_UP, bins);
        int drop = bins - tail;
        System.arraycopy(y, drop * neurons, y, 0, tail * neurons);
        System.arraycopy(v, drop * inputs, v, 0, (tail + 1) * inputs);
        System.arraycopy(offsets, drop, offsets, 0, tail);
        System.arraycopy(perturbed, drop, perturbed, 0, tail);
        firstBin += drop;
        bins = tail;
        warmUp = WARM_UP;
        open = true;
    }

    /**
     * Adds bins.
     *
     * @param newY [count,N]
     * @param newV [count,S]
     * @param offset of their record on kappa.activity
     * @param silenced whether neurons were silenced in any of them
     */
    public void append(float[] newY, float[] newV, int count, long offset, boolean silenced) {
        int needed = bins + count;
        if (needed > offsets.length) {
            int capacity = Math.max(needed, 2 * offsets.length);
            y = Arrays.copyOf(y, capacity * neurons);
            v = Arrays.copyOf(v, (capacity + 1) * inputs);
            offsets = Arrays.copyOf(offsets, capacity);
            perturbed = Arrays.copyOf(perturbed, capacity);
        }
        System.arraycopy(newY, 0, y, bins * neurons, count * neurons);
        System.arraycopy(newV, 0, v, (bins + 1) * inputs, count * inputs);
        Arrays.fill(offsets, bins, needed, offset);
        Arrays.fill(perturbed, bins, needed, silenced);
        bins = needed;
    }

    /** The whole trial; its tail stays for {@link #beginWithTail}. */
    public Trial close(long index) {
        open = false;
        return new Trial(index, firstBin, bins, warmUp, Arrays.copyOf(y, bins * neurons),
                Arrays.copyOf(v, (bins + 1) * inputs), bins == 0 ? 0 : offsets[0]);
    }

    /** What {@link #beginWithTail} would begin with, without its activity: first bin, bins, offset and v. */
    public Trial tail() {
        int tail = Math.min(WARM_UP, bins);
        int drop = bins - tail;
        return new Trial(0, firstBin + drop, tail, WARM_UP, new float[0],
                Arrays.copyOfRange(v, drop * inputs, (drop + 1) * inputs), tail == 0 ? 0 : offsets[drop]);
    }
}
