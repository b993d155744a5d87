package kappa.analysis.inactivation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import kappa.analysis.ObservedTrial;
import org.junit.jupiter.api.Test;

/** An animal whose readout is its one input in the last two of four bins, and half of it when neurons are silenced. */
class ClosedLoopTest {

    private static final int T = 4;

    private final Random random = new Random(5);

    private ObservedTrial trial(long number, double input, double readout, boolean perturbed) {
        float[] inputs = new float[T];
        float[] behavior = new float[T];
        for (int t = 0; t < T; t++) {
            inputs[t] = (float) input;
            behavior[t] = t < 2 ? 100 : (float) readout;
        }
        return new ObservedTrial(number, number * T, T, inputs, behavior, new float[T], new int[]{1, 1, 2, 2}, 7,
                perturbed ? new ObservedTrial.Perturbation("i-1", new int[]{2, 3}, 0, T) : null);
    }

    private List<ObservedTrial> trials(int count, double slope, boolean perturbed) {
        List<ObservedTrial> trials = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double input = 2 * random.nextDouble() - 1;
            trials.add(trial(i, input, slope * input, perturbed));
        }
        return trials;
    }

    private static ClosedLoop.Prediction halves(double silenced) {
        return new ClosedLoop.Prediction() {
            @Override
            public double[] intact(List<ObservedTrial> trials) {
                return trials.stream().mapToDouble(trial -> trial.inputs()[0]).toArray();
            }

            @Override
            public ClosedLoop.Pair perturbed(List<ObservedTrial> trials, ObservedTrial.Perturbation perturbation) {
                double[] without = intact(trials);
                double[] with = Arrays.stream(without).map(readout -> silenced * readout).toArray();
                // The inputs lie evenly in [-1, 1].
                return new ClosedLoop.Pair(without, with, (1 - silenced) / Math.sqrt(3));
            }

            @Override
            public double[] deviations(List<ObservedTrial> trials, double[] changes) {
                return new double[changes.length];
            }
        };
    }

    private static List<ClosedLoop.Outcome> outcomes(List<ObservedTrial> intact, List<ObservedTrial> perturbed,
            ClosedLoop.Prediction prediction) {
        return ClosedLoop.of(IntactTrials.of(intact, prediction), perturbed, prediction);
    }

    @Test
    void shouldHoldNineOfTenObservedChangesWhateverTheAnimalsNoise() {
        for (double noise : new double[]{0.2, 0.5}) {
            List<ObservedTrial> intact = noisy(200, 1, noise, false);
            ClosedLoop.Outcome outcome = outcomes(intact, noisy(400, 0.5, noise, true), halves(0.5)).getFirst();
            // The share of 400 has a standard deviation of 0.015, and the 180th of 200 residuals one of 0.021.
            assertThat(outcome.inside() / 400.0).as("noise %s", noise).isBetween(0.84, 0.98);
        }
    }

    @Test
    void shouldWidenTheIntervalsOfASetThatTheNetworkIsWrongAbout() {
        // Silencing does nothing to this animal.
        ClosedLoop.Outcome wrong = outcomes(noisy(200, 1, 0.02, false), noisy(200, 1, 0.02, true), halves(0.2))
                .getFirst();
        assertThat(wrong.halfWidth()[0]).as("0.4 of the change's size").isBetween(0.25, 0.45);
        assertThat(wrong.halfWidth()[199]).isGreaterThan(1.7 * wrong.halfWidth()[0]);
        // The errors are as evenly spread as the inputs, so that 1.645 deviations hold 95 % of them.
        long late = IntStream.range(50, 200)
                .filter(i -> Math.abs(wrong.observed()[i] - wrong.predicted()[i]) <= wrong.halfWidth()[i]).count();
        assertThat(late / 150.0).as("after 50 trials").isBetween(0.85, 1.0);
        ClosedLoop.Outcome right = outcomes(noisy(200, 1, 0.02, false), noisy(200, 0.2, 0.02, true), halves(0.2))
                .getFirst();
        assertThat(right.halfWidth()[199]).isLessThan(0.4 * right.halfWidth()[0]);
    }

    private List<ObservedTrial> noisy(int count, double slope, double noise, boolean perturbed) {
        List<ObservedTrial> trials = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double input = 2 * random.nextDouble() - 1;
            trials.add(trial(i, input, slope * input + noise * random.nextGaussian(), perturbed));
        }
        return trials;
    }

    @Test
    void shouldAgreeWithAnAnimalThatDoesWhatWasPredicted() {
        List<ClosedLoop.Outcome> outcomes = outcomes(trials(200, 1, false), trials(30, 0.5, true), halves(0.5));
        assertThat(outcomes).hasSize(1);
        ClosedLoop.Outcome outcome = outcomes.getFirst();
        assertThat(outcome.intervention()).isEqualTo("i-1");
        assertThat(outcome.neurons()).containsExactly(2, 3);
        assertThat(outcome.trials()).hasSize(30);
        // The eight most similar of 200 trials spread over [-1, 1] lie within some 0.04 of the perturbed one.
        assertThat(outcome.correlation()).isGreaterThan(0.99);
        assertThat(outcome.r2()).isGreaterThan(0.98);
        assertThat(outcome.choiceAgreement()).isEqualTo(1);
        for (int i = 0; i < 30; i++) {
            assertThat(outcome.observed()[i]).isCloseTo(outcome.predicted()[i], within(0.1));
        }
    }

    @Test
    void shouldNotAgreeWithAnAnimalThatSilencingDoesNothingTo() {
        ClosedLoop.Outcome outcome = outcomes(trials(200, 1, false), trials(30, 1, true), halves(0.5)).getFirst();
        // What is observed is the mismatch of matched trials only, which has nothing to do with the prediction but its sign at
        // the ends of the range, where all matched trials lie on one side.
        assertThat(outcome.r2()).isLessThan(0);
        assertThat(outcome.choiceAgreement()).isEqualTo(1);
    }

    @Test
    void shouldSayNothingBeforeThereIsEnoughToCompareWith() {
        assertThat(outcomes(trials(7, 1, false), trials(30, 0.5, true), halves(0.5))).isEmpty();
        assertThat(outcomes(trials(200, 1, false), trials(2, 0.5, true), halves(0.5)).getFirst().correlation())
                .isNaN();
    }

    @Test
    void shouldTakeKappaForTheReadoutWhereNoBehaviourWasRecorded() {
        float[] kappa = {1, 9, 1, 9, 2, 9, 4, 9};
        ObservedTrial trial = new ObservedTrial(0, 0, T, new float[T], new float[0], kappa, new int[]{1, 1, 2, 2}, 7,
                null);
        assertThat(ClosedLoop.observed(trial)).isEqualTo(3);
    }
}
