package kappa.analysis.inactivation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import kappa.analysis.inactivation.Inactivation.Plan;
import kappa.analysis.populations.NeuronSet;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.Silencing;
import kappa.fitting.task.Task;
import kappa.fitting.task.TaskTrial;
import kappa.fitting.training.TrialRunner;
import kappa.ingest.InvalidInputException;
import org.junit.jupiter.api.Test;

class InactivationTest {

    private static final int NEURONS = 60;
    private static final int RANK = 2;
    private static final long SEED = 5;
    private static final NeuronSet SET = new NeuronSet("some", new int[]{0, 3, 4, 17, 30, 31, 32, 59});
    private static final Plan WHOLE = new Plan(Silencing.MASK, 0, Integer.MAX_VALUE, 1);

    /** A network with biases and an initial state that is not in the span of m. */
    private static LowRankNetwork network() {
        SplittableRandom random = new SplittableRandom(SEED);
        LowRankNetwork net = LowRankNetwork.initial(NEURONS, RANK, 4, 0.2, random);
        float[] b = new float[NEURONS];
        float[] h0 = new float[NEURONS];
        for (int i = 0; i < NEURONS; i++) {
            b[i] = (float) (0.2 * random.nextGaussian());
            h0[i] = (float) (0.3 * random.nextGaussian() + 0.5 * net.m()[i]);
        }
        return new LowRankNetwork(NEURONS, RANK, 4, 0.2, net.m(), net.n(), net.w(), b).withReadout(net.readout())
                .withInitialState(h0);
    }

