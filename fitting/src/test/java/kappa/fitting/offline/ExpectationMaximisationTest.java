package kappa.fitting.offline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import kappa.fitting.em.Maximisation;
import kappa.fitting.em.StateSpaceModel;
import kappa.fitting.evaluation.Evaluation;
import kappa.fitting.fit.OnlineFitter;
import kappa.fitting.fit.TrialAssembly;
import kappa.fitting.kernel.KernelProvider;
import kappa.fitting.kernel.Team;
import kappa.fitting.model.FitPlan;
import kappa.fitting.model.KernelModel;
import kappa.fitting.model.LowRankNetwork;
import kappa.fitting.model.PublishedModel;
import kappa.fitting.model.Trial;
import kappa.fitting.simulation.HandBuiltNetworks;
import kappa.ingest.recording.Observation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** On the decision network of the thesis (chapter 3), small: 64 neurons, and noise in kappa that is known. */
class ExpectationMaximisationTest {

    private static final int N = 64;
    private static final LowRankNetwork DECISION = HandBuiltNetworks.named("decision", N, 5).network();
    private static final double PROCESS_SD = 0.1;
    private static final double OBSERVATION_SD = 0.2;
    private static final double FIRST_PROCESS_SD = 0.2;
    private static final double START = 0.5;
    private static final double START_SD = 0.2;
    private static final double GAIN = 1;

    private record Simulation(List<Trial> trials, double kappaStd) {}

    /**
     * Trials of unequal length drawn from the model that EM assumes: a start, noise in kappa, and noise on what is
     * observed.
     */
    private static Simulation simulate(Observation kind, int count, double processSd, double observationSd,
            double startSd) {
        SplittableRandom random = new SplittableRandom(31);
        List<Trial> trials = new ArrayList<>();
        double squares = 0;
        long bins = 0;
        for (int index = 0; index < count; index++) {
            int T = 50 + index % 20;
            float[] y = new float[T * N];
            float[] v = new float[T + 1];
            double coherence = 0.5 * random.nextGaussian();
            double kappa = startSd == 0 ? 0 : START + startSd * random.nextGaussian();
            for (int t = 1; t <= T; t++) {
                double drive = 0;
                for (int i = 0; i < N; i++) {
                    drive += DECISION.n()[i]
                            * LowRankNetwork.phi(DECISION.m()[i] * kappa + DECISION.w()[i] * v[t - 1]) / N;
                }
                kappa = (1 - DECISION.alpha()) * kappa + DECISION.alpha() * drive + processSd * random.nextGaussian();
                float u = (float) (t < 40 ? coherence : 0);
                LowRankNetwork.advanceInputs(DECISION.alpha(), v, t - 1, new float[]{u}, 0, v, t, 1);
                for (int i = 0; i < N; i++) {
                    double x = DECISION.m()[i] * kappa + DECISION.w()[i] * v[t];
                    y[(t - 1) * N + i] = (float) switch (kind) {
                        case CURRENTS -> x + observationSd * random.nextGaussian();
                        case RATES -> LowRankNetwork.phi(x) + observationSd * random.nextGaussian();
                        case COUNTS -> poisson(GAIN * (1 + LowRankNetwork.phi(x)), random);
                    };
                }
                squares += kappa * kappa;
                bins++;
            }
            trials.add(new Trial(index, bins - T, T, 0, y, v, index));
        }
        return new Simulation(trials, Math.sqrt(squares / bins));
    }

    private static int poisson(double mean, SplittableRandom random) {
        double limit = Math.exp(-mean);
        double product = random.nextDouble();
        int count = 0;
        while (product > limit) {
            product *= random.nextDouble();
            count++;
        }
        return count;
    }

    private static FitPlan plan(Observation kind) {
        // Without the filter's loss the online fit takes a third of the time.
        return new FitPlan(N, 1, 1, HandBuiltNetworks.ALPHA, kind, 1, 25, FitPlan.DEFAULT_BUFFER_BYTES,
                new FitPlan.Settings(false, false, 0, Double.POSITIVE_INFINITY, 0, false));
    }

    /** The network the trials were drawn from, with noise that is far from theirs. */
    private static PublishedModel truthWithWrongNoise(Observation kind, double kappaStd) {
        float[] gain = new float[N];
        float[] noise = new float[N];
        Arrays.fill(gain, 1f);
        Arrays.fill(noise, 1f);
        KernelModel model = KernelModel.of(DECISION, kind, gain, new float[N], noise);
        return new PublishedModel(1, model, new double[]{FIRST_PROCESS_SD * FIRST_PROCESS_SD}, new double[]{kappaStd},
                new double[1],
                PublishedModel.certainStart(1), 0, 0);
    }

    private static ExpectationMaximisation refined(Observation kind, List<Trial> trials, PublishedModel start,
            int iterations, Team team) {
        ExpectationMaximisation em = new ExpectationMaximisation(plan(kind), start, iterations,
                KernelProvider.kernels(), team);
        trials.forEach(em::learn);
        em.endPass();
        return em;
    }

