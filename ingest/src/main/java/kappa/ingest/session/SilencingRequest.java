package kappa.ingest.session;

/**
 * The newest request to silence neurons.
 *
 * @param name of the set of neurons, for people
 * @param neurons how many neurons
 * @param trials how many trials to perturb
 * @param every each so many-th trial is to be perturbed
 * @param perturbed trials that the rig has perturbed for it
 * @param revision grows whenever one of the others changes
 */
public record SilencingRequest(String id, String name, int neurons, int trials, int every, long perturbed,
        long revision) {}
