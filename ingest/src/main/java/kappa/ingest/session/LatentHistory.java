package kappa.ingest.session;

import com.google.protobuf.ByteString;
import java.lang.reflect.Array;
import java.util.Arrays;
import java.util.BitSet;
import kappa.ingest.wire.LatentBin;

/**
 * The newest bins of kappa, by their index: a bin that is published again replaces itself, and a bin that never came is not
 * there. Asking for a bin that is not there gives NaN, 0 or false. Not thread-safe.
 */
public final class LatentHistory {

    private static final byte TRIAL_START = 1;
    private static final byte EPOCH_START = 2;
    private static final byte AFTER_GAP = 4;

    private static final int FIRST_SLOTS = 32_768;
    /** Channels of behaviour that are kept. */
    private static final int MOST_BEHAVIORS = 8;

    private final int capacity;
    private final int rank;
    private final int inputs;
    private final boolean trials;
    private final int behaviors;
    // Slot of bin t: t % slots. Allocated with the first bin; doubled, up to the capacity, rather than forgetting a bin.
    private int slots;
    private long[] binAt = {};
    private float[] kappa; // [slot, K]
    private float[] sd; // [slot, K]
    private float[] v; // [slot, S]
    private float[] u; // [slot, S]
    private float[] behavior; // [slot, channels]
    private long[] rigTimeNs;
    private long[] trial;
    private int[] phase;
    private int[] silenced;
    private int[] epoch;
    private int[] lost;
    private byte[] marks;
    private long newest = -1;

    LatentHistory(int capacity, SessionDescription description) {
        this.capacity = capacity;
        rank = description.rank();
        inputs = description.inputs();
        trials = description.trials();
        behaviors = Math.min(MOST_BEHAVIORS, description.behaviorChannels().size());
    }

    private void allocate() {
        slots = Math.min(capacity, FIRST_SLOTS);
        binAt = new long[slots];
        Arrays.fill(binAt, -1);
        kappa = new float[slots * rank];
        sd = new float[slots * rank];
        v = new float[slots * inputs];
        u = new float[slots * inputs];
        behavior = new float[slots * behaviors];
        rigTimeNs = new long[slots];
        trial = new long[slots];
        phase = new int[slots];
        silenced = new int[slots];
        epoch = new int[slots];
        lost = new int[slots];
        marks = new byte[slots];
    }

    private void grow() {
        int before = slots;
        slots = (int) Math.min(capacity, 2L * before);
        long[] bins = binAt;
        binAt = new long[slots];
        Arrays.fill(binAt, -1);
        for (int slot = 0; slot < before; slot++) {
            if (bins[slot] >= 0) {
                binAt[(int) (bins[slot] % slots)] = bins[slot];
            }
        }
        kappa = moved(kappa, bins, rank);
        sd = moved(sd, bins, rank);
        v = moved(v, bins, inputs);
        u = moved(u, bins, inputs);
        behavior = moved(behavior, bins, behaviors);
        rigTimeNs = moved(rigTimeNs, bins, long[].class);
        trial = moved(trial, bins, long[].class);
        phase = moved(phase, bins, int[].class);
        silenced = moved(silenced, bins, int[].class);
        epoch = moved(epoch, bins, int[].class);
        lost = moved(lost, bins, int[].class);
        marks = moved(marks, bins, byte[].class);
    }

    /** Rows of an array at their new slots, which are those of the bins. */
    private float[] moved(float[] rows, long[] bins, int columns) {
        float[] to = new float[slots * columns];
        for (int slot = 0; slot < bins.length; slot++) {
            if (bins[slot] >= 0) {
                System.arraycopy(rows, slot * columns, to, (int) (bins[slot] % slots) * columns, columns);
            }
        }
        return to;
    }

    private <A> A moved(A array, long[] bins, Class<A> type) {
        A to = type.cast(Array.newInstance(type.getComponentType(), slots));
        for (int slot = 0; slot < bins.length; slot++) {
            if (bins[slot] >= 0) {
                System.arraycopy(array, slot, to, (int) (bins[slot] % slots), 1);
            }
        }
        return to;
    }

