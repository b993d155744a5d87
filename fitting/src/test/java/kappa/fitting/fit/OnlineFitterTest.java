package kappa.fitting.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import kappa.fitting.evaluation.Evaluation;
import kappa.fitting.filter.LatentPath;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.ConstantRate;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Trial;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.fitting.simulation.HandBuiltNetworks.HandBuilt;
import kappa.fitting.simulation.SimulatedSession;
import kappa.ingest.recording.Observation;
import kappa.ingest.recording.RecordedBin;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** On the decision network of the thesis (chapter 3), small: 64 neurons, trials of 75 bins. */
class OnlineFitterTest {

    /** Of a fit that recovers what was planted; the night's tests take three. */
    private static final int SEEDS = Integer.getInteger("kappa.seeds", 1);

    private static final int N = 64;
    private static final HandBuilt DECISION = HandBuiltNetworks.named("decision", N, 5);

    private static Observation wire(Observation kind) {
        return switch (kind) {
            case RATES -> Observation.RATES;
            case CURRENTS -> Observation.CURRENTS;
            case COUNTS -> Observation.COUNTS;
        };
    }

    /** Trials as a session would hand them over. */
    private static List<Trial> trials(Observation kind, int count, double gain) {
        SimulatedSession session = new SimulatedSession(DECISION,
                new SimulatedSession.Settings(wire(kind), gain, 0.05, count, 11));
        int T = session.trialBins();
        List<Trial> trials = new ArrayList<>();
        RecordedBin bin = session.describe().newBin();
        for (int index = 0; index < count; index++) {
            float[] y = new float[T * N];
            float[] v = new float[T + 1];
            for (int t = 0; t < T; t++) {
                assertThat(session.next(bin)).isTrue();
                for (int i = 0; i < N; i++) {
                    y[t * N + i] = bin.activity[i];
                }
                LowRankNetwork.advanceInputs(HandBuiltNetworks.ALPHA, v, t, bin.inputs, 0, v, t + 1,
                        1);
            }
            trials.add(new Trial(index, (long) index * T, T, 0, y, v, 10L * index));
        }
        return trials;
    }

    private static FitPlan plan(Observation kind, long seed) {
        return new FitPlan(N, 1, 1, HandBuiltNetworks.ALPHA, kind, seed, 25, FitPlan.DEFAULT_BUFFER_BYTES);
    }

    private static OnlineFitter fitter(FitPlan plan, Team team) {
        return new OnlineFitter(plan, KernelProvider.kernels(), team);
    }

    private static PublishedModel fit(OnlineFitter fitter, List<Trial> trials, int steps) {
        PublishedModel model = fitter.publish(null);
        for (Trial trial : trials) {
            fitter.learn(trial, steps);
            model = fitter.publish(model);
        }
        return model;
    }

    private static Evaluation.Connectivity against(PublishedModel fit) {
        return Evaluation.connectivity(fit.model().network(), DECISION.network());
    }

    /** Bit for bit: records compare arrays by identity. */
    private static void same(PublishedModel actual, PublishedModel expected) {
        assertThat(actual.version()).isEqualTo(expected.version());
        assertThat(actual.model().network()).isEqualTo(expected.model().network());
        assertThat(actual.model().gain()).containsExactly(expected.model().gain());
        assertThat(actual.model().offset()).containsExactly(expected.model().offset());
        assertThat(actual.model().noise()).containsExactly(expected.model().noise());
        assertThat(actual.processNoise()).containsExactly(expected.processNoise());
        assertThat(actual.kappaStd()).containsExactly(expected.kappaStd());
        assertThat(actual.binsLearned()).isEqualTo(expected.binsLearned());
        assertThat(actual.steps()).isEqualTo(expected.steps());
    }

