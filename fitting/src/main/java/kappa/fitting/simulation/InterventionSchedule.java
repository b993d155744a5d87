package kappa.fitting.simulation;

import kappa.ingest.recording.Intervention;
import kappa.ingest.recording.RecordedBin;

/**
 * How a simulated rig obeys: it perturbs each so many-th trial, until as many are done as were asked for, by setting r_i = 0
 * during the bins that were asked for. N stays what it is: a silent neuron drives nobody, and everybody still drives it. Not
 * thread-safe.
 */
public final class InterventionSchedule {

    private static final int[] NONE = {};
    private static final int EVERY = 2;

    private final int[] recorded;
    private Intervention request = Intervention.NONE;
    private int[] neurons = NONE;
    private int trialsLeft;
    private long trialsSince;
    private boolean perturbs;

    /** @param recorded which of the network's neurons each of the session's is */
    public InterventionSchedule(int[] recorded) {
        this.recorded = recorded.clone();
    }

    /** Takes a request over, from the next trial on. */
    public void accept(Intervention newest) {
        request = newest;
        neurons = newest.neurons().stream().mapToInt(i -> recorded[i]).toArray();
        trialsLeft = newest.trials();
        trialsSince = 0;
    }

    /** A trial begins. */
    public void startTrial() {
        int every = request.every() == 0 ? EVERY : request.every();
        perturbs = trialsLeft > 0 && trialsSince % every == 0;
        trialsSince++;
        if (perturbs) {
            trialsLeft--;
        }
    }

    private boolean covers(int bin) {
        return perturbs && bin >= request.firstBin()
                && (request.bins() == 0 || bin - request.firstBin() < request.bins());
    }

    /** The network's neurons that are silent in a bin of the present trial, counted from 0; do not change them. */
    public int[] silent(int bin) {
        return covers(bin) ? neurons : NONE;
    }

    /** Says in a bin of the present trial what was done to it; what was recorded of a silent neuron is 0. */
    public void mark(RecordedBin out, int bin) {
        if (!covers(bin)) {
            return;
        }
        out.intervention = request.id();
        for (int neuron : request.neurons()) {
            out.silenced.set(neuron);
            out.activity[neuron] = 0;
        }
    }
}
