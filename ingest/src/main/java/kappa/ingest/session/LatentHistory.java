package kappa.ingest.session;

import com.google.protobuf.ByteString;
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

    private final int capacity;
    private final int rank;
    private final int inputs;
    private final boolean trials;
    // Slot of bin t: t % capacity. Allocated with the first bin.
    private long[] binAt = {};
    private float[] kappa; // [slot, K]
    private float[] sd; // [slot, K]
    private float[] v; // [slot, S]
    private float[] u; // [slot, S]
    private long[] rigTimeNs;
    private long[] trial;
    private int[] phase;
    private int[] silenced;
    private int[] epoch;
    private int[] lost;
    private byte[] marks;

    LatentHistory(int capacity, SessionDescription description) {
        this.capacity = capacity;
        rank = description.rank();
        inputs = description.inputs();
        trials = description.trials();
    }

    private void allocate() {
        binAt = new long[capacity];
        Arrays.fill(binAt, -1);
        kappa = new float[capacity * rank];
        sd = new float[capacity * rank];
        v = new float[capacity * inputs];
        u = new float[capacity * inputs];
        rigTimeNs = new long[capacity];
        trial = new long[capacity];
        phase = new int[capacity];
        silenced = new int[capacity];
        epoch = new int[capacity];
        lost = new int[capacity];
        marks = new byte[capacity];
    }

    void keep(long index, LatentBin bin, boolean startsEpoch, boolean followsGap) {
        if (binAt.length == 0 && capacity > 0) {
            allocate();
        }
        if (capacity == 0 || binAt[(int) (index % capacity)] > index) {
            return;
        }
        int slot = (int) (index % capacity);
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
        int slot = (int) (bin % capacity);
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