    /** Trials of the context-dependent decision. */
    private static SeenTrials trials(int count) {
        Task task = Task.of(Task.Name.CDM);
        List<SeenTrial> trials = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            TaskTrial trial = task.trial(SEED, i);
            trials.add(new SeenTrial(trial.bins(), trial.inputs(), trial.inputs(), trial.targets(), trial.mask()));
        }
        return new SeenTrials(trials, task.inputNames(), List.of("target 0"), SeenTrials.Kind.TARGETS, true);
    }

    /** All N currents in doubles, with r_i = 0 for silent neurons in bins from to to. */
    private static double[] bruteForce(LowRankNetwork net, SeenTrial trial, NeuronSet set, int from, int to,
            double scale) {
        boolean[] silent = new boolean[NEURONS];
        for (int i : set.neurons()) {
            silent[i] = true;
        }
        double[] x = new double[NEURONS];
        double[] r = new double[NEURONS];
        for (int i = 0; i < NEURONS; i++) {
            x[i] = net.initialState()[i];
            r[i] = from == 0 && silent[i] ? 0 : LowRankNetwork.phi(x[i] + net.b()[i]);
        }
        double[] z = new double[trial.bins()];
        for (int t = 0; t < trial.bins(); t++) {
            double before = t > 0 ? t > from && t <= to ? scale : 1 : from == 0 ? scale : 1;
            double[] next = new double[NEURONS];
            for (int i = 0; i < NEURONS; i++) {
                for (int k = 0; k < RANK; k++) {
                    for (int j = 0; j < NEURONS; j++) {
                        next[i] += before * net.m()[k * NEURONS + i] * net.n()[k * NEURONS + j]
                                * r[j] / NEURONS;
                    }
                }
                for (int s = 0; s < 4; s++) {
                    next[i] += (double) trial.inputs()[t * 4 + s] * net.w()[s * NEURONS + i];
                }
            }
            double now = t >= from && t < to ? scale : 1;
            for (int i = 0; i < NEURONS; i++) {
                x[i] = 0.8 * x[i] + 0.2 * next[i];
                r[i] = t >= from && t < to && silent[i] ? 0 : LowRankNetwork.phi(x[i] + net.b()[i]);
                z[t] += now * net.readout()[i] * r[i] / NEURONS;
            }
        }
        return z;
    }

    private static void assertReadoutsAre(List<float[]> readouts, SeenTrials seen, NeuronSet set, int from, int to,
            double scale) {
        for (int i = 0; i < readouts.size(); i++) {
            double[] expected = bruteForce(network(), seen.trials().get(i), set, from, to, scale);
            for (int t = 0; t < expected.length; t++) {
                // Kernels and files hold floats: 1e-7 of sums of sixty products of order ten.
                assertThat((double) readouts.get(i)[t]).isCloseTo(expected[t], within(2e-5));
            }
        }
    }

    @Test
    void shouldBeASimulationOfAllCurrentsInWhichSilentRatesAreZero() {
        SeenTrials seen = trials(3);
        Effect effect = Inactivation.of(network(), seen, WHOLE).effect(SET);
        assertReadoutsAre(effect.silenced().readout(), seen, SET, 0, 1000, 1);
        assertReadoutsAre(effect.intact().readout(), seen, new NeuronSet("none", new int[0]), 0, 1000, 1);
        assertThat(effect.change()).isGreaterThan(0.1);
    }

    @Test
    void shouldSilenceInSomeBinsOnlyWhileTheStateCarriesOn() {
        SeenTrials seen = trials(2);
        Plan plan = new Plan(Silencing.MASK, 10, 31, 1);
        Effect effect = Inactivation.of(network(), seen, plan).effect(SET);
        assertReadoutsAre(effect.silenced().readout(), seen, SET, 10, 31, 1);
        int rank = RANK;
        float[] before = Arrays.copyOf(effect.intact().kappa().getFirst(), 11 * rank);
        assertThat(Arrays.copyOf(effect.silenced().kappa().getFirst(), 11 * rank)).containsExactly(before);
        try (TrialRunner runner = new TrialRunner(1)) {
            Verification.Truth truth = new Verification.Truth(network(), seen, plan, runner);
            assertReadoutsAre(truth.silenced(SET), seen, SET, 10, 31, 1);
        }
    }

    @Test
    void shouldRescaleWhatIsLeftWhenUnitsAreDeleted() {
        SeenTrials seen = trials(2);
        Plan plan = new Plan(Silencing.DELETION, 0, Integer.MAX_VALUE, 1);
        Effect effect = Inactivation.of(network(), seen, plan).effect(SET);
        assertReadoutsAre(effect.silenced().readout(), seen, SET, 0, 1000, NEURONS / (NEURONS - 8.0));
    }

    @Test
    void shouldAgreeWithItselfEntirely() {
        SeenTrials seen = trials(40);
        TaskConditions conditions = TaskConditions.of(seen);
        for (Plan plan : List.of(WHOLE, new Plan(Silencing.DELETION, 20, 50, 1))) {
            Effect effect = Inactivation.of(network(), seen, plan).effect(SET);
            try (TrialRunner runner = new TrialRunner(1)) {
                Verification.Truth truth = new Verification.Truth(network(), seen, plan, runner);
                Verification same = Verification.of(effect, truth.intact(), truth.silenced(effect.set()), conditions);
                assertThat(same.r2Change()).isCloseTo(1, within(1e-6));
                assertThat(same.r2ChangeAllBins()).isCloseTo(1, within(1e-6));
                assertThat(same.correlation()).isCloseTo(1, within(1e-6));
                assertThat(same.choiceAgreement()).isEqualTo(1);
                assertThat(same.accuracy()).isEqualTo(effect.accuracy(conditions));
            }
        }
    }

    @Test
    void shouldFindContextsAndCoherencesInTheInputs() {
        SeenTrials seen = trials(80);
        TaskConditions conditions = TaskConditions.of(seen);
        List<String> names = Task.of(Task.Name.CDM).inputNames();
        assertThat(conditions.contextChannels()).containsExactly(2, 3);
        assertThat(conditions.contexts()).containsExactlyInAnyOrder(names.get(2), names.get(3));
        assertThat(conditions.signals()).extracting(TaskConditions.Signal::channel).containsExactly(names.get(0),
                names.get(1));
        for (int i = 0; i < 80; i++) {
            TaskTrial trial = Task.of(Task.Name.CDM).trial(SEED, i);
            assertThat(conditions.contexts().get(conditions.contextOf()[i]))
                    .isEqualTo(names.get(2 + trial.condition().context()));
            // Noise of 0.1 averaged over 40 bins.
            assertThat(conditions.signals().getFirst().strength()[i]).isCloseTo(trial.condition().first(),
                    within(0.08));
        }
        assertThat(conditions.trialsOf(0).length + conditions.trialsOf(1).length).isEqualTo(80);
    }

    @Test
    void shouldDivideNeuronsByTheContextThatDrivesThem() {
        LowRankNetwork plain = network();
        float[] w = plain.w().clone();
        for (int i = 0; i < NEURONS; i++) {
            w[(2 + i % 2) * NEURONS + i] = 9;
            w[(3 - i % 2) * NEURONS + i] = 0.1f;
        }
        LowRankNetwork net = LowRankNetwork.withoutBias(NEURONS, RANK, 4, 0.2,
                plain.m(), new float[RANK * NEURONS], w).withReadout(plain.readout());
        SeenTrials seen = trials(30);
        TaskConditions conditions = TaskConditions.of(seen);
        List<NeuronSet> sets = SilencedSets.ofContexts(Inactivation.of(net, seen, WHOLE), conditions);
        assertThat(sets).hasSize(4);
        assertThat(sets.subList(0, 2)).allSatisfy(set -> assertThat(set.size()).isEqualTo(12));
        for (NeuronSet set : sets.subList(2, 4)) {
            int own = set.name().endsWith(seen.inputNames().get(2)) ? 0 : 1;
            assertThat(set.neurons()).containsExactly(IntStream.range(0, NEURONS).filter(i -> i % 2 == own).toArray());
        }
    }

    @Test
    void shouldRegressAReadoutThatPredictsAsTheTrueOneDoes() {
        LowRankNetwork some = network();
        float[] readout = new float[NEURONS];
        for (int i = 0; i < NEURONS; i++) {
            readout[i] = 3 * some.m()[i] + 0.1f * some.readout()[i];
        }
        LowRankNetwork truth = some.withReadout(readout).withInitialState(some.initialState());
        SeenTrials asked = trials(150);
        List<float[]> z = Inactivation.of(truth, asked, WHOLE).intact().readout();
        List<SeenTrial> told = IntStream.range(0, 150).mapToObj(i -> {
            SeenTrial trial = asked.trials().get(i);
            float[] everywhere = new float[trial.bins()];
            Arrays.fill(everywhere, 1);
            float[] shifted = z.get(i).clone();
            for (int t = 0; t < shifted.length; t++) {
                shifted[t] += 3;
            }
            return new SeenTrial(trial.bins(), trial.inputs(), trial.drive(), shifted, everywhere);
        }).toList();
        SeenTrials behaviour = new SeenTrials(told, asked.inputNames(), List.of("z"), SeenTrials.Kind.BEHAVIOR, false);
        LowRankNetwork fit = truth.withReadout(new float[0]);
        Inactivation predicted = Inactivation.of(fit, behaviour, WHOLE);
        assertThat(predicted.readout().origin()).isEqualTo(Readout.Origin.BEHAVIOR);
        // Bayes is never told less noise than 0.3 of the variance a trial, and shrinks accordingly: 0.963 measured.
        assertThat(predicted.readout().r2()).isGreaterThan(0.95);
        assertThat(predicted.readout().offset()[0]).isCloseTo(3, within(0.2));
        List<float[]> silenced = Inactivation.of(truth, asked, WHOLE).effect(SET).silenced().readout();
        Verification agreement = Verification.of(predicted.effect(SET), z, silenced, TaskConditions.of(asked));
        // Only the sum over all neurons is told. The part of eight of them follows from the prior, which is right here: wo is
        // mostly along m.
        assertThat(agreement.r2Change()).isGreaterThan(0.5);
        assertThat(agreement.choiceAgreement()).isNaN();
    }

    @Test
    void shouldDrawCurvesOfChoicesBeforeAndAfter() {
        SeenTrials seen = trials(60);
        TaskConditions conditions = TaskConditions.of(seen);
        Effect effect = Inactivation.of(network(), seen, WHOLE).effect(SET);
        assertThat(effect.psychometric(conditions)).hasSize(4).allSatisfy(curve -> {
            assertThat(curve.strength()).isSorted().hasSize(6);
            assertThat(curve.intact()).doesNotContain(Double.NaN);
        });
        assertThat(effect.traces(conditions)).hasSize(4).allSatisfy(trace -> {
            assertThat(trace.kappaSilenced()).hasSize((seen.trials().getFirst().bins() + 1) * RANK);
            assertThat(trace.readoutIntact()).hasSize(seen.trials().getFirst().bins());
        });
    }

    @Test
    void shouldProjectOnWhatTheRatesSpan() {
        SplittableRandom random = new SplittableRandom(SEED);
        double[][] three = new double[3][NEURONS];
        for (double[] direction : three) {
            Arrays.setAll(direction, _ -> random.nextGaussian());
        }
        double[][] states = new double[200][NEURONS];
        for (double[] state : states) {
            double[] along = {10 * random.nextGaussian(), random.nextGaussian(), 0.01 * random.nextGaussian()};
            Arrays.setAll(state, i -> along[0] * three[0][i] + along[1] * three[1][i] + along[2] * three[2][i]);
        }
        RateSpace space = RateSpace.of(states, 0.999);
        assertThat(space.directions().length).isEqualTo(2);
        float[] first = new float[NEURONS];
        for (int i = 0; i < NEURONS; i++) {
            first[i] = (float) three[0][i];
        }
        // What is left out has a millionth of the first direction's variance.
        assertThat(space.project(first, NEURONS)).usingComparatorWithPrecision(1e-2f).containsExactly(first);
    }

    @Test
    void shouldTakeNeuronsAsPeopleWriteThem() {
        assertThat(SilencedSets.parse("A", "7-9, 0,8", 10).neurons()).containsExactly(0, 7, 8, 9);
        for (String wrong : List.of("", "10", "3-1", "-1", "a", "1-2-3", "1,,2")) {
            assertThatThrownBy(() -> SilencedSets.parse("A", wrong, 10)).as(wrong)
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("set 'A'").hasMessageContaining("0 to 9");
        }
        NeuronSet random = SilencedSets.random(50, 20, 3);
        assertThat(random.neurons()).hasSize(20).doesNotHaveDuplicates().isSorted();
        assertThat(SilencedSets.random(50, 20, 3)).isEqualTo(random);
    }

    @Test
    void shouldNameWhatIsMissing() {
        SeenTrials seen = trials(2);
        assertThatThrownBy(() -> Inactivation.of(network(), seen, WHOLE).effect(new NeuronSet("B", new int[]{60})))
                .isInstanceOf(InvalidInputException.class).hasMessage("set 'B': neuron 60, expected 0 to 59");
        SeenTrials nothing = new SeenTrials(
                seen.trials().stream().map(trial -> new SeenTrial(trial.bins(), trial.inputs(), trial.inputs(),
                        new float[0], new float[0])).toList(),
                seen.inputNames(), List.of(), SeenTrials.Kind.NONE, false);
        assertThatThrownBy(() -> Inactivation.of(network().withReadout(new float[0]), nothing, WHOLE))
                .isInstanceOf(InvalidInputException.class).hasMessageContaining("neither targets nor behaviour");
    }
}
