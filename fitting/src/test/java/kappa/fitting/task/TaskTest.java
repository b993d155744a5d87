package kappa.fitting.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import kappa.ingest.InvalidInputException;
import kappa.ingest.SharedData;
import kappa.ingest.recording.Recording;
import kappa.ingest.recording.npz.NpzRecording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TaskTest {

    private static final long SEED = 5;

    private static Recording shared(String name) {
        return NpzRecording.open(SharedData.file(name), null);
    }

    private static double mean(float[] inputs, int channels, int s, int from, int to) {
        double sum = 0;
        for (int t = from; t < to; t++) {
            sum += inputs[t * channels + s];
        }
        return sum / (to - from);
    }

    private static double deviation(float[] inputs, int channels, int s, int from, int to) {
        double mean = mean(inputs, channels, s, from, to);
        double squares = 0;
        for (int t = from; t < to; t++) {
            squares += Math.pow(inputs[t * channels + s] - mean, 2);
        }
        return Math.sqrt(squares / (to - from));
    }

    private static double log2(double value) {
        return Math.log(Math.abs(value)) / Math.log(2);
    }

    /** What our generator and the reference generator must have in common. */
    private record Shape(int bins, int channels, Set<Long> coherences, Set<Double> targets, String mask, double noise,
            String cues) {}

    private static Shape shape(Iterable<float[][]> trials, int channels, int from, int to, double unit) {
        Set<Long> coherences = new HashSet<>();
        Set<Double> targets = new HashSet<>();
        Set<String> masks = new HashSet<>();
        Set<String> cues = new HashSet<>();
        double noise = 0;
        int count = 0;
        int bins = 0;
        for (float[][] trial : trials) {
            bins = trial[1].length;
            double coherence = mean(trial[0], channels, 0, from, to) / unit;
            // All are powers of 2, so that noise in the smallest does not make a 3 of a 4.
            coherences.add((long) Math.signum(coherence) * Math.round(Math.pow(2, Math.rint(log2(coherence)))));
            StringBuilder mask = new StringBuilder();
            for (int t = 0; t < bins; t++) {
                if (trial[2][t] != 0) {
                    mask.append(t).append(' ');
                    targets.add((double) trial[1][t]);
                }
            }
            masks.add(mask.toString());
            for (int s = 2; s < channels; s++) {
                StringBuilder cue = new StringBuilder();
                for (int t = 0; t < bins; t++) {
                    cue.append(trial[0][t * channels + s]).append(' ');
                }
                cues.add(cue.toString());
            }
            noise += deviation(trial[0], channels, 0, from, to);
            count++;
        }
        assertThat(masks).hasSize(1);
        return new Shape(bins, channels, coherences, targets, masks.iterator().next(), noise / count,
                cues.stream().sorted().toList().toString());
    }

    @ParameterizedTest
    @CsvSource({"dm-heldout.npz, dm, 1, 5, 45, 0.032", "cdm-heldout.npz, cdm, 1, 22, 62, 0.1",
        "cdm_full-heldout.npz, cdm, 0.1, 22, 62, 0.1"})
    void shouldMakeTrialsOfTheReferenceGeneratorsShape(String file, String name, double context, int from, int to,
            double unit) {
        Recording session = shared(file);
        Task task = Task.named(name).withContext(context);
        Map<Integer, float[][]> theirs = new HashMap<>();
        Map<Integer, float[][]> ours = new HashMap<>();
        for (int i = 0; i < session.trials(); i++) {
            theirs.put(i, new float[][]{session.inputs(i), session.targets(i).orElseThrow(),
                session.mask(i).orElseThrow()});
            TaskTrial trial = task.trial(SEED, i);
            ours.put(i, new float[][]{trial.inputs(), trial.targets(), trial.mask()});
        }
        Shape expected = shape(theirs.values(), session.inputs(), from, to, unit);
        Shape actual = shape(ours.values(), task.inputs(), from, to, unit);
        assertThat(actual).usingRecursiveComparison().ignoringFields("noise").isEqualTo(expected);
        // 60 trials of 40 bins: the standard deviation is known to 1.5 %.
        assertThat(actual.noise).isCloseTo(expected.noise, within(0.05 * expected.noise));
    }

    @ParameterizedTest
    @CsvSource({"dm, 10", "wm, 18", "cdm, 72", "msi, 30", "dms, 4"})
    void shouldHaveThePublishedConditions(String name, int count) {
        assertThat(Task.named(name).conditions()).hasSize(count).doesNotHaveDuplicates();
    }

    @Test
    void shouldDifferInFrequencyBy8Or16Or24() {
        Task task = Task.of(Task.Name.WM);
        assertThat(task.conditions())
                .allSatisfy(
                        condition -> assertThat(Math.abs(condition.first() - condition.second())).isIn(8., 16., 24.))
                .allSatisfy(condition -> assertThat(task.target(condition))
                        .isEqualTo((condition.first() - condition.second()) / 24));
    }

    @Test
    void shouldShowBothFrequenciesForFiveBins() {
        for (int i = 0; i < 50; i++) {
            TaskTrial trial = Task.of(Task.Name.WM).trial(SEED, i);
            int delay = trial.bins() - 20;
            assertThat(delay).isBetween(25, 100);
            // Noise of 0.01 over 5 bins: 0.0045.
            assertThat(mean(trial.inputs(), 1, 0, 5, 10)).isCloseTo((trial.condition().first() - 22) / 24,
                    within(0.03));
            assertThat(mean(trial.inputs(), 1, 0, 10 + delay, 15 + delay))
                    .isCloseTo((trial.condition().second() - 22) / 24, within(0.03));
            assertThat(mean(trial.inputs(), 1, 0, 10, 10 + delay)).isCloseTo(0, within(0.01));
            assertThat(trial.target())
                    .isEqualTo((float) ((trial.condition().first() - trial.condition().second()) / 24));
        }
    }

    @Test
    void shouldShowSampleAndTestForTwentyFiveBinsAndAskForFifty() {
        Set<Integer> delays = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            TaskTrial trial = Task.of(Task.Name.DMS).trial(SEED, i);
            int delay = trial.bins() - 105;
            delays.add(delay);
            int sample = (int) trial.condition().first();
            int test = (int) trial.condition().second();
            // Noise of 0.03 over 25 bins: 0.006.
            assertThat(mean(trial.inputs(), 2, sample, 5, 30)).isCloseTo(1, within(0.04));
            assertThat(mean(trial.inputs(), 2, 1 - sample, 5, 30)).isCloseTo(0, within(0.04));
            assertThat(mean(trial.inputs(), 2, test, 30 + delay, 55 + delay)).isCloseTo(1, within(0.04));
            assertThat(trial.target()).isEqualTo(sample == test ? 1 : -1);
            assertThat(mean(trial.mask(), 1, 0, 0, 55 + delay)).isZero();
            assertThat(mean(trial.mask(), 1, 0, 55 + delay, trial.bins())).isEqualTo(1);
        }
        assertThat(delays).as("500 to 3000 ms, drawn for each trial").allMatch(delay -> delay >= 25 && delay <= 150)
                .hasSizeGreaterThan(80);
    }

    @Test
    void shouldCueTheModalitiesThatAreShown() {
        Task task = Task.of(Task.Name.MSI).withContext(0.5);
        int[] sets = new int[3];
        for (int i = 0; i < 300; i++) {
            TaskTrial trial = task.trial(SEED, i);
            Condition condition = trial.condition();
            sets[condition.context()]++;
            for (int s = 0; s < 2; s++) {
                boolean shown = condition.context() == s || condition.context() == 2;
                assertThat(mean(trial.inputs(), 4, 2 + s, 5, 67)).isEqualTo(shown ? 0.5 : 0);
                // Noise of 0.1 over 40 bins: 0.016.
                double coherence = s == 0 ? condition.first() : condition.second();
                assertThat(mean(trial.inputs(), 4, s, 22, 62)).isCloseTo(coherence, within(0.08));
                assertThat(coherence != 0).isEqualTo(shown);
                assertThat(coherence * trial.target()).isGreaterThanOrEqualTo(0);
            }
        }
        // 100 of 300, with a standard deviation of 8.
        assertThat(Arrays.stream(sets)).as("trials of each set of modalities").allMatch(n -> n > 70 && n < 130);
    }

    @ParameterizedTest
    @EnumSource(Task.Name.class)
    void shouldMakeATrialFromSeedAndNumberOnly(Task.Name name) {
        Task task = Task.of(name);
        TaskTrial first = task.trial(SEED, 7);
        task.trial(SEED, 3);
        TaskTrial again = task.trial(SEED, 7);
        assertThat(again.inputs()).containsExactly(first.inputs());
        assertThat(again.condition()).isEqualTo(first.condition());
        assertThat(task.trial(SEED + 1, 7).inputs()).isNotEqualTo(first.inputs());
        assertThat(first.inputs()).hasSize(first.bins() * task.inputs());
        assertThat(first.phaseEnds()).hasSize(task.phases().size()).isSorted().endsWith(first.bins());
        assertThat(task.inputNames()).hasSize(task.inputs());
    }

    @Test
    void shouldShortenDelaysForShaping() {
        Task shaped = Task.of(Task.Name.DMS).withLongestDelay(Task.bins(700));
        for (int i = 0; i < 50; i++) {
            assertThat(shaped.trial(SEED, i).bins()).isBetween(105 + 25, 105 + 35);
        }
        assertThat(shaped.longestTrial()).isEqualTo(140);
    }

    @Test
    void shouldDrawTheDurationsOfSampleAndTestIndependently() {
        Task task = Task.of(Task.Name.DMS).withStimulus(new Task.Span(10, 75));
        Set<Integer> samples = new HashSet<>();
        int differing = 0;
        for (int i = 0; i < 200; i++) {
            TaskTrial trial = task.trial(SEED, i);
            int[] ends = trial.phaseEnds();
            int sample = ends[1] - ends[0];
            int test = ends[3] - ends[2];
            samples.add(sample);
            differing += sample == test ? 0 : 1;
            assertThat(sample).isBetween(10, 75);
            assertThat(test).isBetween(10, 75);
            assertThat(ends[4] - ends[3]).isEqualTo(50);
            // Noise of 0.03 over 10 bins: 0.01.
            assertThat(mean(trial.inputs(), 2, (int) trial.condition().second(), ends[2], ends[3])).isCloseTo(1,
                    within(0.06));
        }
        assertThat(samples).hasSizeGreaterThan(50);
        assertThat(differing).isGreaterThan(180);
    }

    @ParameterizedTest
    @CsvSource({"3, 9", "4, 16"})
    void shouldMakeHalfOfTheTrialsMatchesWithMoreStimuli(int stimuli, int conditions) {
        Task task = Task.of(Task.Name.DMS).withStimuli(stimuli);
        assertThat(task.inputNames()).hasSize(stimuli).startsWith("A", "B", "C");
        assertThat(task.conditions()).hasSize(conditions).doesNotHaveDuplicates();
        int matches = 0;
        for (int i = 0; i < 400; i++) {
            TaskTrial trial = task.trial(SEED, i);
            int sample = (int) trial.condition().first();
            assertThat(mean(trial.inputs(), stimuli, sample, 5, 30)).isCloseTo(1, within(0.04));
            assertThat(trial.target()).isEqualTo(sample == trial.condition().second() ? 1 : -1);
            matches += trial.target() > 0 ? 1 : 0;
        }
        // 200 of 400, with a standard deviation of 10.
        assertThat(matches).isBetween(160, 240);
    }

    @Test
    void shouldRefuseStimuliForTasksThatHaveThemFixed() {
        assertThatThrownBy(() -> Task.of(Task.Name.DM).withStimuli(3)).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("task dms");
        assertThatThrownBy(() -> Task.of(Task.Name.DMS).withStimuli(9)).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("2 to 8");
    }

    @Test
    void shouldNameTheTasksItKnows() {
        assertThat(Task.named("CDM")).isEqualTo(Task.of(Task.Name.CDM));
        assertThatThrownBy(() -> Task.named("go")).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("'go'").hasMessageContaining("dm, wm, cdm, msi, dms");
        assertThatThrownBy(() -> Task.named("cdm").withContext(0)).isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("context: 0.0");
    }
}