    @ParameterizedTest
    @EnumSource(Observation.class)
    void shouldRecoverPlantedRankOneConnectivity(Observation kind) {
        List<Trial> trials = trials(kind, 60, 0.4);
        SimulatedSession.Settings noiseFree = new SimulatedSession.Settings(Observation.RATES, 0.4, 0, 20, 12);
        for (long seed = 1; seed <= SEEDS; seed++) {
            PublishedModel fit = fit(fitter(plan(kind, seed), Team.ALONE), trials, 25);
            // Measured over three seeds: ECC .97 to .99, R2 .996 to .9995; for counts at 0.4 a bin the least. The entries that
            // activity does not reveal keep their start values, so the raw correlation stays near .6 and is not judged.
            assertThat(against(fit).ecc()).as("ECC, seed %d", seed).isGreaterThan(0.95);
            double r2 = Evaluation.of(fit.model().network(),
                    new SimulatedSession(DECISION, noiseFree)).r2();
            assertThat(r2).as("R2 of the free run, seed %d", seed).isGreaterThan(0.99);
            assertThat(fit.version()).isEqualTo(60);
            assertThat(fit.steps()).isEqualTo(60 * 25);
            assertThat(fit.binsLearned()).isEqualTo(60 * 75);
        }
    }

    private static double freeRun(PublishedModel fit) {
        return Evaluation.of(fit.model().network(), new SimulatedSession(DECISION,
                new SimulatedSession.Settings(Observation.RATES, 0.4, 0, 20, 12))).r2();
    }

    @Test
    void shouldRunFreelyAsTheRecordedNetworkAfterTwentyTrialsOfCounts() {
        PublishedModel fit = fit(fitter(plan(Observation.COUNTS, 1), Team.ALONE), trials(Observation.COUNTS, 20, 0.4),
                25);
        double r2 = freeRun(fit);
        System.out.printf("seed 1: free-run R2 after 20 trials of counts %.3f%n", r2);
        // Measured: .988.
        assertThat(r2).isGreaterThan(0.95);
        assertThat(fit.steps()).isEqualTo(20 * 25);
    }

    @Test
    void shouldLearnFromTheFirstTrialsWhereNearlyAllStepsAreShed() {
        PublishedModel fit = fit(fitter(plan(Observation.COUNTS, 1), Team.ALONE), trials(Observation.COUNTS, 40, 0.4),
                1);
        double r2 = freeRun(fit);
        System.out.printf("seed 1: free-run R2 after 40 trials of counts with one step each %.3f%n", r2);
        assertThat(r2).isGreaterThan(0.9);
    }

    @Test
    void shouldNotGoOnWithWhatPredictsTheNewestTrialWorse() {
        // Counts without structure: whatever expectation-maximisation finds in them is noise.
        SplittableRandom random = new SplittableRandom(3);
        List<Trial> trials = trials(Observation.COUNTS, 20, 0.4);
        for (Trial trial : trials) {
            for (int at = 0; at < trial.y().length; at++) {
                trial.y()[at] = random.nextDouble() < 0.3 ? 1 : 0;
            }
        }
        PublishedModel fit = fit(fitter(plan(Observation.COUNTS, 1), Team.ALONE), trials, 25);
        double drive = 0;
        for (int i = 0; i < N; i++) {
            drive = Math.max(drive, Math.abs(fit.model().network().m()[i] * fit.kappaStd()[0]));
        }
        // A neuron's rate follows kappa by less than a tenth of what it does in the recorded network.
        System.out.printf("seed 3: largest m times the standard deviation of kappa from noise %.3f%n", drive);
        assertThat(drive).isLessThan(0.3);
    }

    @Test
    void shouldRecoverTheGainsThatCountsWereDrawnWith() {
        PublishedModel fit = fit(fitter(plan(Observation.COUNTS, 1), Team.ALONE),
                trials(Observation.COUNTS, 60, 1.5),
                25);
        double mean = 0;
        for (float gain : fit.model().gain()) {
            mean += gain / N;
        }
        // A neuron's mean count has a standard error of 0.02; the optimiser's last steps move each gain as much.
        assertThat(mean).isBetween(1.45, 1.55);
        assertThat(fit.model().gain()).usingComparatorWithPrecision(0.25f).containsOnly(1.5f);
    }

