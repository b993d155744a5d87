package kappa.ingest.recording;

import java.util.List;

/**
 * A request to silence neurons.
 *
 * @param id names the request in the bins of the trials that it perturbs
 * @param neurons indices of the neurons to silence
 * @param trials how many trials to perturb; 0 ends the perturbations
 * @param every perturb each so many-th trial, the next one first; 0 leaves it to the rig
 * @param firstBin first bin of the trial to silence them in, from 0
 * @param bins how many bins from there on; 0 for all that follow
 */
public record Intervention(String id, List<Integer> neurons, int trials, int every, int firstBin, int bins) {

    public static final Intervention NONE = new Intervention("", List.of(), 0, 0, 0, 0);

    public Intervention {
        neurons = List.copyOf(neurons);
    }
}
