package kappa.fitting.online;

import kappa.fitting.kernel.ObservationKind;

/**
 * What is fitted, and how.
 *
 * @param neurons N
 * @param rank K
 * @param inputs S
 * @param alpha bin width over time constant
 * @param seed of the initial network and of every draw
 * @param stepsPerTrial Adam steps after each trial
 * @param bufferBytes what the replay buffer may hold; beyond it, trials are dropped at random
 */
public record FitPlan(int neurons, int rank, int inputs, double alpha, ObservationKind kind, long seed,
        int stepsPerTrial,
        long bufferBytes) {

    /** About 1,800 trials of 68 bins of 1,000 neurons. */
    public static final long DEFAULT_BUFFER_BYTES = 512L << 20;

    public static final int DEFAULT_STEPS_PER_TRIAL = 25;
}
