package kappa.analysis.inactivation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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
                return new ClosedLoop.Pair(intact(trials),
                        trials.stream().mapToDouble(trial -> silenced * trial.inputs()[0]).toArray());
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
        for (double noise : new double[]{0.05, 0.5}) {
            List<ObservedTrial> intact = noisy(200, 1, noise, false);
            ClosedLoop.Outcome outcome = outcomes(intact, noisy(400, 0.5, noise, true), halves(0.5)).getFirst();
            // The share of 400 has a standard deviation of 0.015, and the 180th of 200 residuals one of 0.021.
            assertThat(outcome.inside() / 400.0).as("noise %s", noise).isBetween(0.82, 0.98);
            assertThat(outcome.halfWidth()[0]).isBetween(1.4 * noise, 2.1 * noise);
        }
        ClosedLoop.Outcome wrong = outcomes(noisy(200, 1, 0.05, false), noisy(400, 1, 0.05, true), halves(0.5))
                .getFirst();
        assertThat(wrong.inside() / 400.0).as("of an animal that silencing does nothing to").isLessThan(0.5);
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
