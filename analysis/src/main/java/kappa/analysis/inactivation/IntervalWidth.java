package kappa.analysis.inactivation;

/**
 * How wide the interval around a predicted change must be to hold {@value ClosedLoop#LEVEL} of the observed ones. Three errors add
 * up, as squares, since each is independent of the others:
 *
 * <ul>
 * <li>How far a single trial lies from those that are matched with it, though nothing was done to it
 * ({@link IntactTrials#halfWidth}).
 * <li>By how much recent snapshots disagree about this change.
 * <li>What no snapshot knows: data without silencing tell the sum of all neurons' contributions and not each one's. Before the first
 * perturbed trial its standard deviation is {@value #PRIOR_ERROR} of the change's own root mean square. This is what was measured
 * on simulated rigs, over 8 sets in sessions of 3 networks (0.1 to 0.6 where the change was large, dashboards' LiveInactivationTest).
 * It counts like {@value #PRIOR_TRIALS} trials: each perturbed trial says how large the error is of this set, and the intervals
 * of the trials after it follow.
 * </ul>
 *
 * <p>The interval of a trial depends on the trials before it only. Not thread-safe.
 */
public final class IntervalWidth {

    private static final double PRIOR_ERROR = 0.4;
    private static final double PRIOR_TRIALS = 5;
    /** Standard deviations to either side that hold {@link ClosedLoop#LEVEL} of a normal distribution. */
    private static final double DEVIATIONS = 1.645;

    private final double noise;
    private double squares;
    private double trials = PRIOR_TRIALS;

    /**
     * @param noise half width of the first error
     * @param size root mean square of the change
     */
    public IntervalWidth(double noise, double size) {
        this.noise = noise;
        squares = PRIOR_TRIALS * PRIOR_ERROR * PRIOR_ERROR * size * size;
    }

    /** @param deviation standard deviation of the change over recent snapshots */
    public double of(double deviation) {
        return Math.hypot(noise, DEVIATIONS * Math.sqrt(deviation * deviation + squares / trials));
    }

    /** Takes into account how far the next trial's observed change lay from the predicted one. */
    void missedBy(double error) {
        double ofNoise = noise / DEVIATIONS;
        squares += Math.max(0, error * error - ofNoise * ofNoise);
        trials++;
    }
}
