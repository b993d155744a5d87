package kappa.fitting.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import kappa.fitting.model.ObservationMap;
import kappa.fitting.model.Trial;
import kappa.ingest.recording.Observation;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;
import org.junit.jupiter.api.Test;

class ActivityScaleTest {

    private static final int T = 100;
    private static final Percentile PERCENTILE = new Percentile()
            .withEstimationType(Percentile.EstimationType.R_7);

    /** Trials of Gaussian activity: each neuron about its centre, with its standard deviation. */
    private static List<Trial> trials(int count, double[] centre, double[] sd) {
        Random random = new Random(3);
        List<Trial> trials = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            float[] y = new float[T * centre.length];
            for (int at = 0; at < y.length; at++) {
                int i = at % centre.length;
                y[at] = (float) (centre[i] + sd[i] * random.nextGaussian());
            }
            trials.add(new Trial(index, (long) index * T, T, 0, y, new float[0], 0));
        }
        return trials;
    }

    private static ActivityScale measured(List<Trial> trials, int neurons) {
        return ActivityScale.none(neurons).after(trials, new boolean[neurons]);
    }

    private static double[] each(int neurons, IntToDoubleFunction value) {
        double[] out = new double[neurons];
        Arrays.setAll(out, value);
        return out;
    }

    private static double[] values(List<Trial> trials, int neurons, int neuron) {
        return trials.stream().flatMapToDouble(trial -> java.util.stream.IntStream.range(0, T)
                .mapToDouble(t -> trial.y()[t * neurons + neuron])).toArray();
    }

    @Test
    void shouldLeaveActivityOfOrderOneAsItIs() {
        List<Trial> trials = trials(3, each(6, i -> 0.3 * i), each(6, i -> 0.5 + 0.3 * i));
        ActivityScale scale = measured(trials, 6);
        assertThat(scale.isNone()).isTrue();
        assertThat(scale.scaled(trials.getFirst())).isSameAs(trials.getFirst());
        assertThat(scale.notes()).isEmpty();
    }

    @Test
    void shouldScaleByTheMedianSpreadAndCentreOnEachMedian() {
        int N = 7;
        List<Trial> trials = trials(5, each(N, i -> 3000 + 100 * i), each(N, i -> 200 + 50 * i));
        double[] spreads = new double[N];
        double[] medians = new double[N];
        for (int i = 0; i < N; i++) {
            double[] values = values(trials, N, i);
            medians[i] = PERCENTILE.evaluate(values, 50);
            spreads[i] = (PERCENTILE.evaluate(values, 90) - PERCENTILE.evaluate(values, 10)) / 2.5631;
        }
        double common = PERCENTILE.evaluate(spreads, 50);
        ActivityScale scale = measured(trials, N);
        for (int i = 0; i < N; i++) {
            assertThat((double) scale.scale()[i]).isCloseTo(common, within(1e-3));
            assertThat((double) scale.centre()[i]).isCloseTo(medians[i], within(1e-3));
        }
        Trial scaled = scale.scaled(trials.getFirst());
        assertThat(scaled.y()[3 * N + 2])
                .isEqualTo((trials.getFirst().y()[3 * N + 2] - scale.centre()[2]) / scale.scale()[2]);
        assertThat(scale.notes()).singleElement().asString().contains("each neuron about its median, with the scale");
    }

    @Test
    void shouldGiveANeuronInOtherUnitsAScaleOfItsOwn() {
        double[] sd = each(9, i -> i == 5 ? 3e8 : 0.3);
        ActivityScale scale = measured(trials(5, each(9, i -> i == 5 ? 4e9 : 4), sd), 9);
        assertThat((double) scale.scale()[5]).isCloseTo(3e8, within(3e7));
        assertThat(scale.scale()[4]).as("the others are of order one").isEqualTo(1);
        assertThat(scale.centre()[4]).isZero();
    }

    @Test
    void shouldNotBeMisledByArtefacts() {
        int N = 4;
        List<Trial> trials = trials(5, each(N, _ -> 1000.0), each(N, _ -> 100.0));
        float[] clean = measured(trials, N).scale();
        for (Trial trial : trials) {
            Arrays.fill(trial.y(), 0, 4 * N, 1e9f);
        }
        assertThat(measured(trials, N).scale()[0]).isCloseTo(clean[0], within(0.15f * clean[0]));
    }

    @Test
    void shouldTakeConstantNeuronsOutOfTheFitAndPredictTheirConstant() {
        List<Trial> trials = trials(2, each(5, i -> i == 3 ? 2750 : 3000), each(5, i -> i == 3 ? 0 : 300));
        ActivityScale scale = measured(trials, 5);
        assertThat(scale.scale()[3]).isZero();
        assertThat(scale.scaled(trials.getFirst()).y()[3]).isNaN();
        ObservationMap map = scale.ofActivity(ObservationMap.plain(Observation.CURRENTS, 5));
        assertThat(map.mean(3, 0.7, 0)).as("whatever x is").isEqualTo(2750);
        assertThat(scale.notes()).anyMatch(note -> note.equals("constant so far, and not learned from: neuron 4"));
    }

    @Test
    void shouldNameSaturatedNeurons() {
        List<Trial> trials = trials(2, each(3, _ -> 3000.0), each(3, _ -> 300.0));
        for (Trial trial : trials) {
            for (int at = 1; at < trial.y().length; at += 3) {
                trial.y()[at] = Math.min(trial.y()[at], 3100);
            }
        }
        ActivityScale scale = measured(trials, 3);
        assertThat(scale.saturated()).containsExactly(false, true, false);
        assertThat(scale.notes()).anyMatch(note -> note.startsWith("saturated") && note.endsWith("largest: neuron 2"));
    }

    @Test
    void shouldScaleANeuronThatIsAlmostAlwaysZero() {
        List<Trial> trials = trials(2, each(3, _ -> 0.0), each(3, i -> i == 0 ? 0 : 2));
        trials.get(1).y()[30] = 500;
        ActivityScale scale = measured(trials, 3);
        // One value of 500 among 200: no decile shows it, its standard deviation does.
        assertThat((double) scale.scale()[0]).isCloseTo(500 / Math.sqrt(200), withinPercentage(5));
    }

    @Test
    void shouldTurnAMapIntoOneOfActivityAndBack() {
        Random random = new Random(8);
        int N = 6;
        ActivityScale scale = measured(trials(2, each(N, i -> 100 * i), each(N, i -> 10 + i)), N);
        float[] offset = new float[N];
        float[] noise = new float[N];
        float[] ones = new float[N];
        for (int i = 0; i < N; i++) {
            offset[i] = (float) random.nextGaussian();
            noise[i] = random.nextFloat();
            ones[i] = 1;
        }
        ObservationMap fit = ObservationMap.of(Observation.CURRENTS, ones, offset, noise);
        ObservationMap own = scale.ofActivity(fit);
        for (int i = 0; i < N; i++) {
            double x = random.nextGaussian();
            // y = centre + scale y'
            assertThat(own.mean(i, x, 0)).isCloseTo(scale.centre()[i] + scale.scale()[i] * fit.mean(i, x, 0),
                    within(1e-3));
            assertThat((double) own.noise()[i])
                    .isCloseTo(scale.scale()[i] * scale.scale()[i] * (double) noise[i], within(1e-3));
        }
        ObservationMap back = scale.ofFit(own);
        assertThat(back.gain()).containsExactly(ones, within(1e-6f));
        assertThat(back.offset()).containsExactly(offset, within(1e-4f));
        assertThat(back.noise()).containsExactly(noise, within(1e-5f));
    }

    @Test
    void shouldKeepAScaleInUseUnlessItIsFarOff() {
        int N = 3;
        boolean[] fitted = {true, true, true};
        ActivityScale first = measured(trials(2, each(N, _ -> 500.0), each(N, _ -> 20.0)), N);
        ActivityScale close = first.after(trials(2, each(N, _ -> 520.0), each(N, _ -> 25.0)), fitted);
        assertThat(close.scale()).containsExactly(first.scale());
        assertThat(close.centre()).containsExactly(first.centre());
        ActivityScale far = first.after(trials(2, each(N, _ -> 500.0), each(N, _ -> 60.0)), fitted);
        assertThat(far.scale()[0]).isBetween(50f, 70f);
        ActivityScale silent = first.after(trials(2, each(N, _ -> 500.0), each(N, _ -> 0.0)), fitted);
        assertThat(silent.scale()).as("a neuron that has varied is not constant").containsExactly(first.scale());
    }

    @Test
    void shouldLeaveNeuronsAsTheyAreThatWereNeverObserved() {
        List<Trial> trials = trials(2, each(3, _ -> 1000.0), each(3, _ -> 100.0));
        for (Trial trial : trials) {
            for (int at = 2; at < trial.y().length; at += 3) {
                trial.y()[at] = Float.NaN;
            }
        }
        ActivityScale scale = measured(trials, 3);
        assertThat(scale.scale()[2]).isEqualTo(1);
        assertThat(scale.centre()[2]).isZero();
        assertThat(scale.scaled(trials.getFirst()).y()[2]).isNaN();
    }
}