    private static void shouldNeverDecrease(List<Double> logPosteriors) {
        for (int iteration = 1; iteration < logPosteriors.size(); iteration++) {
            assertThat(logPosteriors.get(iteration)).as("iteration %d", iteration)
                    .isGreaterThanOrEqualTo(logPosteriors.get(iteration - 1));
        }
    }

    @ParameterizedTest
    @EnumSource(Observation.class)
    void shouldLearnTheNoiseThatTheSessionWasDrawnWith(Observation kind) {
        Simulation simulation = simulate(kind, 100, PROCESS_SD, OBSERVATION_SD, START_SD);
        ExpectationMaximisation em = refined(kind, simulation.trials(),
                truthWithWrongNoise(kind, simulation.kappaStd()), 12, Team.ALONE);
        StateSpaceModel learnt = em.parameters();
        // kappa's unit is m's, which EM is free to change: noise is compared in currents, |m| sd / sqrt(N).
        double scale = rms(learnt.model().network().m()) / rms(DECISION.m());
        assertThat(scale * Math.sqrt(learnt.processNoise()[0])).as("process noise")
                // 6,000 transitions, each seen through a filter that knows kappa no better than the noise: some
                // percent.
                .isCloseTo(PROCESS_SD, within(0.1 * PROCESS_SD));
        if (kind != Observation.COUNTS) {
            for (float noise : learnt.model().noise()) {
                // A variance from 6,000 numbers has a relative standard error of 0.018, half of it in the deviation.
                assertThat(Math.sqrt(noise)).as("observation noise").isCloseTo(OBSERVATION_SD,
                        within(0.05 * OBSERVATION_SD));
            }
        }
        double sign = Math.signum(dot(learnt.model().network().m(), DECISION.m()));
        // A mean of 100 starts with a standard error of .02, and a standard deviation with one of .014; both through
        // noise.
        assertThat(sign * scale * learnt.start()[0]).as("start").isCloseTo(START, within(0.06));
        assertThat(scale * Math.sqrt(learnt.startCovariance()[0])).as("spread of starts")
                .isCloseTo(START_SD, within(0.06));
        shouldNeverDecrease(em.logPosteriors());
        assertThat(em.divergences()).isZero();
    }

