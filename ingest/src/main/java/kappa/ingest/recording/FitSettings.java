package kappa.ingest.recording;

/**
 * What a session asks of its fit. Immutable.
 *
 * @param rank K, at least 1
 * @param hiddenNeurons unobserved neurons beside the recorded ones
 * @param timeConstantS of the neurons, in seconds; 0 for the default, which the fit may change where currents without inputs are
 *        fitted
 * @param seed of every random number that the fit draws
 * @param lockstep whether a replay waits for learning, so that every run makes the same model
 * @param stepsPerTrial Adam steps after each trial
 * @param oneStep whether the loss is the mean of the free run's and of the filter's one-step prediction, not the free run's
 *        alone
 * @param biases whether biases and the start of a trial are learned
 * @param prior weight of the Gaussian prior, 0 for none
 * @param halfLifeTrials trials after which a past trial is replayed half as often; 0 for all alike
 * @param trackerBins time constant of the gain tracker in bins; 0 for none
 */
public record FitSettings(int rank, int hiddenNeurons, double timeConstantS, long seed, boolean lockstep,
        int stepsPerTrial, boolean oneStep, boolean biases, double prior, double halfLifeTrials, double trackerBins) {

    /** The settings of a live session that leaves everything else at its default. */
    public static FitSettings of(int rank, long seed) {
        return new FitSettings(rank, 0, 0.1, seed, false, 25, true, false, 1, 0, 30);
    }

    public FitSettings withHiddenNeurons(int other) {
        return new FitSettings(rank, other, timeConstantS, seed, lockstep, stepsPerTrial, oneStep, biases, prior,
                halfLifeTrials, trackerBins);
    }

    public FitSettings withBiases(boolean other) {
        return new FitSettings(rank, hiddenNeurons, timeConstantS, seed, lockstep, stepsPerTrial, oneStep, other,
                prior, halfLifeTrials, trackerBins);
    }

    public FitSettings withRank(int other) {
        return new FitSettings(other, hiddenNeurons, timeConstantS, seed, lockstep, stepsPerTrial, oneStep, biases,
                prior, halfLifeTrials, trackerBins);
    }
}
