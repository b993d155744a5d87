package kappa.fitting.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.RnnKernels;
import kappa.ingest.recording.Observation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ConstantRateTest {

    private static final float NAN = Float.NaN;

    /** Three bins of three neurons; the last neuron was never observed. */
    private static final float[] PAST = {1, 0, NAN, 3, NAN, NAN, 2, 0, NAN};

    private static ConstantRate after(Observation kind, float[] past) {
        ConstantRate constant = new ConstantRate(kind, 3);
        constant.learn(past, 0, 3);
        constant.refresh();
        return constant;
    }

    @Test
    void shouldTakeTheMeanOfWhatWasObserved() {
        assertThat(after(Observation.CURRENTS, PAST).mean()).containsExactly(2, 0, 0);
        // Half a spike is added, so that a silent neuron may still fire.
        assertThat(after(Observation.COUNTS, PAST).mean()).containsExactly(6.5f / 3, 0.25f, 0.5f);
    }

    @Test
    void shouldKnowNothingOfATrialBeforeItIsOver() {
        ConstantRate constant = after(Observation.CURRENTS, PAST);
        constant.learn(new float[]{100, 100, 100}, 0, 1);
        assertThat(constant.mean()).containsExactly(2, 0, 0);
        constant.refresh();
        assertThat(constant.mean()).containsExactly(26.5f, 100f / 3, 100);
    }

    @Test
    void shouldMeasureSquaredErrorsOfObservedNeurons() {
        ConstantRate constant = after(Observation.RATES, PAST);
        assertThat(constant.loss(new float[]{9, 9, 9, 0.5f, NAN, 0.25f}, 3)).isEqualTo(1.5 * 1.5 + 0.25 * 0.25);
    }

    @Test
    void shouldMeasurePoissonLikelihoodOfObservedNeurons() {
        ConstantRate constant = after(Observation.COUNTS, PAST);
        double first = 6.5 / 3;
        double third = 0.5;
        double expected = first - 4 * Math.log(first) + third;
        // Means and their logarithms are floats.
        assertThat(constant.loss(new float[]{4, NAN, 0}, 0)).isCloseTo(expected, within(1e-6));
    }

    /** A score is a difference of losses, so the unit must be the same: a network without dynamics is a constant rate. */
    @ParameterizedTest
    @EnumSource(Observation.class)
    void shouldAgreeWithTheLossOfANetworkThatPredictsTheMeans(Observation kind) {
        ConstantRate constant = after(kind, new float[]{1, 0, 1, 0, 1, 1, 0, 0, 1});
        LowRankNetwork silent = LowRankNetwork.withoutBias(3, 1, 0, 0.2, new float[3], new float[3], new float[0]);
        boolean counts = kind == Observation.COUNTS;
        KernelModel model = KernelModel.of(silent, kind, counts ? constant.mean().clone() : new float[]{1, 1, 1},
                counts ? new float[3] : constant.mean().clone(), new float[]{1, 1, 1});
        float[] y = {2, NAN, 1};
        double loss = KernelProvider.kernels().loss(model, y, 0, new float[1], 0, new float[0], 0,
                new float[RnnKernels.SCRATCH]);
        // Sums over neurons in float.
        assertThat(constant.loss(y, 0)).isCloseTo(loss, within(1e-5));
    }

    @Test
    void shouldGoOnFromSavedSums() {
        ConstantRate constant = after(Observation.COUNTS, PAST);
        ConstantRate restored = new ConstantRate(Observation.COUNTS, 3);
        restored.restore(constant.sums(), constant.observed());
        assertThat(restored.mean()).containsExactly(constant.mean());
        float[] y = {1, 2, 3};
        assertThat(restored.loss(y, 0)).isEqualTo(constant.loss(y, 0));
        constant.sums()[0] = 1e9;
        constant.refresh();
        assertThat(constant.mean()).containsExactly(restored.mean());
    }

    @Test
    void shouldKnowTheMeansOfAnEarlierSessionUntilANeuronIsObserved() {
        ConstantRate constant = new ConstantRate(Observation.COUNTS, 2, new float[]{0.25f, 4});
        assertThat(constant.mean()).containsExactly(0.25f, 4);
        assertThat(constant.loss(new float[]{1, NAN}, 0)).isCloseTo(0.25 - Math.log(0.25), within(1e-6));
        constant.learn(new float[]{2, NAN, 1, NAN}, 0, 2);
        constant.refresh();
        assertThat(constant.mean()).containsExactly(1.75f, 4);
        assertThat(constant.observedMean()).containsExactly(1.75f, NAN);
    }

    @Test
    void shouldCountSpikesOfObservedNeurons() {
        assertThat(ConstantRate.spikes(new float[]{9, 1, NAN, 3}, 1, 3)).isEqualTo(4);
    }
}