    void keep(long index, LatentBin bin, boolean startsEpoch, boolean followsGap) {
        if (binAt.length == 0 && capacity > 0) {
            allocate();
        }
        if (capacity == 0 || index <= newest - capacity) {
            return;
        }
        while (slots < capacity && binAt[(int) (index % slots)] >= 0 && binAt[(int) (index % slots)] != index) {
            grow();
        }
        int slot = (int) (index % slots);
        if (binAt[slot] > index) {
            return;
        }
        newest = Math.max(newest, index);
        boolean again = binAt[slot] == index;
        binAt[slot] = index;
        for (int k = 0; k < rank; k++) {
            kappa[slot * rank + k] = bin.getKappa(k);
            sd[slot * rank + k] = (float) standardDeviation(bin, k);
        }
        for (int s = 0; s < inputs; s++) {
            v[slot * inputs + s] = bin.getV(s);
            u[slot * inputs + s] = bin.getInputsCount() == 0 ? 0 : bin.getInputs(s);
        }
        for (int b = 0; b < behaviors; b++) {
            behavior[slot * behaviors + b] = b < bin.getBehaviorCount() ? bin.getBehavior(b) : Float.NaN;
        }
        rigTimeNs[slot] = bin.getRigTimeNs();
        trial[slot] = bin.getTrial();
        phase[slot] = bin.getPhase();
        silenced[slot] = marked(bin.getSilenced());
        epoch[slot] = bin.getClock().getEpoch();
        lost[slot] = bin.getClock().getLost();
        if (!again) {
            marks[slot] = (byte) ((bin.getTrialStart() && trials ? TRIAL_START : 0) | (startsEpoch ? EPOCH_START : 0)
                    | (followsGap ? AFTER_GAP : 0));
        }
    }

    /** Of kappa k, from the diagonal of the covariance's lower triangle. */
    static double standardDeviation(LatentBin bin, int k) {
        return Math.sqrt(Math.max(0, bin.getCovariance(k * (k + 3) / 2)));
    }

    private static int marked(ByteString mask) {
        return mask.isEmpty() ? 0 : BitSet.valueOf(mask.asReadOnlyByteBuffer()).cardinality();
    }

    private int slot(long bin) {
        if (bin < 0 || binAt.length == 0) {
            return -1;
        }
        int slot = (int) (bin % slots);
        return binAt[slot] == bin ? slot : -1;
    }

    private boolean marked(long bin, byte mark) {
        int slot = slot(bin);
        return slot >= 0 && (marks[slot] & mark) != 0;
    }

    public int capacity() {
        return capacity;
    }

    public boolean has(long bin) {
        return slot(bin) >= 0;
    }

    public float kappa(long bin, int k) {
        int slot = slot(bin);
        return slot < 0 ? Float.NaN : kappa[slot * rank + k];
    }

    /** Standard deviation of kappa k. */
    public float sd(long bin, int k) {
        int slot = slot(bin);
        return slot < 0 ? Float.NaN : sd[slot * rank + k];
    }

    /** Input coordinate: input s, filtered by the network's time constant. */
    public float v(long bin, int s) {
        int slot = slot(bin);
        return slot < 0 ? Float.NaN : v[slot * inputs + s];
    }

    /** Input s as it was. */
    public float input(long bin, int s) {
        int slot = slot(bin);
        return slot < 0 ? Float.NaN : u[slot * inputs + s];
    }

    /** Number of channels of behaviour that are kept: the first {@value #MOST_BEHAVIORS}. */
    public int behaviors() {
        return behaviors;
    }

    /** Channel b of behaviour; NaN where it is not known. */
    public float behavior(long bin, int b) {
        int slot = slot(bin);
        return slot < 0 ? Float.NaN : behavior[slot * behaviors + b];
    }

    /** End of the bin on the rig's clock. */
    public long rigTimeNs(long bin) {
        int slot = slot(bin);
        return slot < 0 ? 0 : rigTimeNs[slot];
    }

    public long trial(long bin) {
        int slot = slot(bin);
        return slot < 0 ? 0 : trial[slot];
    }

    /** 0 for none, else the phase's number from 1. */
    public int phase(long bin) {
        int slot = slot(bin);
        return slot < 0 ? 0 : phase[slot];
    }

    /** Neurons that were being silenced. */
    public int silenced(long bin) {
        int slot = slot(bin);
        return slot < 0 ? 0 : silenced[slot];
    }

    /** Epoch of the rig's clock, which grows where that clock begins anew. */
    public int epoch(long bin) {
        int slot = slot(bin);
        return slot < 0 ? 0 : epoch[slot];
    }

    /** Messages or samples known to be lost that may have been this bin's. */
    public long messagesLost(long bin) {
        int slot = slot(bin);
        return slot < 0 ? 0 : Integer.toUnsignedLong(lost[slot]);
    }

    /** Whether a trial begins with this bin; never in a session without trials. */
    public boolean startsTrial(long bin) {
        return marked(bin, TRIAL_START);
    }

    /** Whether an epoch begins with this bin; not the session's first. */
    public boolean startsEpoch(long bin) {
        return marked(bin, EPOCH_START);
    }

    /** Whether bins just before this one never came. */
    public boolean followsGap(long bin) {
        return marked(bin, AFTER_GAP);
    }
}