    @Test
    void shouldLearnTheNoiseOfCurrents() {
        PublishedModel fit = fit(fitter(plan(Observation.CURRENTS, 1), Team.ALONE),
                trials(Observation.CURRENTS, 60, 0.4), 25);
        // State noise of 0.05 a bin, smoothed by the network itself: 0.05^2 / (1 - 0.8^2), around a path that is known by then.
        double expected = 0.05 * 0.05 / (1 - 0.8 * 0.8);
        double mean = 0;
        for (float noise : fit.model().noise()) {
            mean += noise / N;
        }
        assertThat(mean).isBetween(0.8 * expected, 1.5 * expected);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldComeOutTheSameBitForBitForAnyNumberOfThreads(int count) {
        List<Trial> trials = trials(Observation.COUNTS, 12, 0.4);
        PublishedModel alone = fit(fitter(plan(Observation.COUNTS, 1), Team.ALONE), trials, 25);
        try (Team team = new Team(count)) {
            same(fit(fitter(plan(Observation.COUNTS, 1), team), trials, 25), alone);
        }
    }

    @ParameterizedTest
    @EnumSource(Observation.class)
    void shouldGoOnFromACheckpointAsIfItHadNeverStopped(Observation kind) {
        List<Trial> trials = trials(kind, 20, 0.4);
        OnlineFitter uninterrupted = fitter(plan(kind, 1), Team.ALONE);
        PublishedModel atCheckpoint = fit(uninterrupted, trials.subList(0, 12), 25);
        FitState saved = uninterrupted.save();
        List<Trial> buffer = List.copyOf(uninterrupted.buffer());
        PublishedModel expected = atCheckpoint;
        for (Trial trial : trials.subList(12, 20)) {
            uninterrupted.learn(trial, 25);
            expected = uninterrupted.publish(expected);
        }

        OnlineFitter restarted = fitter(plan(kind, 1), Team.ALONE);
        restarted.restore(saved);
        restarted.refill(buffer);
        assertThat(restarted.trialsSeen()).isEqualTo(12);
        PublishedModel actual = atCheckpoint;
        for (Trial trial : trials.subList(12, 20)) {
            restarted.learn(trial, 25);
            actual = restarted.publish(actual);
        }
        same(actual, expected);
    }

    @Test
    void shouldSaveCopiesThatLearningDoesNotChange() {
        List<Trial> trials = trials(Observation.COUNTS, 4, 0.4);
        OnlineFitter fitter = fitter(plan(Observation.COUNTS, 1), Team.ALONE);
        fitter.learn(trials.get(0), 25);
        FitState saved = fitter.save();
        PublishedModel published = fitter.publish(null);
        float m = saved.optimiser().values().m()[0];
        float canonical = published.model().network().m()[0];
        float gain = published.model().gain()[0];
        fitter.learn(trials.get(1), 25);
        assertThat(saved.optimiser().values().m()[0]).isEqualTo(m);
        assertThat(published.model().network().m()[0]).isEqualTo(canonical);
        assertThat(published.model().gain()[0]).isEqualTo(gain);
        assertThat(fitter.save().optimiser().values().m()[0]).isNotEqualTo(m);
    }

    /** Trials in other units: neuron i times a factor of its own, on an offset. */
    private static List<Trial> inOtherUnits(List<Trial> trials, double factor, double offset) {
        return trials.stream().map(trial -> {
            float[] y = trial.y().clone();
            for (int at = 0; at < y.length; at++) {
                y[at] = (float) (factor * y[at] + offset);
            }
            return new Trial(trial.index(), trial.firstBin(), trial.bins(), trial.warmUp(), y, trial.v(),
                    trial.offset());
        }).toList();
    }

    @Test
    void shouldFitTheSameNetworkToCurrentsInAnyUnitAndPredictInThatUnit() {
        List<Trial> trials = trials(Observation.CURRENTS, 6, 0.4);
        PublishedModel small = fit(fitter(plan(Observation.CURRENTS, 1), Team.ALONE),
                inOtherUnits(trials, 0x1p-20, 0), 25);
        PublishedModel large = fit(fitter(plan(Observation.CURRENTS, 1), Team.ALONE),
                inOtherUnits(trials, 0x1p20, 0), 25);
        assertThat(large.model().network()).as("scaled by a power of two, which rounds nothing")
                .isEqualTo(small.model().network());
        for (int i = 0; i < N; i++) {
            assertThat(large.model().gain()[i]).isEqualTo(0x1p40f * small.model().gain()[i]);
            assertThat(large.model().offset()[i]).isEqualTo(0x1p40f * small.model().offset()[i]);
        }
        assertThat(small.model().noise()).doesNotContain(0f);
    }

    @ParameterizedTest
    @CsvSource({"1000, 50000", "0.001, 0.1"})
    void shouldRecoverConnectivityFromCurrentsOfAnyScaleAndOffset(double factor, double offset) {
        List<Trial> trials = inOtherUnits(trials(Observation.CURRENTS, 60, 0.4), factor, offset);
        assertThat(against(fit(fitter(plan(Observation.CURRENTS, 1), Team.ALONE), trials, 25)).ecc())
                .isGreaterThan(0.9);
    }

    @Test
    void shouldGoOnFromACheckpointInTheUnitThatItHasFound() {
        List<Trial> trials = inOtherUnits(trials(Observation.CURRENTS, 12, 0.4), 300, 3000);
        // The first trial varies little, so that units change when they are measured anew at the second.
        for (int at = 0; at < trials.getFirst().y().length; at++) {
            trials.getFirst().y()[at] = 3000 + (trials.getFirst().y()[at] - 3000) / 10;
        }
        OnlineFitter uninterrupted = fitter(plan(Observation.CURRENTS, 1), Team.ALONE);
        fit(uninterrupted, trials.subList(0, 3), 25);
        ActivityScale scale = uninterrupted.activity();
        OnlineFitter restarted = fitter(plan(Observation.CURRENTS, 1), Team.ALONE);
        restarted.restore(uninterrupted.save());
        restarted.refill(List.copyOf(uninterrupted.buffer()));
        assertThat(restarted.activity().scale()).containsExactly(scale.scale());
        for (Trial trial : trials.subList(3, 12)) {
            uninterrupted.learn(trial, 25);
            restarted.learn(trial, 25);
        }
        same(restarted.publish(null), uninterrupted.publish(null));
    }

    @ParameterizedTest
    @EnumSource(Observation.class)
    void shouldPredictMeansWhileNoStepHasBeenMade(Observation kind) {
        List<Trial> trials = trials(kind, 3, 0.4);
        OnlineFitter fitter = fitter(plan(kind, 1), Team.ALONE);
        PublishedModel model = fit(fitter, trials, 0);
        ConstantRate means = new ConstantRate(kind, N);
        trials.forEach(trial -> means.learn(trial.y(), 0, trial.bins()));
        means.refresh();
        LatentPath path = new LatentPath(KernelProvider.kernels(), plan(kind, 1), model);
        path.startTrial();
        Trial next = trials(kind, 4, 0.4).getLast();
        for (int t = 0; t < next.bins(); t++) {
            path.bin(next.y(), t * N, next.v(), t + 1);
        }
        assertThat(path.filter().kappa()[0]).as("kappa where nothing is known of it").isCloseTo(0, within(1e-3));
        for (int i = 0; i < N && kind != Observation.RATES; i++) {
            double[] kappa = path.filter().kappa();
            float[] v = path.filter().v();
            // A silent neuron's mean counts half a spike for each trial in the one, and once in the other.
            assertThat(model.model().predict(i, k -> kappa[k], s -> v[s])).as("neuron %d", i)
                    .isCloseTo(means.mean()[i], within(0.02));
        }
    }

    @Test
    void shouldBeginNoiseAtTheVarianceOfTheFirstBins() {
        Trial first = trials(Observation.CURRENTS, 1, 0.4).getFirst();
        OnlineFitter fitter = fitter(plan(Observation.CURRENTS, 1), Team.ALONE);
        fitter.learn(first, 0);
        float[] noise = fitter.publish(null).model().noise();
        for (int i = 0; i < N; i++) {
            SummaryStatistics values = new SummaryStatistics();
            for (int t = 0; t < first.bins(); t++) {
                values.addValue(first.y()[t * N + i]);
            }
            assertThat((double) noise[i]).isCloseTo(values.getPopulationVariance(), withinPercentage(0.1));
        }
    }

    @Test
    void shouldNotDependOnWhenAndHowOftenItPublishes() {
        List<Trial> trials = trials(Observation.COUNTS, 8, 0.4);
        OnlineFitter often = fitter(plan(Observation.COUNTS, 1), Team.ALONE);
        OnlineFitter once = fitter(plan(Observation.COUNTS, 1), Team.ALONE);
        for (Trial trial : trials) {
            often.learn(trial, 25);
            often.publish(often.publish(null));
            often.save();
            once.learn(trial, 25);
        }
        same(often.publish(null), once.publish(null));
    }

    @Test
    void shouldDependOnTheSeedAndOnTheOrderOfTrials() {
        List<Trial> trials = trials(Observation.COUNTS, 4, 0.4);
        LowRankNetwork network = fit(fitter(plan(Observation.COUNTS, 1), Team.ALONE), trials, 25).model().network();
        assertThat(fit(fitter(plan(Observation.COUNTS, 2), Team.ALONE), trials, 25).model().network())
                .isNotEqualTo(network);
        assertThat(fit(fitter(plan(Observation.COUNTS, 1), Team.ALONE), trials.reversed(), 25).model().network())
                .isNotEqualTo(network);
    }

    @Test
    void shouldKeepATrialThatItHasNoTimeToLearnFrom() {
        List<Trial> trials = trials(Observation.COUNTS, 3, 0.4);
        OnlineFitter fitter = fitter(plan(Observation.COUNTS, 1), Team.ALONE);
        fitter.learn(trials.get(0), 25);
        PublishedModel before = fitter.publish(null);
        fitter.learn(trials.get(1), 0);
        PublishedModel after = fitter.publish(before);
        assertThat(fitter.buffer()).containsExactly(trials.get(0), trials.get(1));
        assertThat(after.steps()).isEqualTo(before.steps());
        assertThat(after.version()).isEqualTo(2);
        assertThat(fitter.trialsSeen()).isEqualTo(2);
    }

    @Test
    void shouldLearnNothingFromATrialWithoutBinsOrWithWarmUpOnly() {
        Trial whole = trials(Observation.COUNTS, 1, 0.4).getFirst();
        OnlineFitter fitter = fitter(plan(Observation.COUNTS, 1), Team.ALONE);
        fitter.learn(new Trial(0, 0, 0, 0, new float[0], new float[1], 0), 25);
        fitter.learn(new Trial(1, 0, 75, 75, whole.y(), whole.v(), 0), 25);
        assertThat(fitter.buffer()).isEmpty();
        assertThat(fitter.steps()).isZero();
        assertThat(fitter.trialsSeen()).isEqualTo(2);
    }

    @Test
    void shouldPassOverATrialThatWasPerturbed() {
        List<Trial> trials = trials(Observation.COUNTS, 2, 0.4);
        OnlineFitter fitter = fitter(plan(Observation.COUNTS, 1), Team.ALONE);
        fitter.learn(trials.get(0), 5);
        PublishedModel before = fitter.publish(null);
        fitter.pass(trials.get(1));
        PublishedModel after = fitter.publish(before);
        assertThat(after.model().network()).isEqualTo(before.model().network());
        assertThat(after.version()).isEqualTo(2);
        assertThat(after.binsLearned()).isEqualTo(trials.get(1).firstBin() + trials.get(1).bins());
        assertThat(fitter.buffer()).containsExactly(trials.get(0));
    }

    @Test
    void shouldHoldTheReplayBufferToItsBoundAndNeverDropTheNewest() {
        List<Trial> trials = trials(Observation.COUNTS, 12, 0.4);
        long bytes = trials.getFirst().bytes();
        FitPlan small = new FitPlan(N, 1, 1, HandBuiltNetworks.ALPHA, Observation.COUNTS, 1, 25, 5 * bytes);
        OnlineFitter fitter = fitter(small, Team.ALONE);
        OnlineFitter twin = fitter(small, Team.ALONE);
        for (Trial trial : trials) {
            fitter.learn(trial, 2);
            twin.learn(trial, 2);
            assertThat(fitter.buffer()).hasSizeLessThanOrEqualTo(5).endsWith(trial).isEqualTo(twin.buffer());
        }
        assertThat(fitter.buffer()).hasSize(5);
        // One that alone is larger than the bound is kept all the same: there is nothing else to learn from.
        OnlineFitter tiny = fitter(
                new FitPlan(N, 1, 1, HandBuiltNetworks.ALPHA, Observation.COUNTS, 1, 25, bytes / 2), Team.ALONE);
        tiny.learn(trials.get(0), 2);
        tiny.learn(trials.get(1), 2);
        assertThat(tiny.buffer()).containsExactly(trials.get(1));
    }

    @Test
    void shouldGiveBackWhatItsReplayBufferMayNoLongerHold() {
        List<Trial> trials = trials(Observation.COUNTS, 12, 0.4);
        long bytes = trials.getFirst().bytes();
        assertThat(Trial.bytes(trials.getFirst().bins(), N, 1)).isEqualTo(bytes);
        OnlineFitter fitter = fitter(
                new FitPlan(N, 1, 1, HandBuiltNetworks.ALPHA, Observation.COUNTS, 1, 25, 8 * bytes),
                Team.ALONE);
        trials.subList(0, 8).forEach(trial -> fitter.learn(trial, 0));
        assertThat(fitter.buffer()).isEqualTo(trials.subList(0, 8));

        fitter.holdAtMost(3 * bytes);
        assertThat(fitter.buffer()).hasSize(3).isSubsetOf(trials.subList(0, 8)).endsWith(trials.get(7));
        fitter.learn(trials.get(8), 2);
        assertThat(fitter.buffer()).hasSize(3).endsWith(trials.get(8));
        fitter.holdAtMost(0);
        assertThat(fitter.buffer()).as("something to learn from").containsExactly(trials.get(8));
        // When others have ended there is room again, but never more than planned.
        fitter.holdAtMost(100 * bytes);
        trials.forEach(trial -> fitter.learn(trial, 0));
        assertThat(fitter.buffer()).hasSize(8);
    }

    @Test
    void shouldLearnFromSegmentsThatBeginAnywhere() {
        List<Trial> whole = trials(Observation.COUNTS, 60, 0.4);
        OnlineFitter fitter = fitter(plan(Observation.COUNTS, 1), Team.ALONE);
        PublishedModel model = fitter.publish(null);
        for (Trial trial : whole) {
            fitter.learn(new Trial(trial.index(), trial.firstBin(), trial.bins(), TrialAssembly.WARM_UP, trial.y(),
                    trial.v(), trial.offset()), 25);
            model = fitter.publish(model);
        }
        // Without the knowledge that kappa begins at zero the fit is worse than .97, but it finds the direction.
        assertThat(against(model).ecc()).isGreaterThan(0.9);
    }

    @Test
    void shouldStandActivityThatWasNeverObserved() {
        Trial whole = trials(Observation.CURRENTS, 1, 0.4).getFirst();
        for (Observation kind : Observation.values()) {
            OnlineFitter fitter = fitter(plan(kind, 1), Team.ALONE);
            float[] nothing = new float[whole.y().length];
            Arrays.fill(nothing, Float.NaN);
            fitter.learn(new Trial(0, 0, whole.bins(), 0, nothing, whole.v(), 0), 25);
            PublishedModel model = fitter.publish(null);
            for (float[] part : List.of(model.model().network().m(), model.model().network().n(),
                    model.model().network().w(), model.model().gain(), model.model().offset(),
                    model.model().noise())) {
                for (float value : part) {
                    assertThat(value).as(kind.name()).isFinite();
                }
            }
            assertThat(fitter.skippedSteps()).isZero();
        }
    }
}
