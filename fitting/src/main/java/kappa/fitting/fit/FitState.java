package kappa.fitting.fit;

/**
 * The state from which an {@link OnlineFitter} continues, without the activity in the replay buffer. Arrays are
 * copies.
 *
 * @param kappaSquares running mean squares of kappa
 * @param noiseSquares running mean squares of the observation's errors
 * @param noise [N] variance of the observation noise
 * @param factorLosses of the process noise times each factor that is tried
 * @param trialsSeen trials so far
 * @param binsLearned bins before this one have been learned from
 * @param seen [N] neurons whose observation map has been started
 * @param activity the unit that activity is fitted in
 * @param alpha bin width over time constant
 * @param timeConstantLosses of the time constants that are compared with it
 */
public record FitState(Optimiser optimiser, RunningSquares kappaSquares, RunningSquares noiseSquares, float[] noise,
        double[] factorLosses, long trialsSeen, long binsLearned, boolean[] seen, ActivityScale activity,
        double alpha, double[] timeConstantLosses) {

    /** Parameters, both moments of their gradients, the average of the iterates, and the number of steps. */
    public record Optimiser(Parameters values, Parameters first, Parameters second, Parameters average, long steps) {}

    /** Weighted sums of squares, and the weight. */
    public record RunningSquares(double[] sums, double weight) {}
}
