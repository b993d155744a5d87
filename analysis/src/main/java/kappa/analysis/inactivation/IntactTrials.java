package kappa.analysis.inactivation;

import java.util.List;
import java.util.stream.IntStream;
import kappa.analysis.ObservedTrial;

/**
 * Intact trials that perturbed ones are compared with: what the fitted network predicts of each, and what the animal did.
 * Immutable.
 *
 * @param predicted the network's readout in each, in the units of the animal's
 * @param observed the animal's readout in each
 */
public record IntactTrials(double[] predicted, double[] observed) {

    /** Trials that one is compared with. */
    public static final int MATCHED = 8;

    /** Of those in which the animal's readout is known. */
    public static IntactTrials of(List<ObservedTrial> trials, ClosedLoop.Prediction prediction) {
        List<ObservedTrial> known = trials.stream().filter(trial -> !Double.isNaN(ClosedLoop.observed(trial))).toList();
        return known.size() < MATCHED
                ? new IntactTrials(new double[0], new double[0])
                : new IntactTrials(prediction.intact(known),
                        known.stream().mapToDouble(ClosedLoop::observed).toArray());
    }

    /** Whether there are enough to compare with. */
    public boolean suffice() {
        return predicted.length >= MATCHED;
    }

    /** The animal's mean readout in the {@value #MATCHED} trials that the network thinks most similar. */
    double matched(double readout) {
        return matched(readout, -1);
    }

    private double matched(double readout, int without) {
        return IntStream.range(0, predicted.length).filter(i -> i != without).boxed()
                .sorted((a, b) -> Double.compare(Math.abs(predicted[a] - readout), Math.abs(predicted[b] - readout)))
                .limit(MATCHED).mapToDouble(i -> observed[i]).average().orElseThrow();
    }

    /**
     * How far a single trial lies from what is matched with it though nothing was done to it: the share {@code level} of the
     * trials lie within it, each compared with the others. 0 if there are too few trials to leave one out.
     */
    public double halfWidth(double level) {
        int count = predicted.length;
        if (count <= MATCHED) {
            return 0;
        }
        return quantile(
                IntStream.range(0, count).mapToObj(i -> Math.abs(observed[i] - matched(predicted[i], i))).sorted()
                        .toList(),
                level);
    }

    /**
     * Holds the share {@code level} of what comes like these: the ceil((n + 1) level)-th of n.
     *
     * @param ascending at least one
     */
    static double quantile(List<Double> ascending, double level) {
        int count = ascending.size();
        return ascending.get(Math.min(count, (int) Math.ceil((count + 1) * level)) - 1);
    }
}
