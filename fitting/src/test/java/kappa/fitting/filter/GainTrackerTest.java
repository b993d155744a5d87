package kappa.fitting.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import kappa.fitting.kernel.KernelProvider;
import org.junit.jupiter.api.Test;

class GainTrackerTest {

    private static final float[] RATE = {0.5f, 2};

    @Test
    void shouldFollowTheDefinition() {
        GainTracker tracker = new GainTracker(KernelProvider.kernels(), 1);
        double seen = 0;
        double predicted = 0;
        float[][] bins = {{3, 1.5f}, {0, 0.5f}, {2, 2.5f}};
        for (float[] bin : bins) {
            tracker.learn(bin, 0, new float[]{bin[1]});
        }
        for (int j = 1; j <= bins.length; j++) {
            seen += Math.exp(-j / 30.0) * bins[bins.length - j][0];
            predicted += Math.exp(-j / 30.0) * bins[bins.length - j][1];
        }
        assertThat(tracker.factors()[0]).isCloseTo((float) ((seen + 10) / (predicted + 10)), within(1e-6f));
    }

    @Test
    void shouldTrustTheModelAtFirstAndTheNeuronInTheEnd() {
        GainTracker tracker = new GainTracker(KernelProvider.kernels(), 2);
        assertThat(tracker.factors()).containsExactly(1, 1);
        for (int t = 0; t < 500; t++) {
            tracker.learn(new float[]{1, 2}, 0, RATE);
        }
        // Twice the predicted rate; some 30 bins' worth of .5 and 1 spikes beside ten of prior: (29.5 + 10) / (14.8 +
        // 10).
        assertThat(tracker.factors()[0]).isCloseTo(1.6f, within(0.01f));
        assertThat(tracker.factors()[1]).isCloseTo(1, within(1e-6f));
    }

    @Test
    void shouldLeaveNeuronsAloneThatAreNotObserved() {
        GainTracker tracker = new GainTracker(KernelProvider.kernels(), 2);
        tracker.learn(new float[]{9, 9, 5, 0}, 2, RATE);
        float before = tracker.factors()[0];
        tracker.learn(new float[]{Float.NaN, 0}, 0, RATE);
        assertThat(tracker.factors()[0]).isEqualTo(before);
        assertThat(tracker.factors()[1]).isLessThan(1);
    }

    @Test
    void shouldGoOnFromWhatItSaved() {
        GainTracker one = new GainTracker(KernelProvider.kernels(), 2);
        GainTracker other = new GainTracker(KernelProvider.kernels(), 2);
        one.learn(new float[]{3, 0}, 0, RATE);
        other.restore(one.save());
        one.learn(new float[]{1, 1}, 0, RATE);
        other.learn(new float[]{1, 1}, 0, RATE);
        assertThat(other.factors()).containsExactly(one.factors());
    }
}
