package kappa.ingest.recording;

import java.util.Arrays;
import java.util.BitSet;

/**
 * One bin of a recording in plain numbers. A reader makes one ({@link RecordingDescription#newBin}) and has a {@link BinSource}
 * fill it again and again; who keeps a bin copies it with {@link #set}. Not thread-safe.
 */
public final class RecordedBin {

    /**
     * The largest magnitude of a measurement. The square of a larger number overflows a float, and a noise variance that has
     * become infinite stays infinite: the filter would never use that neuron again.
     */
    public static final float MAX_MAGNITUDE = 1e12f;

    /** [N] rates, currents or counts; NaN where a neuron was not observed. */
    public final float[] activity;

    /** [S] inputs during this bin. */
    public final float[] inputs;

    /** [channels] behaviour; NaN where it is unknown. */
    public final float[] behavior;

    /** Number of the trial, which grows within a session; 0 in sessions without trials. */
    public long trial;

    /** Whether this is known to be the trial's last bin. */
    public boolean trialEnd;

    /** Index of the phase, from 1; 0 for none. */
    public int phase;

    /** End of the bin on the rig's clock, nanoseconds. */
    public long rigTimeNs;

    /** The neurons that were being silenced during this bin. */
    public final BitSet silenced = new BitSet();

    /** Id of the intervention that the rig followed in this bin; empty for none. */
    public String intervention = "";

    /** Whether the end of the bin is known on other clocks as well: only then do the fields below mean anything. */
    public boolean clocked;

    /** What the rig counts: samples of its acquisition clock, or bins of a recording. */
    public long sample;

    /** Unix time of the host, nanoseconds; 0 where it is unknown. */
    public long hostUnixNs;

    /** How far {@link #hostUnixNs} may be off, nanoseconds. */
    public long errorNs;

    /** Grows whenever sample and rig time begin anew or jump. */
    public int epoch;

    /** Messages or samples known to be lost that may have belonged to this bin. */
    public int lost;

    public RecordedBin(int neurons, int inputs, int behaviors) {
        activity = new float[neurons];
        this.inputs = new float[inputs];
        behavior = new float[behaviors];
    }

    /** Sets everything but the numbers of the three arrays to what it is in a new bin. */
    public void clear() {
        trial = 0;
        trialEnd = false;
        phase = 0;
        rigTimeNs = 0;
        silenced.clear();
        intervention = "";
        clocked = false;
        sample = 0;
        hostUnixNs = 0;
        errorNs = 0;
        epoch = 0;
        lost = 0;
    }

    /** Becomes like another bin of the same session. */
    public void set(RecordedBin other) {
        System.arraycopy(other.activity, 0, activity, 0, activity.length);
        System.arraycopy(other.inputs, 0, inputs, 0, inputs.length);
        System.arraycopy(other.behavior, 0, behavior, 0, behavior.length);
        trial = other.trial;
        trialEnd = other.trialEnd;
        phase = other.phase;
        rigTimeNs = other.rigTimeNs;
        silenced.clear();
        silenced.or(other.silenced);
        intervention = other.intervention;
        clocked = other.clocked;
        sample = other.sample;
        hostUnixNs = other.hostUnixNs;
        errorNs = other.errorNs;
        epoch = other.epoch;
        lost = other.lost;
    }

    /**
     * Writes the activity for the fit: NaN for neurons that were not observed, silenced or hidden.
     *
     * @param y [N + hidden neurons]
     */
    public void usableActivity(float[] y) {
        System.arraycopy(activity, 0, y, 0, activity.length);
        Arrays.fill(y, activity.length, y.length, Float.NaN);
        for (int i = silenced.nextSetBit(0); i >= 0; i = silenced.nextSetBit(i + 1)) {
            y[i] = Float.NaN;
        }
    }
}
