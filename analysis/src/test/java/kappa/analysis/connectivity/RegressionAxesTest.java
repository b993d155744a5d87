package kappa.analysis.connectivity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import kappa.ingest.InvalidInputException;
import org.junit.jupiter.api.Test;

class RegressionAxesTest {

    private static final int NEURONS = 30;
    private static final int BINS = 6;
    private static final int TRIALS = 80;
    private static final List<String> NAMES = List.of("coherence", "context");

    private final SplittableRandom random = new SplittableRandom(8);
    private final double[][] variables = new double[TRIALS][2];
    private final double[][] planted = new double[2][NEURONS];

    /** Activity that grows along a planted axis a variable, by t times the variable, and noise. */
    private List<float[]> activity(double noise) {
        for (double[] axis : planted) {
            Arrays.setAll(axis, _ -> random.nextGaussian());
        }
        List<float[]> trials = new ArrayList<>();
        for (int j = 0; j < TRIALS; j++) {
            variables[j][0] = random.nextGaussian();
            variables[j][1] = random.nextInt(2);
            float[] trial = new float[BINS * NEURONS];
            for (int t = 0; t < BINS; t++) {
                for (int i = 0; i < NEURONS; i++) {
                    trial[t * NEURONS + i] = (float) (0.3 + (t + 1) * variables[j][0] * planted[0][i]
                            + (BINS - t) * variables[j][1] * planted[1][i] + noise * random.nextGaussian());
                }
            }
            trials.add(trial);
        }
        return trials;
    }

    @Test
    void shouldRecoverPlantedAxesInTheBinWhereTheyAreLongest() {
        RegressionAxes axes = RegressionAxes.of(activity(0), NEURONS, variables, NAMES, 0, BINS);
        assertThat(axes.bins()).containsExactly(BINS - 1, 0);
        for (int v = 0; v < 2; v++) {
            for (int i = 0; i < NEURONS; i++) {
                // Exact but for float32 activity of order ten.
                assertThat(axes.coefficients()[v * NEURONS + i]).isCloseTo(BINS * planted[v][i], within(1e-5));
            }
        }
        VectorOverlaps overlaps = VectorOverlaps.of(axes.vectors());
        assertThat(overlaps.names()).containsExactly("axis of coherence", "axis of context");
        assertThat(overlaps.cosines()[1]).isCloseTo(0, within(1e-12));
        assertThat(overlaps.products()[0]).isCloseTo(1.0 / NEURONS, within(1e-12));
    }

    @Test
    void shouldRecoverAxesThroughNoiseAndMissingNeurons() {
        List<float[]> trials = activity(0.5);
        for (int j = 0; j < TRIALS; j += 2) {
            trials.get(j)[(BINS - 1) * NEURONS + 4] = Float.NaN;
        }
        trials.set(7, Arrays.copyOf(trials.get(7), 3 * NEURONS)); // a short trial
        RegressionAxes axes = RegressionAxes.of(trials, NEURONS, variables, NAMES, 0, BINS);
        for (int i = 0; i < NEURONS; i++) {
            // Noise .5 over 80 trials, 40 of neuron 4, of unit variance: standard errors .056 and .08, four of them.
            assertThat(axes.coefficients()[i]).isCloseTo(BINS * planted[0][i], within(i == 4 ? 0.32 : 0.23));
        }
    }

    @Test
    void shouldTellWhichVariableCannotBeToldApart() {
        List<float[]> trials = activity(0);
        for (double[] row : variables) {
            row[1] = 2 * row[0] - 1;
        }
        assertThatThrownBy(() -> RegressionAxes.of(trials, NEURONS, variables, NAMES, 0, BINS))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("task variable 'context' in bin 0");
    }

    @Test
    void shouldRefuseBinsWithTooFewTrials() {
        assertThatThrownBy(
                () -> RegressionAxes.of(activity(0).subList(0, 3), NEURONS, Arrays.copyOf(variables, 3), NAMES, 0, 2))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("no bin is in more than 3 trials");
    }
}
