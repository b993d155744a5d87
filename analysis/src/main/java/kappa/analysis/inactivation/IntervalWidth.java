package kappa.analysis.inactivation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * How wide the interval around a predicted change must be to hold {@value ClosedLoop#LEVEL} of the observed ones. Before
 * {@value #ENOUGH} trials were perturbed three errors add up, as squares, since each is independent of the others:
 *
 * <ul>
 * <li>How far a single trial lies from those that are matched with it, though nothing was done to it
 * ({@link IntactTrials#halfWidth}).
 * <li>By how much recent snapshots disagree about this change.
 * <li>What no snapshot knows: data without silencing tell the sum of all neurons' contributions and not each one's. Its standard
 * deviation is {@value #PRIOR_ERROR} of the change's own root mean square. This is what was measured on simulated rigs, over the
 * sets of six sessions: 0.01 to 0.6 where the change was large beside the first error.
 * </ul>
 *
 * <p>Afterwards the perturbed trials themselves say how large the errors are: the interval is the quantile of those before it
 * (split conformal prediction, Vovk, Gammerman &amp; Shafer 2005). It holds the share that it says whatever their distribution,
 * as long as trials of one intervention can be exchanged. The interval of a trial depends on the trials before it only. Not
 * thread-safe.
 */
public final class IntervalWidth {

    private static final double PRIOR_ERROR = 0.4;
    /** The fewest of which the quantile at {@link ClosedLoop#LEVEL} is one of them. */
    private static final int ENOUGH = 9;
    /** Standard deviations to either side that hold {@link ClosedLoop#LEVEL} of a normal distribution. */
    private static final double DEVIATIONS = 1.645;

    private final double noise;
    private final double unknown;
    private final List<Double> errors = new ArrayList<>();

    /**
     * @param noise half width of the first error
     * @param size root mean square of the change
     */
    public IntervalWidth(double noise, double size) {
        this.noise = noise;
        unknown = PRIOR_ERROR * size;
    }

    /** @param deviation standard deviation of the change over recent snapshots */
    public double of(double deviation) {
        return errors.size() < ENOUGH
                ? Math.hypot(noise, DEVIATIONS * Math.hypot(deviation, unknown))
                : IntactTrials.quantile(errors, ClosedLoop.LEVEL);
    }

    /** Takes into account how far the next trial's observed change lay from the predicted one. */
    void missedBy(double error) {
        double size = Math.abs(error);
        int at = Collections.binarySearch(errors, size);
        errors.add(at < 0 ? -at - 1 : at, size);
    }
}
