package kappa.fitting.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SignalTrackerTest {

    private static final int BINS = 2_000;
    private static final int TRIAL = 100;
    private static final float[] ZERO = new float[1];

    /** A neuron's own course, which a network knows nothing of: each value is most of the last one. */
    private static float[] course(long seed) {
        Random random = new Random(seed);
        float[] out = new float[BINS];
        for (int t = 1; t < BINS; t++) {
            out[t] = (float) (0.95 * out[t - 1] + random.nextGaussian());
        }
        return out;
    }

    /** Mean squared error per bin of trials from the second on, with a model that predicts a share of the course. */
    private static double error(float[] y, float[] model) {
        SignalTracker tracker = new SignalTracker(1);
        double squares = 0;
        for (int t = 0; t < BINS; t++) {
            double change = tracker.learn(y, t, new float[]{model[t]}, ZERO);
            squares += t < TRIAL ? 0 : Math.pow((double) y[t] - model[t], 2) + change;
            if (t % TRIAL == TRIAL - 1) {
                tracker.endTrial();
            }
        }
        return squares / (BINS - TRIAL);
    }

    @Test
    void shouldStayWithTheNeuronsOwnCourseWhereANetworkKnowsNothing() {
        Random random = new Random(2);
        float[] wrong = new float[BINS];
        for (int t = 0; t < BINS; t++) {
            wrong[t] = (float) (3 * random.nextGaussian());
        }
        // What is new in each bin has a variance of 1; a regression on the past leaves it, and little more for what it learns.
        assertThat(error(course(1), wrong)).isBetween(0.9, 1.1);
    }

    @Test
    void shouldStayWithANetworkThatKnowsMoreThanThePast() {
        float[] y = course(3);
        Random random = new Random(4);
        float[] knows = new float[BINS];
        for (int t = 0; t < BINS; t++) {
            knows[t] = (float) (y[t] + 0.2 * random.nextGaussian());
        }
        // The network's errors have a variance of .04, and those of the neuron's own past of 1.
        assertThat(error(y, knows)).isBetween(0.03, 0.06);
    }

    @Test
    void shouldPredictTheLastValueAtFirst() {
        SignalTracker tracker = new SignalTracker(1);
        tracker.learn(new float[]{100}, 0, ZERO, ZERO);
        tracker.learn(new float[]{101}, 0, ZERO, ZERO);
        assertThat(tracker.expected(ZERO, ZERO)[0]).isCloseTo(101, within(1.0));
    }

    @Test
    void shouldLeaveOutNeuronsThatWereNeverObserved() {
        SignalTracker tracker = new SignalTracker(2);
        for (int t = 0; t < TRIAL; t++) {
            assertThat(tracker.learn(new float[]{t, Float.NaN}, 0, new float[2], new float[2])).isFinite();
        }
        tracker.endTrial();
        assertThat(tracker.expected(new float[2], new float[2])[0]).isCloseTo(TRIAL, within(1.0));
        assertThat(tracker.expected(new float[2], new float[2])[1]).isZero();
    }

    @Test
    void shouldGoOnFromWhatItSavedBitForBit() {
        float[] y = course(5);
        SignalTracker one = new SignalTracker(1);
        SignalTracker other = new SignalTracker(1);
        for (int t = 0; t < BINS; t++) {
            if (t == BINS / 2) {
                other.restore(one.save());
            }
            double told = one.learn(y, t, ZERO, ZERO);
            if (t >= BINS / 2) {
                assertThat(other.learn(y, t, ZERO, ZERO)).isEqualTo(told);
            }
            if (t % TRIAL == TRIAL - 1) {
                one.endTrial();
                other.endTrial();
            }
        }
        assertThat(other.save()).containsExactly(one.save());
    }

    @Test
    void shouldGoOnFromACheckpointThatHoldsTheResidualsOnly() {
        ResidualTracker older = new ResidualTracker(1);
        float[] y = course(6);
        for (int t = 0; t < TRIAL; t++) {
            older.learn(y, t, ZERO, ZERO);
        }
        older.endTrial();
        SignalTracker tracker = new SignalTracker(1);
        tracker.restore(older.save());
        assertThat(tracker.expected(ZERO, ZERO)).containsExactly(older.expected(ZERO, ZERO));
    }
}
