package kappa.fitting.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.Test;

class ResidualTrackerTest {

    private static final double[] TAU = {1, 6, 36, 216};
    private static final float[] ZERO = new float[1];

    /** A slow course with noise on it. */
    private static double[] course(int bins, double keep, double noise, long seed) {
        Random random = new Random(seed);
        double[] out = new double[bins];
        double level = 0;
        for (int t = 0; t < bins; t++) {
            level = keep * level + Math.sqrt(1 - keep * keep) * random.nextGaussian();
            out[t] = level + noise * random.nextGaussian();
        }
        return out;
    }

    @Test
    void shouldExpectWhatARegressionOnSmoothedResidualsExpects() {
        double[] e = course(400, 0.97, 0.5, 1);
        ResidualTracker tracker = new ResidualTracker(1);
        for (double residual : e) {
            tracker.learn(new float[]{(float) residual}, 0, ZERO, ZERO);
        }
        tracker.endTrial();
        // The same, written down as it is defined: s from its definition, sums over all bins, one linear system.
        double[][] s = new double[e.length + 1][TAU.length];
        for (int t = 1; t <= e.length; t++) {
            for (int f = 0; f < TAU.length; f++) {
                double w = Math.exp(-1 / TAU[f]);
                for (int j = 1; j <= t; j++) {
                    s[t][f] += (1 - w) * Math.pow(w, j - 1) * (float) e[t - j];
                }
            }
        }
        RealMatrix a = new Array2DRowRealMatrix(TAU.length, TAU.length);
        double[] b = new double[TAU.length];
        double bins = 0;
        double power = Math.pow((float) e[0], 2);
        for (int t = 0; t < e.length; t++) {
            power += (Math.pow((float) e[t], 2) - power) / 200;
            double kept = Math.pow(1 - 1 / 2000.0, e.length - 1 - t);
            double weight = kept / power;
            bins += kept;
            for (int f = 0; f < TAU.length; f++) {
                b[f] += weight * s[t][f] * (float) e[t];
                for (int g = 0; g < TAU.length; g++) {
                    a.addToEntry(f, g, weight * s[t][f] * s[t][g]);
                }
            }
        }
        for (int f = 0; f < TAU.length; f++) {
            a.multiplyEntry(f, f, 1 + 60 / bins);
        }
        double[] weights = new CholeskyDecomposition(a).getSolver().solve(new ArrayRealVector(b)).toArray();
        double expected = 0;
        for (int f = 0; f < TAU.length; f++) {
            expected += weights[f] * s[e.length][f];
        }
        assertThat(tracker.expected(ZERO, ZERO)[0]).isCloseTo(expected, within(1e-9));
    }

    @Test
    void shouldReportByHowMuchItChangesTheSquaredError() {
        double[] e = course(3_000, 0.99, 0.3, 2);
        ResidualTracker tracker = new ResidualTracker(1);
        double squares = 0;
        double change = 0;
        for (int t = 0; t < e.length; t++) {
            float y = (float) e[t];
            double d = tracker.expected(ZERO, ZERO)[0];
            double told = tracker.learn(new float[]{y}, 0, ZERO, ZERO);
            assertThat(told).isCloseTo((y - d) * (y - d) - (double) y * y, within(1e-9));
            if (t >= 1_000) {
                squares += (double) y * y;
                change += told;
            }
            if (t % 100 == 99) {
                tracker.endTrial();
            }
        }
        // Noise of .09 on a course of which .0199 is new in each bin: the best prediction leaves .143 (Kalman's equations).
        assertThat((squares + change) / 2_000).isBetween(0.13, 0.165);
    }

    @Test
    void shouldFindHowFarAModelIsToBeBelieved() {
        Random random = new Random(3);
        ResidualTracker tracker = new ResidualTracker(1);
        float[] mean = {7};
        double squares = 0;
        double change = 0;
        for (int t = 0; t < 1_000; t++) {
            float truth = (float) random.nextGaussian();
            float[] twice = {7 + 2 * truth};
            squares += truth * truth;
            change += tracker.learn(new float[]{7 + truth}, 0, twice, mean);
            if (t % 100 == 99) {
                tracker.endTrial();
            }
        }
        assertThat(tracker.expected(new float[]{8}, mean)[0]).isCloseTo(-0.5, within(0.05));
        // Nothing in the first 100 bins, and nearly all of it in the others.
        assertThat(-change / squares).isBetween(0.75, 0.95);
    }

    @Test
    void shouldNeverBelieveAModelMoreThanItSaysOrTheOtherWayRound() {
        Random random = new Random(3);
        for (double size : new double[]{0.5, -1}) {
            ResidualTracker tracker = new ResidualTracker(1);
            for (int t = 0; t < 400; t++) {
                float truth = (float) random.nextGaussian();
                tracker.learn(new float[]{truth}, 0, new float[]{(float) (size * truth)}, ZERO);
            }
            tracker.endTrial();
            // A model of half the size is taken as it is; one of the wrong sign is not listened to.
            assertThat(tracker.expected(new float[]{1}, ZERO)[0]).isCloseTo(size > 0 ? 0 : -1, within(0.3));
        }
    }

    @Test
    void shouldKeepOutWhereThereIsNothingToExpect() {
        Random random = new Random(4);
        ResidualTracker tracker = new ResidualTracker(40);
        double squares = 0;
        double change = 0;
        float[] y = new float[40];
        for (int t = 0; t < 4_000; t++) {
            for (int i = 0; i < y.length; i++) {
                y[i] = (float) random.nextGaussian();
                squares += (double) y[i] * y[i];
            }
            change += tracker.learn(y, 0, new float[40], new float[40]);
            if (t % 100 == 99) {
                tracker.endTrial();
            }
        }
        assertThat(change / squares).isLessThan(0.01);
    }

    @Test
    void shouldLeaveNeuronsAloneThatAreNotObserved() {
        ResidualTracker tracker = new ResidualTracker(2);
        double[] e = course(300, 0.99, 0.1, 5);
        for (double residual : e) {
            tracker.learn(new float[]{(float) residual, (float) residual}, 0, new float[2], new float[2]);
        }
        tracker.endTrial();
        float[] two = new float[2];
        double before = tracker.expected(two, two)[1];
        assertThat(before).isNotZero().isEqualTo(tracker.expected(two, two)[0]);
        assertThat(tracker.learn(new float[]{1, Float.NaN}, 0, new float[2], new float[2])).isFinite();
        assertThat(tracker.expected(two, two)[1]).isEqualTo(before);
        assertThat(tracker.expected(two, two)[0]).isNotEqualTo(before);
    }

    @Test
    void shouldGoOnFromWhatItSavedBitForBit() {
        ResidualTracker one = new ResidualTracker(3);
        ResidualTracker other = new ResidualTracker(3);
        double[] e = course(600, 0.98, 0.5, 6);
        for (int t = 0; t < e.length; t++) {
            if (t == 300) {
                other.restore(one.save());
            }
            float[] y = {(float) e[t], (float) (2 * e[t]), (float) -e[e.length - 1 - t]};
            double told = one.learn(y, 0, new float[3], new float[3]);
            if (t >= 300) {
                assertThat(other.learn(y, 0, new float[3], new float[3])).isEqualTo(told);
            }
            if (t % 50 == 49) {
                one.endTrial();
                other.endTrial();
            }
        }
        float[] none = new float[3];
        assertThat(other.expected(none, none)).containsExactly(one.expected(none, none));
        assertThat(one.save()).hasSize(34 * 3);
    }
}