    private static double rms(float[] a) {
        return Math.sqrt(dot(a, a) / a.length);
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    @ParameterizedTest
    @EnumSource(Observation.class)
    void shouldRefineAnOnlineFit(Observation kind) {
        List<Trial> trials = simulate(kind, 40, 0.02, OBSERVATION_SD, 0).trials();
        ExpectationMaximisation em = new ExpectationMaximisation(plan(kind), 3, KernelProvider.kernels(), Team.ALONE);
        trials.forEach(em::learn);
        PublishedModel before = em.publish(null);
        em.endPass();
        PublishedModel after = em.publish(before);
        assertThat(em.logPosteriors()).hasSizeBetween(3, 4);
        shouldNeverDecrease(em.logPosteriors());
        double eccBefore = ecc(before);
        double eccAfter = ecc(after);
        assertThat(eccAfter).as("ECC, %.4f before", eccBefore).isGreaterThan(0.95).isGreaterThan(eccBefore - 0.01);
        // Axes are kept.
        assertThat(dot(after.model().network().m(), before.model().network().m()) / N).isCloseTo(1, within(0.05));
        assertThat(after.version()).isEqualTo(40);

        trials.forEach(em::learn);
        em.endPass();
        assertThat(em.publish(after).version()).isEqualTo(80);
        shouldNeverDecrease(em.logPosteriors());
    }

    @Test
    void shouldBeTheOnlineFitDuringTheFirstPass() {
        ExpectationMaximisation em = new ExpectationMaximisation(plan(Observation.COUNTS), 3,
                KernelProvider.kernels(), Team.ALONE);
        OnlineFitter online = new OnlineFitter(plan(Observation.COUNTS), KernelProvider.kernels(), Team.ALONE);
        for (Trial trial : simulate(Observation.COUNTS, 3, PROCESS_SD, 0, 0).trials()) {
            em.learn(trial);
            online.learn(trial);
            assertThat(em.publish(null).model().network()).isEqualTo(online.publish(null).model().network());
        }
    }

    private static double ecc(PublishedModel fit) {
        return Evaluation.connectivity(fit.model().network(), DECISION).ecc();
    }

    @Test
    void shouldStopAtTheFloorsWhereThereIsNoNoiseAtAll() {
        Simulation simulation = simulate(Observation.RATES, 20, 0, 0, 0);
        ExpectationMaximisation em = refined(Observation.RATES, simulation.trials(),
                truthWithWrongNoise(Observation.RATES, simulation.kappaStd()), 12, Team.ALONE);
        assertThat(em.parameters().model().noise()).containsOnly((float) Maximisation.MIN_NOISE);
        // Within a factor of two of the floor, from which Q/4 would lead below.
        assertThat(Math.sqrt(em.parameters().processNoise()[0]) / em.parameters().kappaStd()[0])
                .isBetween(0.99 * Maximisation.MIN_PROCESS_SD, 2.01 * Maximisation.MIN_PROCESS_SD);
        shouldNeverDecrease(em.logPosteriors());
    }

    @Test
    void shouldRefineSegmentsThatBeginAnywhereInASessionWithGaps() {
        Simulation simulation = simulate(Observation.COUNTS, 60, 0.05, 0, 0);
        SplittableRandom random = new SplittableRandom(8);
        List<Trial> segments = new ArrayList<>();
        for (Trial trial : simulation.trials()) {
            float[] y = trial.y().clone();
            for (int i = 0; i < y.length; i++) {
                if (i % N == 17 || random.nextInt(10) == 0) {
                    y[i] = Float.NaN;
                }
            }
            segments.add(new Trial(trial.index(), trial.firstBin(), trial.bins(), TrialAssembly.WARM_UP, y, trial.v(),
                    trial.offset()));
        }
        PublishedModel start = truthWithWrongNoise(Observation.COUNTS, simulation.kappaStd());
        ExpectationMaximisation em = refined(Observation.COUNTS, segments, start, 6, Team.ALONE);
        shouldNeverDecrease(em.logPosteriors());
        assertThat(em.logPosteriors()).hasSizeGreaterThan(3);
        // Trials have a start; segments have none to learn from.
        assertThat(em.parameters().start()).containsExactly(0);
        assertThat(ecc(em.publish(null))).isGreaterThan(0.97);
        // A neuron that was never observed keeps its gain, for want of anything else.
        assertThat(em.parameters().model().gain()[17]).isEqualTo(1f);
        assertThat(Math.sqrt(em.parameters().processNoise()[0])).isCloseTo(0.05, within(0.015));
    }

    @Test
    void shouldWorkWithoutInputs() {
        List<Trial> trials = new ArrayList<>();
        for (Trial trial : simulate(Observation.CURRENTS, 20, PROCESS_SD, OBSERVATION_SD, START_SD).trials()) {
            trials.add(new Trial(trial.index(), trial.firstBin(), trial.bins(), 0, trial.y(), new float[0],
                    trial.offset()));
        }
        FitPlan plan = new FitPlan(N, 2, 0, HandBuiltNetworks.ALPHA, Observation.CURRENTS, 1, 5,
                FitPlan.DEFAULT_BUFFER_BYTES);
        ExpectationMaximisation em = new ExpectationMaximisation(plan, 3, KernelProvider.kernels(), Team.ALONE);
        trials.forEach(em::learn);
        em.endPass();
        assertThat(em.logPosteriors()).hasSize(4);
        shouldNeverDecrease(em.logPosteriors());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldComeOutTheSameBitForBitForAnyNumberOfThreads(int count) {
        Simulation simulation = simulate(Observation.COUNTS, 20, PROCESS_SD, 0, START_SD);
        PublishedModel start = truthWithWrongNoise(Observation.COUNTS, simulation.kappaStd());
        PublishedModel alone = refined(Observation.COUNTS, simulation.trials(), start, 2, Team.ALONE).publish(null);
        try (Team team = new Team(count)) {
            PublishedModel shared = refined(Observation.COUNTS, simulation.trials(), start, 2, team)
                    .publish(null);
            assertThat(shared.model().network()).isEqualTo(alone.model().network());
            assertThat(shared.model().gain()).containsExactly(alone.model().gain());
            assertThat(shared.processNoise()).containsExactly(alone.processNoise());
            assertThat(shared.start()).containsExactly(alone.start());
            assertThat(shared.startCovariance()).containsExactly(alone.startCovariance());
        }
    }

    @Test
    void shouldPublishTheOnlineFitAsLongAsNoPassHasEndedAndNothingWasLearnt() {
        ExpectationMaximisation em = new ExpectationMaximisation(plan(Observation.COUNTS), 2,
                KernelProvider.kernels(), Team.ALONE);
        em.endPass();
        assertThat(em.parameters()).isNull();
        assertThat(em.publish(null).version()).isZero();
    }

    @ParameterizedTest
    @EnumSource(Observation.class)
    void shouldStandActivityThatWasNeverObserved(Observation kind) {
        Trial whole = simulate(kind, 1, PROCESS_SD, OBSERVATION_SD, START_SD).trials().getFirst();
        float[] nothing = new float[whole.y().length];
        Arrays.fill(nothing, Float.NaN);
        Trial unseen = new Trial(0, 0, whole.bins(), 0, nothing, whole.v(), 0);
        ExpectationMaximisation em = refined(kind, List.of(unseen), truthWithWrongNoise(kind, 1), 3, Team.ALONE);
        PublishedModel model = em.publish(null);
        for (float[] part : List.of(model.model().network().m(), model.model().network().n(),
                model.model().network().w(), model.model().gain(), model.model().offset(), model.model().noise())) {
            for (float value : part) {
                assertThat(value).isFinite();
            }
        }
        assertThat(model.processNoise()[0]).isFinite().isPositive();
    }
}
