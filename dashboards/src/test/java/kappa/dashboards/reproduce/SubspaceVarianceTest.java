package kappa.dashboards.reproduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SubspaceVarianceTest {

    private static final int NEURONS = 4;
    /** Standard deviations of independent neurons: variances 16, 4, 1 and 0.25. */
    private static final double[] SPREAD = {4, 2, 1, 0.5};

    private static List<float[]> activity() {
        SplittableRandom random = new SplittableRandom(3);
        float[] trial = new float[20_000 * NEURONS];
        for (int at = 0; at < trial.length; at++) {
            trial[at] = (float) (7 + SPREAD[at % NEURONS] * random.nextGaussian());
        }
        return List.of(trial);
    }

    @Test
    void shouldCaptureTheShareOfTheVarianceOfTheAxes() {
        double[] first = {1, 0, 0, 0};
        double[] leaning = {3, 0, 2, 0};
        // Of 21.25; 20,000 bins know it to one per cent.
        assertThat(SubspaceVariance.captured(activity(), NEURONS, List.of(first))).isCloseTo(16 / 21.25, within(0.01));
        // The span of the two is that of the first and the third neuron.
        assertThat(SubspaceVariance.captured(activity(), NEURONS, List.of(first, leaning)))
                .isCloseTo(17 / 21.25, within(0.01));
    }

    @Test
    void shouldCaptureMostWithPrincipalComponents() {
        assertThat(SubspaceVariance.most(activity(), NEURONS, 2)).isCloseTo(20 / 21.25, within(0.01));
    }
}
