package kappa.fitting.model;

import java.util.Optional;
import kappa.ingest.recording.Observation;

/**
 * The plan of a fit: sizes, seed and settings.
 *
 * @param neurons N, hidden ones included
 * @param rank K
 * @param inputs S, the columns of an input basis included
 * @param alpha bin width over time constant
 * @param seed of the initial network and of every draw
 * @param stepsPerTrial Adam steps after each trial
 * @param bufferBytes what the replay buffer may hold; beyond it, trials are dropped at random
 * @param settings the options of the loss
 * @param start the model of an earlier session to start from; empty to begin with a random network
 */
public record FitPlan(int neurons, int rank, int inputs, double alpha, Observation kind, long seed,
        int stepsPerTrial, long bufferBytes, Settings settings, Optional<StartingModel> start) {

    /** About 1,800 trials of 68 bins of 1,000 neurons. */
    public static final long DEFAULT_BUFFER_BYTES = 512L << 20;

    public static final int DEFAULT_STEPS_PER_TRIAL = 25;

    public static final double DEFAULT_TRACKER_BINS = 30;

    /**
     * Options of the loss; each can be had alone.
     *
     * @param biases whether biases b and kappa at a trial's start are learnt; otherwise both are 0
     * @param filterLoss whether half of the loss is the filter's one-step prediction, with the gradient through the filter, so
     *        that process noise and the uncertainty of a trial's start are learnt, too
     * @param prior weight of a Gaussian prior on m, W, n and b, whose variances follow the parameters' own (empirical Bayes);
     *        1 is Bayes' weight beside the bins seen so far, 0 is none
     * @param halfLifeTrials trials after which a past trial is replayed half as often, for connectivity that changes; infinity
     *        for a connectivity that stays
     * @param trackerBins time constant with which one-step predictions of counts follow slow changes of each neuron's gain
     *        ({@code GainTracker}); 0 for not at all. Those of rates and currents follow what is left of each neuron with time
     *        constants of their own ({@code ResidualTracker}), unless it is 0
     * @param linearDynamics whether neurons drive each other linearly, to compare with; no network file can hold such a fit
     * @param choosesTimeConstant whether alpha is only where a choice by evidence begins; for sessions without inputs
     */
    public record Settings(boolean biases, boolean filterLoss, double prior, double halfLifeTrials,
            double trackerBins, boolean linearDynamics, boolean choosesTimeConstant) {

        public static final Settings DEFAULT = new Settings(false, true, 1, Double.POSITIVE_INFINITY,
                DEFAULT_TRACKER_BINS, false);

        /** With a time constant that is given. */
        public Settings(boolean biases, boolean filterLoss, double prior, double halfLifeTrials, double trackerBins,
                boolean linearDynamics) {
            this(biases, filterLoss, prior, halfLifeTrials, trackerBins, linearDynamics, false);
        }
    }

    /** The same with linear dynamics. */
    public FitPlan withLinearDynamics() {
        return new FitPlan(neurons, rank, inputs, alpha, kind, seed, stepsPerTrial, bufferBytes,
                new Settings(settings.biases, settings.filterLoss, settings.prior, settings.halfLifeTrials,
                        settings.trackerBins, true, settings.choosesTimeConstant),
                start);
    }

    /** Whether a model of this session predicts anything: version 0 only does if the session starts from a model. */
    public boolean predicts(PublishedModel model) {
        return model.version() > 0 || start.isPresent();
    }

    /** The m, [K,N], whose axes a model keeps that is published after another; null if it is the first that predicts. */
    public float[] axesOf(PublishedModel previous) {
        return previous != null && predicts(previous) ? previous.model().network().m() : null;
    }

    /** One that begins with a random network. */
    public FitPlan(int neurons, int rank, int inputs, double alpha, Observation kind, long seed, int stepsPerTrial,
            long bufferBytes, Settings settings) {
        this(neurons, rank, inputs, alpha, kind, seed, stepsPerTrial, bufferBytes, settings, Optional.empty());
    }

    /** With the default settings. */
    public FitPlan(int neurons, int rank, int inputs, double alpha, Observation kind, long seed, int stepsPerTrial,
            long bufferBytes) {
        this(neurons, rank, inputs, alpha, kind, seed, stepsPerTrial, bufferBytes, Settings.DEFAULT);
    }
}
