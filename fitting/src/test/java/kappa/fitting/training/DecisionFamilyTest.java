package kappa.fitting.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Network;
import org.junit.jupiter.api.Test;

class DecisionFamilyTest {

    private static final double[] NUMBERS = {1.2, 0.7, 1.3, 1.5, 0.4, -0.6};

    @Test
    void shouldHaveTheOverlapsOfItsNumbers() {
        DecisionFamily family = new DecisionFamily(NUMBERS, 20, 0.2, new SplittableRandom(1));
        LowRankNetwork large = family.sample(40_000, new SplittableRandom(2));
        double overlapOfInput = 0;
        for (int i = 0; i < large.neurons(); i++) {
            overlapOfInput += (double) large.n()[i] * large.w()[i] / large.neurons();
            assertThat(large.readout()[i]).isEqualTo(1.5f * large.m()[i]);
        }
        // Sums of 40,000 products of standard deviation below 3: standard error 0.015.
        assertThat(large.overlaps()[0]).isCloseTo(1.2, within(0.06));
        assertThat(overlapOfInput).isCloseTo(0.7 * 0.4, within(0.06));
    }

    /** L = sum of c_i theta_i over all weights theta, with c fixed: its derivative is a difference quotient. */
    @Test
    void shouldHaveTheGradientOfADifferenceQuotient() {
        int neurons = 30;
        SplittableRandom random = new SplittableRandom(3);
        DecisionFamily family = new DecisionFamily(NUMBERS, neurons, 0.2, new SplittableRandom(4));
        NetworkGradient gradient = new NetworkGradient(family.network(), family.parts());
        family.parts().forEach(part -> {
            float[] slopes = gradient.of(part);
            for (int i = 0; i < slopes.length; i++) {
                slopes[i] = (float) random.nextGaussian();
            }
        });
        float[] found = family.gradient(gradient).getFirst();
        float[] numbers = family.parameters().getFirst();
        for (int number = 0; number < numbers.length; number++) {
            float before = numbers[number];
            float step = 0.01f;
            numbers[number] = before + step;
            family.parametersChanged();
            double above = loss(family, gradient);
            numbers[number] = before - step;
            family.parametersChanged();
            double below = loss(family, gradient);
            numbers[number] = before;
            // The loss is at most quadratic in all but rho; float sums of some hundred give 1e-3.
            assertThat((double) found[number]).as(DecisionFamily.NAMES.get(number)).isCloseTo(
                    (above - below) / (2 * step),
                    within(5e-3));
        }
    }

    private static double loss(DecisionFamily family, NetworkGradient gradient) {
        double sum = 0;
        for (NetworkParameter part : family.parts()) {
            float[] weights = NetworkGradient.array(family.network(), part);
            float[] slopes = gradient.of(part);
            for (int i = 0; i < weights.length; i++) {
                sum += (double) weights[i] * slopes[i];
            }
        }
        return sum;
    }

    @Test
    void shouldDrawOtherVectorsBeforeEachStepAndTheSameFromTheSameSeed() {
        DecisionFamily family = new DecisionFamily(NUMBERS, 20, 0.2, new SplittableRandom(1));
        Network first = family.network().copy();
        family.resample(new SplittableRandom(2));
        assertThat(family.network()).isNotEqualTo(first);
        family.resample(new SplittableRandom(1));
        assertThat(family.network()).isEqualTo(first);
        assertThat(family.numbers()[0]).isCloseTo(1.2, within(1e-6));
    }
}
